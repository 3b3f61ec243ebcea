"""The match weights that are shipped: what works on day one, before a customer's own records have spoken."""

from importlib import resources


def shipped_match_weights() -> str:
    """A JSON document, as `scoring.match.learning.document_of` makes it."""
    return resources.files("config").joinpath("defaults/match.json").read_text(encoding="utf-8")
