"""One thing to be done to a portal: what a plan says of it, and how it is done."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.kit import Step


@dataclass(frozen=True, slots=True)
class Work:
    """A plan is the steps of all work; applying it is doing it, in the same order."""

    step: Step
    do: Callable[[], None] | None = None
    """None: there is nothing to do, or only a person can do it."""
