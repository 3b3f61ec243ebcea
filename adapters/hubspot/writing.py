"""Differences into records: outputs and owner of one record together, 100 records a call."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.errors import AdapterError, CallOperator, Refused
from adapters.hubspot.answers import Batch
from adapters.hubspot.batches import LIMIT, Item, portions, settle
from adapters.hubspot.client import Client
from adapters.hubspot.lanes import Lanes, lane_of, why
from adapters.hubspot.mapping import OBJECTS, OWNER, Unfit, is_id, property_text
from adapters.hubspot.schema import Portal
from adapters.records import Change, Outcome
from config.fields import PERSONS_OUTPUTS
from config.mapping import FieldMapping

OWNER_NAME = "owner_id"
"""How an outcome's `fields` call the owner, which is no output."""


class Writer:
    """HubSpot has no conditional write: `unless_modified_since` means nothing to it, and nobody hands over but us."""

    def __init__(self, client: Client, portal: Portal, lanes: Lanes, mapping: FieldMapping) -> None:
        self._client = client
        self._portal = portal
        self._lanes = lanes
        self._mapping = mapping
        self._writable = {name: theirs for name, theirs in mapping.outputs.items() if name not in PERSONS_OUTPUTS}
        self._names = {theirs: name for name, theirs in mapping.outputs.items()} | {OWNER: OWNER_NAME}

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        numbered = {str(number): change for number, change in enumerate(changes)}
        restricted = {trace: self._restricted(change) for trace, change in numbered.items()}
        plans = self._planned({trace: change for trace, change in numbered.items() if restricted[trace] is None})
        settled = settle((plan for plan in plans.values() if isinstance(plan, Item)), self._send)
        if any(outcome.state == "refused" for outcome in settled.values()):
            self._portal.forget()  # what we believed let something through
        outcomes = {**restricted, **plans, **settled}
        outcomes |= self._moved({trace: numbered[trace] for trace, done in settled.items() if done.state == "written"})
        return [outcome for trace in numbered if isinstance(outcome := outcomes[trace], Outcome)]

    def _moved(self, written: Mapping[str, Change]) -> dict[str, Outcome]:
        """Puts contacts into the lanes that own them now, and takes them out of all others; answers for whom it did not work."""
        lanes: dict[str, dict[str, Change]] = {}
        for trace, change in written.items():
            if change.owner_id is not None:
                lanes.setdefault(lane_of(change.owner_id), {})[trace] = change
        failed: dict[str, Outcome] = {}
        for lane, changes in lanes.items():
            try:
                self._move(lane, [change.ref.id for change in changes.values()])
            except AdapterError as error:
                self._lanes.forget()
                failed |= {trace: _not_moved(change, error) for trace, change in changes.items()}
        return failed

    def _move(self, lane: str, ids: Sequence[str]) -> None:
        for some in portions(ids, LIMIT):
            if lane:
                self._lanes.join(lane, some)
            self._lanes.leave(some, but=lane)

    def _restricted(self, change: Change) -> Outcome | None:
        """Leadline writes what its installation listed and nothing else; this is refused before HubSpot hears of it."""
        foreign = tuple(name for name in change.outputs if name not in self._writable)
        if foreign:
            return _refused(change, f"Not an output that Leadline writes here: {', '.join(foreign)}.", foreign)
        if not change.outputs and change.owner_id is None:
            return _refused(change, "The change is empty; there is nothing to write.")
        if change.owner_id is not None and not is_id(lane_of(change.owner_id) or change.owner_id):
            return _refused(change, "The owner is not a HubSpot owner id.", (OWNER_NAME,))
        if change.ref.object != OBJECTS[self._mapping.object]:
            return _refused(change, f"This connection maps HubSpot's {self._mapping.object}.")
        return None if is_id(change.ref.id) else _refused(change, "The record's id is not a HubSpot id.")

    def _planned(self, changes: Mapping[str, Change]) -> dict[str, Item | Outcome]:
        """Inputs by trace. What does not fit is looked at again with the portal read anew."""
        believed = self._portal.believed
        plans = {trace: self._plan(trace, change) for trace, change in changes.items()}
        misfits = [trace for trace, plan in plans.items() if isinstance(plan, Outcome)]
        if misfits and believed:
            self._portal.forget()
            plans |= {trace: self._plan(trace, changes[trace]) for trace in misfits}
        return plans

    def _plan(self, trace: str, change: Change) -> Item | Outcome:
        texts, misfits = self._texts(change)
        if change.owner_id is not None:
            texts[OWNER] = "" if lane_of(change.owner_id) else change.owner_id
            # Nobody documents whether HubSpot refuses an archived owner, and a lead of somebody who left is a lost lead.
            if change.owner_id in self._portal.former_owners.value():
                misfits[OWNER_NAME] = "The owner has left."
        if misfits:
            return _refused(change, " ".join(misfits.values()), tuple(misfits))
        return Item(change.ref, trace, texts, self._names, id=change.ref.id)

    def _texts(self, change: Change) -> tuple[dict[str, str], dict[str, str]]:
        """Properties, and sentences about the outputs that do not fit into theirs."""
        texts: dict[str, str] = {}
        misfits: dict[str, str] = {}
        for name, value in change.outputs.items():
            theirs = self._writable[name]
            try:
                there = self._mapping.transform_of(name).onward(value)
                texts[theirs] = property_text(there, self._portal.properties.value().get(theirs))
            except Unfit as error:
                misfits[name] = f"{name} does not fit into {theirs}: {error}."
        return texts, misfits

    def _send(self, inputs: Sequence[Mapping[str, Any]]) -> Batch:
        return self._client.update(self._mapping.object, inputs)


def _not_moved(change: Change, error: AdapterError) -> Outcome:
    """Everything here can be done twice; what HubSpot refuses for good is for a person."""
    final = isinstance(error, CallOperator | Refused)
    return Outcome(
        change.ref, "refused" if final else "retry", why(error), code=error.code, fields=(OWNER_NAME,) if final else ()
    )


def _refused(change: Change, sentence: str, fields: tuple[str, ...] = ()) -> Outcome:
    return Outcome(change.ref, "refused", sentence, fields=fields)
