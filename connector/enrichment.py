"""Enrich: what can be worked out locally about each lead, with who said it and how sure they are."""

from collections.abc import Mapping
from typing import Any

from adapters.enrichers.local import derive
from config.fields import Values

Provenance = Mapping[str, Mapping[str, Any]]
"""Derived field to value, provider and confidence, ready for a packet."""


def enrich(values: Values) -> Provenance:
    return {
        name: {"value": found.value, "provider": found.provider, "confidence": found.confidence}
        for name, found in sorted(derive(values).items())
    }


def with_derived(values: Values, derived: Provenance) -> Values:
    """Everything known about a lead. A person's own value is never overwritten by a derived one: the names differ."""
    return {**values, **{name: found["value"] for name, found in derived.items()}}
