"""Forged webhooks by the hundred thousand: does anything get in that should not, does anything break?"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from connector.bench.honest import ForgedRequest
from connector.bench.senders import Source, Target
from connector.bench.tricks import TRICKS
from connector.bench.wire import Wire

__all__ = ["ForgeReport", "ForgedRequest", "Target", "Wire", "run"]

NOT_IMPLEMENTED: Final = 501
"""What RFC 9112 wants for a transfer coding that a server does not know: a refusal, and no fault of ours."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ForgeReport:
    """What became of the requests. Good is: nothing accepted or refused wrongly, no server error."""

    sent: int
    authentic: int
    accepted_wrongly: int
    """Forged, and answered with 2xx."""
    refused_wrongly: int
    """Authentic, and not answered with 2xx."""
    server_errors: int
    """5xx, but for 501."""
    by_status: Mapping[int, int]
    """0 counts connections that were closed without an answer."""
    wrong_tricks: Mapping[str, int]
    """Tricks behind everything that went wrong, with how often."""


def run(
    send: Callable[[ForgedRequest], int],
    count: int,
    seed: int,
    *,
    target: Target = Target(),  # noqa: B008  # frozen
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ForgeReport:
    """Sends `count` requests through `send`, which answers with the status, 0 if there was none.

    Requests are made one by one as they are sent, so that their timestamps are fresh however long it takes.
    """
    by_status: Counter[int] = Counter()
    wrong: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    authentic = 0
    for request in forged(count, seed, target=target, clock=clock):
        status = send(request)
        by_status[status] += 1
        authentic += request.authentic
        for fault in _faults(request, status):
            faults[fault] += 1
            wrong[request.trick] += 1
    return ForgeReport(
        sent=count,
        authentic=authentic,
        accepted_wrongly=faults["accepted"],
        refused_wrongly=faults["refused"],
        server_errors=faults["error"],
        by_status=dict(sorted(by_status.items())),
        wrong_tricks=dict(wrong),
    )


def forged(count: int, seed: int, *, target: Target, clock: Callable[[], datetime]) -> Iterator[ForgedRequest]:
    """The same tricks in the same order for the same seed; only timestamps follow the clock."""
    rng = random.Random(seed)  # noqa: S311  # repeatable is what is wanted here
    tricks, weights = list(TRICKS), [weight for weight, _ in TRICKS.values()]
    for _ in range(count):
        [trick] = rng.choices(tricks, weights)
        sender = rng.choice(TRICKS[trick][1])
        source = Source(rng, target, (clock() - _EPOCH) // timedelta(milliseconds=1))
        yield replace(trick(source, sender), trick=getattr(trick, "__name__", ""))


def _faults(request: ForgedRequest, status: int) -> Iterator[str]:
    accepted = 200 <= status < 300
    if accepted and not request.authentic:
        yield "accepted"
    if request.authentic and not accepted:
        yield "refused"
    if status >= 500 and status != NOT_IMPLEMENTED:
        yield "error"
