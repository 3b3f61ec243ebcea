"""Many records over several calls, when one of the calls may fail."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from adapters.errors import AdapterError, Retry, UnknownOutcome
from adapters.records import Outcome, RecordRef
from adapters.salesforce.answers import Item
from adapters.salesforce.failures import LIMIT_SECONDS, LIMITS, PROVIDER, item_reason, item_state

T = TypeVar("T")

OPERATOR_SECONDS: Final = 60.0
"""Wait of a record whose call was refused for something that a person has to mend."""

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
    after = failure.after if isinstance(failure, Retry) else 1.0
    return Retry(sentence, provider=PROVIDER, operation=failure.operation, status=failure.status, code=failure.code, after=after)


def outcome(ref: RecordRef, verdict: Verdict) -> Outcome:
    """One record's outcome, as far as the answer alone tells."""
    if isinstance(verdict, UnknownOutcome):
        return Outcome(ref, "unknown", reason=str(verdict), code=verdict.code)
    if isinstance(verdict, AdapterError):
        after = verdict.after if isinstance(verdict, Retry) else OPERATOR_SECONDS
        return Outcome(ref, "retry", reason=str(verdict), code=verdict.code, after=after)
    state = item_state(verdict)
    if state == "written":
        return Outcome(ref, "written", id=verdict.id)
    after = LIMIT_SECONDS if verdict.code in LIMITS else 0.0
    return Outcome(ref, state, reason=item_reason(verdict), code=verdict.code, after=after)
