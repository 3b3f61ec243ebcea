"""The port for reading a CRM without being told: what changed since a moment, and everything there is. None of it writes.

Each vendor folder fulfils `Sweeper` in its `sweeping.py` and `Whole` in its `whole.py`. Where a reading stands is a text in the
vendor's own terms, so that whoever reads can stop after any page, die, and go on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from adapters.history import Touch
from adapters.records import Lead, ObjectName, RecordRef


@dataclass(frozen=True, slots=True)
class Moved:
    """A record that was created, changed, deleted or merged away."""

    ref: RecordRef
    at: datetime
    """The CRM's own stamp of that."""
    created_at: datetime
    gone: bool = False
    """Deleted or merged away: of interest only if it was known."""
    former: tuple[str, ...] = ()
    """Ids of the records that were merged into this one, where the CRM tells."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An activity about one record; the same one seen again has the same id."""

    id: str
    touch: Touch


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a stream."""

    moved: Sequence[Moved] = ()
    deeds: Sequence[Deed] = ()
    after: str | None = None
    """Where the next page begins; None on the last one."""
    seen_to: datetime | None = None
    """On the last page: up to which stamp everything was seen. None: there was nothing."""
    asked_at: datetime | None = None
    """The CRM's own clock when it was asked."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Something that is swept by itself: a question and a right of its own."""

    name: str
    """The vendor's object, such as `Lead`, `contacts`, `calls`; `contacts/archived` for what was deleted."""
    kind: Literal["records", "vanished", "touches"]
    """vanished: deleted records, where the stream of records does not show them. It goes through all of them every time."""
    every: float = 0.0
    """Seconds between two rounds at least; 0: at every sweep."""


class Sweeper(Protocol):
    """What changed, in pages. Raises only `adapters.errors`."""

    object: ObjectName
    """Of the records."""
    streams: Sequence[Stream]
    """Records first."""

    def page(self, stream: str, since: datetime, after: str = "") -> Page:
        """What changed in `stream` at `since` or later, from `after` on.

        Whatever had a stamp in that span when the first page was asked for, and has not changed again since, is on some page.
        """


@dataclass(frozen=True, slots=True)
class WholePage:
    """Some of all records."""

    leads: Sequence[Lead] = ()
    ended: Sequence[tuple[Lead, RecordRef | None]] = ()
    """Records that live no more by themselves (converted), and as what they went on."""
    after: str | None = None
    """Where the next page begins, "" to begin anew; None on the last one."""
    wait: float = 0.0
    """Seconds to wait before the next page is asked for: the CRM is at work."""


class Whole(Protocol):
    """Every record of the mapped object, in pages. Raises only `adapters.errors`."""

    def count(self, since: datetime | None) -> int:
        """How many records there are that were created since then. One call."""

    def page(self, since: datetime | None, after: str = "") -> WholePage:
        """Some of those records, from `after` on, each at least once."""
