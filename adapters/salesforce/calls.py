"""Many records over several calls, when one of the calls may fail."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from adapters.errors import AdapterError, Retry, UnknownOutcome
from adapters.records import Outcome, RecordRef
from adapters.salesforce.answers import Item
from adapters.salesforce.failures import PROVIDER, item_reason, item_state

T = TypeVar("T")

Verdict = Item | AdapterError
"""What is known of one record: Salesforce's answer, or the error that stands in its place."""


def chunks(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def in_turn(calls: Iterable[tuple[Sequence[T], Callable[[Sequence[T]], Sequence[Item]]]]) -> list[tuple[T, Verdict]]:
    """Makes the calls one after the other, each with its own part.

    An error of the first call is raised: nothing else happened. After that others have been written and their answers must
    not be lost, so the error becomes the verdict of its part, and what comes after it is not sent at all.
    """
    verdicts: list[tuple[T, Verdict]] = []
    failure: AdapterError | None = None
    for part, send in calls:
        if failure is not None:
            verdicts += [(thing, _not_sent(failure)) for thing in part]
            continue
        try:
            verdicts += zip(part, send(part), strict=True)
        except AdapterError as error:
            if not verdicts:
                raise
            failure = error
            verdicts += [(thing, error) for thing in part]
    return verdicts


def _not_sent(failure: AdapterError) -> Retry:
    sentence = "Not sent, since an earlier call of the same batch failed."
    return Retry(sentence, provider=PROVIDER, operation=failure.operation, status=failure.status, code=failure.code)


def outcome(ref: RecordRef, verdict: Verdict) -> Outcome:
    """One record's outcome, as far as the answer alone tells."""
    if isinstance(verdict, UnknownOutcome):
        return Outcome(ref, "unknown", reason=str(verdict), code=verdict.code)
    if isinstance(verdict, AdapterError):
        return Outcome(ref, "retry", reason=str(verdict), code=verdict.code)
    state = item_state(verdict)
    if state == "written":
        return Outcome(ref, "written", id=verdict.id)
    return Outcome(ref, state, reason=item_reason(verdict), code=verdict.code)
