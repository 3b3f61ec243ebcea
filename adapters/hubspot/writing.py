"""Differences into records: outputs and owner of one record together, 100 records a call."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.hubspot.answers import Batch, Property
from adapters.hubspot.batches import Item, settle
from adapters.hubspot.client import Client
from adapters.hubspot.mapping import OBJECTS, OWNER, Unfit, is_id, property_text
from adapters.hubspot.schema import Schema
from adapters.records import Change, Outcome
from config.fields import PERSONS_OUTPUTS
from config.mapping import FieldMapping

OWNER_NAME = "owner_id"
"""How an outcome's `fields` call the owner, which is no output."""


class Writer:
    """HubSpot has no conditional write: `unless_modified_since` means nothing to it, and nobody hands over but us."""

    def __init__(self, client: Client, schema: Schema, mapping: FieldMapping) -> None:
        self._client = client
        self._schema = schema
        self._mapping = mapping
        self._writable = {name: theirs for name, theirs in mapping.outputs.items() if name not in PERSONS_OUTPUTS}
        self._names = {theirs: name for name, theirs in mapping.outputs.items()} | {OWNER: OWNER_NAME}

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        numbered = {str(number): change for number, change in enumerate(changes)}
        restricted = {trace: self._restricted(change) for trace, change in numbered.items()}
        plans = self._planned({trace: change for trace, change in numbered.items() if restricted[trace] is None})
        settled = settle((plan for plan in plans.values() if isinstance(plan, Item)), self._send)
        if any(outcome.state == "refused" for outcome in settled.values()):
            self._schema.forget()  # it let something through
        outcomes = {**restricted, **plans, **settled}
        return [outcome for trace in numbered if isinstance(outcome := outcomes[trace], Outcome)]

    def _restricted(self, change: Change) -> Outcome | None:
        """Leadline writes what its installation listed and nothing else; this is refused before HubSpot hears of it."""
        foreign = tuple(name for name in change.outputs if name not in self._writable)
        if foreign:
            return _refused(change, f"Not an output that Leadline writes here: {', '.join(foreign)}.", foreign)
        if not change.outputs and change.owner_id is None:
            return _refused(change, "The change is empty; there is nothing to write.")
        if change.owner_id is not None and not is_id(change.owner_id):
            return _refused(change, "The owner is not a HubSpot owner id.", (OWNER_NAME,))
        if change.ref.object != OBJECTS[self._mapping.object]:
            return _refused(change, f"This connection maps HubSpot's {self._mapping.object}.")
        return None if is_id(change.ref.id) else _refused(change, "The record's id is not a HubSpot id.")

    def _planned(self, changes: Mapping[str, Change]) -> dict[str, Item | Outcome]:
        """Inputs by trace. A value that does not fit is looked at again with the portal's properties read anew."""
        if not changes:
            return {}
        remembered = self._schema.remembered
        plans = self._plans(changes)
        if remembered and any(isinstance(plan, Outcome) for plan in plans.values()):
            self._schema.forget()
            plans = self._plans(changes)
        return plans

    def _plans(self, changes: Mapping[str, Change]) -> dict[str, Item | Outcome]:
        known = self._schema.properties()
        return {trace: self._plan(trace, change, known) for trace, change in changes.items()}

    def _plan(self, trace: str, change: Change, known: Mapping[str, Property]) -> Item | Outcome:
        texts: dict[str, str] = {} if change.owner_id is None else {OWNER: change.owner_id}
        misfits: dict[str, str] = {}
        for name, value in change.outputs.items():
            theirs = self._writable[name]
            try:
                texts[theirs] = property_text(value, known.get(theirs))
            except Unfit as error:
                misfits[name] = f"{name} does not fit into {theirs}: {error}."
        if misfits:
            return _refused(change, " ".join(misfits.values()), tuple(misfits))
        return Item(change.ref, trace, texts, self._names, id=change.ref.id)

    def _send(self, inputs: Sequence[Mapping[str, Any]]) -> Batch:
        return self._client.update(self._mapping.object, inputs)


def _refused(change: Change, sentence: str, fields: tuple[str, ...] = ()) -> Outcome:
    return Outcome(change.ref, "refused", sentence, fields=fields)
