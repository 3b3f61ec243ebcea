"""The port for looking back: what was created in a CRM, who touched it, what became of it. None of its verbs writes.

Each vendor folder fulfils `History` in its `history.py`. What a portal does not let us read raises for that one question alone,
so that the others stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from adapters.records import Lead, RecordRef

TouchKind = Literal["call", "email", "meeting", "task", "note"]


@dataclass(frozen=True, slots=True)
class Created:
    """A record that was created in a window, as it stands now."""

    lead: Lead
    contact_id: str = ""
    """The contact as which a converted Salesforce lead went on: its tasks and events hang there from then on."""
    opportunity_id: str = ""
    """The opportunity that the conversion opened."""
    converted: bool | None = None
    """None: this CRM, or this object, knows no conversion."""

    @property
    def ref(self) -> RecordRef:
        return self.lead.ref


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records created in a window."""

    records: Sequence[Created]
    after: str
    """Where the next page begins, in the vendor's terms; empty on the last one."""


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that was done about a record, once it was done."""

    ref: RecordRef
    kind: TouchKind
    at: datetime
    """When it was done: a task when it was completed, a meeting when it began."""
    by: str
    """CRM owner id; empty where nobody is named."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a record."""

    opportunity: bool = False
    won: bool = False


class History(Protocol):
    """Looking back, in verbs that read. Every one of them raises only `adapters.errors`."""

    portion: int
    """The most records for which `touches`, `results` and `sharing` are asked at once."""
    sources: tuple[str, ...]
    """The CRM's own names of what touches are read from, each a question and a right of its own."""
    remarks: tuple[str, ...]
    """What this CRM does not show to any program, as sentences."""

    def count(self, since: datetime, until: datetime) -> int:
        """How many records that exist today were created from `since` until before `until`. One call."""

    def created(self, since: datetime, until: datetime, after: str = "") -> Page:
        """Those records, one page of them from `after` on, each on one page only. Deleted and merged ones are not among them."""

    def touches(self, source: str, records: Sequence[Created]) -> Sequence[Touch]:
        """What was done about these records, as far as `source` has it, in any order; incoming e-mail is not done by us."""

    def results(self, records: Sequence[Created]) -> Mapping[RecordRef, Result]:
        """What became of these records: an answer for each."""

    def sharing(self, emails: Sequence[str]) -> Sequence[Lead]:
        """Every record of the mapped object with one of these addresses, whenever it was created."""

    def manned(self, queues: Sequence[str]) -> Mapping[str, bool]:
        """Queue id to whether it has an active member; a queue that the CRM says nothing about is absent."""

    def changed(self, since: datetime) -> int:
        """How many records were created or changed since then. One call."""

    def absent(self) -> frozenset[str]:
        """Canonical input fields whose mapped field does not exist in this CRM, or not for our user."""
