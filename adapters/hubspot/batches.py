"""One batch call, many fates: what HubSpot does with a list of inputs, brought back to one outcome for each.

Every input carries an `objectWriteTraceId`, which makes HubSpot judge the inputs one by one (207) where it keeps that
promise. Where it does not, one bad input fails the whole call with nothing done, and the batch is split in halves until the
culprit stands alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar

from adapters.errors import AdapterError, Retry, UnknownOutcome
from adapters.hubspot.answers import Batch, Record
from adapters.hubspot.failures import Complaint, Rejected
from adapters.records import Outcome, RecordRef

LIMIT: Final = 100
"""Inputs in one call."""

OPERATOR_SECONDS: Final = 60.0
"""Wait of a record whose call was refused for something that a person has to mend."""

RATE_SECONDS: Final = 10.0
"""The rolling window of HubSpot's burst limit."""

_OF_THE_PORTAL: Final = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
"""What is wrong with the property, not with one record's value: everybody who writes it will be refused."""

_Fate = Literal["gone", "retry", "unknown", "refused"]

_FATES: Final[Mapping[str, _Fate]] = {
    "OBJECT_NOT_FOUND": "gone",
    "RATE_LIMITS": "retry",
    "INTERNAL_ERROR": "unknown",
}
"""Category of one input's error to what became of it; whatever is not here was refused for good."""

_Thing = TypeVar("_Thing")

Send = Callable[[Sequence[Mapping[str, Any]]], Batch]


@dataclass(frozen=True, slots=True)
class Item:
    """One input of a batch call."""

    ref: RecordRef
    trace: str
    """Unique among all that are settled together."""
    properties: Mapping[str, str]
    names: Mapping[str, str]
    """HubSpot's property name to the house's, for what we say of a refusal."""
    id: str = ""
    """Record to update; empty where one is created."""
    associations: tuple[Mapping[str, Any], ...] = ()

    def input(self) -> dict[str, Any]:
        made: dict[str, Any] = {"objectWriteTraceId": self.trace, "properties": dict(self.properties)}
        if self.id:
            made["id"] = self.id
        if self.associations:
            made["associations"] = list(self.associations)
        return made


def settle(items: Iterable[Item], send: Send) -> dict[str, Outcome]:
    """An outcome for each item, by its trace.

    Raises:
        AdapterError: the first call failed as a whole, so that nothing is known of anything. Later failures are outcomes.
    """
    outcomes: dict[str, Outcome] = {}
    waiting = list(batches(items))[::-1]
    while waiting:
        batch = waiting.pop()
        try:
            answer = send([item.input() for item in batch])
        except Rejected as refusal:
            culprits = _culprits(batch, refusal.complaint)
            outcomes |= {item.trace: _judged(item, refusal.complaint) for item in culprits}
            waiting.extend(reversed(_rest(batch, culprits)))
        except AdapterError as error:
            if not outcomes:
                raise
            outcomes |= _cut_short(batch, waiting, error)
            break
        else:
            outcomes |= _answered(batch, answer)
    return outcomes


def portions(things: Sequence[_Thing], size: int) -> Iterator[Sequence[_Thing]]:
    """`things` in order, `size` at a time."""
    return (things[start : start + size] for start in range(0, len(things), size))


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """In the order given, at most `LIMIT` a batch, and no record twice in one: HubSpot would refuse all of it."""
    batch: list[Item] = []
    seen: set[str] = set()
    for item in items:
        if len(batch) == LIMIT or item.id in seen:
            yield batch
            batch, seen = [], set()
        batch.append(item)
        seen |= {item.id} - {""}
    if batch:
        yield batch


def _culprits(batch: Sequence[Item], complaint: Complaint) -> Sequence[Item]:
    """Whom this refusal of a whole batch concerns for certain; nobody, if it has to be searched for."""
    if len(batch) == 1:
        return batch
    if complaint.code in _OF_THE_PORTAL:
        return [item for item in batch if not item.properties.keys().isdisjoint(complaint.properties)]
    return []


def _rest(batch: Sequence[Item], culprits: Sequence[Item]) -> list[list[Item]]:
    """What is to be sent again: all but the culprits, or two halves where none is known."""
    if culprits:
        accused = {item.trace for item in culprits}
        halves = [[item for item in batch if item.trace not in accused]]
    else:
        middle = len(batch) // 2
        halves = [list(batch[:middle]), list(batch[middle:])]
    return [half for half in halves if half]


def _answered(batch: Sequence[Item], answer: Batch) -> dict[str, Outcome]:
    by_trace = {record.trace: record for record in answer.records if record.trace}
    by_id = {record.id: record for record in answer.records}
    of_trace = {trace: complaint for complaint in answer.errors for trace in complaint.traces}
    of_id = {id_: complaint for complaint in answer.errors for id_ in complaint.ids}
    outcomes: dict[str, Outcome] = {}
    for item in batch:
        record = by_trace.get(item.trace) or by_id.get(item.id)
        complaint = of_trace.get(item.trace) or of_id.get(item.id)
        if record is not None:
            outcomes[item.trace] = _done(item, record)
        elif complaint is not None:
            outcomes[item.trace] = _judged(item, complaint)
        else:
            outcomes[item.trace] = Outcome(item.ref, "unknown", "HubSpot's answer does not mention this record.")
    return outcomes


def _done(item: Item, record: Record) -> Outcome:
    if not item.id or record.id == item.id:
        return Outcome(item.ref, "written", id=None if item.id else record.id)
    # An id that was merged away still works, and HubSpot wrote to the record that took its place.
    now = replace(item.ref, id=record.id)
    return Outcome(item.ref, "gone", "Merged; the values went to the record that took its place.", now=now)


def _judged(item: Item, complaint: Complaint) -> Outcome:
    code = complaint.code or "no code given"
    fields = tuple(item.names[name] for name in complaint.properties if name in item.names)
    state: _Fate = _FATES.get(complaint.category, "refused")
    if state == "gone":
        return Outcome(item.ref, state, "HubSpot has no such record any more.", code=code)
    what = f"the value of {', '.join(fields)}" if fields else "this record"
    after = RATE_SECONDS if complaint.category == "RATE_LIMITS" else 0.0
    return Outcome(item.ref, state, f"HubSpot refused {what}: {code}.", code=code, fields=fields, after=after)


def _cut_short(batch: Sequence[Item], waiting: Sequence[Sequence[Item]], error: AdapterError) -> dict[str, Outcome]:
    """The failure of a later call: its own items may have been carried out, those behind it were not."""
    lost, after = isinstance(error, UnknownOutcome), error.after if isinstance(error, Retry) else OPERATOR_SECONDS
    state: _Fate = "unknown" if lost else "retry"
    outcomes = {item.trace: Outcome(item.ref, state, str(error), code=error.code, after=after) for item in batch}
    untouched = "An earlier part of the batch failed; this one was not sent."
    return outcomes | {item.trace: Outcome(item.ref, "retry", untouched, after=after) for later in waiting for item in later}
