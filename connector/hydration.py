"""Hydrate: every due record is read anew, so that the order and the age of events stop mattering."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.base import CRM
from adapters.records import LANE, Gone, Lead, RecordRef
from config.fields import Value, Values
from connector.packet import canonical
from connector.store.dues import Due
from connector.store.records import Inheritance, Known


@dataclass(frozen=True, slots=True)
class Hydrated:
    """One record with something new to decide on."""

    due: Due
    lead: Lead
    input_hash: bytes
    known: Known | None
    listed: bool = False
    """It came with a list that RevOps released: same-day clock, no page."""
    inherited: Inheritance = ()
    """What we wrote to records that went on as this one."""

    @property
    def ref(self) -> RecordRef:
        return self.lead.ref

    @property
    def our_owners(self) -> frozenset[str | None]:
        """Owners that we wrote, or may have written without having seen the answer, here or where this one comes from."""
        here = [self.known.written_owner, *self.known.tried_owners] if self.known else []
        return frozenset([*here, *(one["owner_id"] for one in self.inherited)])


@dataclass(slots=True)
class Hydration:
    """What reading a batch showed."""

    leads: list[Hydrated] = field(default_factory=list)
    echoes: list[Due] = field(default_factory=list)
    """The mapped input fields are those of the last decision: that is how our own writes die."""
    gone: list[tuple[Due, Gone]] = field(default_factory=list)
    owners: dict[RecordRef, str | None] = field(default_factory=dict)
    """Whom records belong to that now belong to somebody else than we set; None for those that are ours again. Only news."""


def sound(lead: Lead) -> Lead:
    """Texts without what neither PostgreSQL nor canonical JSON can hold: NUL, and half a surrogate pair (a cut emoji)."""
    if all(not isinstance(value, str) or (value.isascii() and "\0" not in value) for value in lead.values.values()):
        return lead
    return replace(lead, values={name: _sound_text(value) for name, value in lead.values.items()})


def _sound_text(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def input_hash(values: Values) -> bytes:
    """A hash of the mapped input fields that have a value."""
    given = {name: value for name, value in values.items() if value is not None}
    return hashlib.sha256(canonical(given)).digest()[:16]


def hydrate(crm: CRM, dues: Sequence[Due], known: Mapping[RecordRef, Known]) -> Hydration:
    """Reads a batch in as few calls as the CRM allows.

    Raises:
        adapters.errors.AdapterError: nothing was read.
    """
    found: dict[RecordRef, Lead | Gone] = {}
    refs = [due.ref for due in dues]
    for name in sorted({ref.object for ref in refs}):
        found.update(crm.fetch([ref for ref in refs if ref.object == name]))
    hydration = Hydration()
    for due in dues:
        _sort_in(hydration, due, found[due.ref], known.get(due.ref))
    return hydration


def _overruled(lead: Lead, known: Known) -> str | None:
    """The owner of another hand, where we set one. Of a lane no record shows that it is in it."""
    ours = {known.written_owner, *known.tried_owners}
    in_lane = known.written_owner is not None and known.written_owner.startswith(LANE)
    if known.written_owner is None or lead.owner_id in ours or (in_lane and not lead.owner_id):
        return None
    return lead.owner_id


def _sort_in(hydration: Hydration, due: Due, found: Lead | Gone, known: Known | None) -> None:
    if isinstance(found, Gone):
        hydration.gone.append((due, found))
        return
    lead = sound(found)
    if known and not known.writing and (seen := _overruled(lead, known)) != known.owner_seen:
        hydration.owners[lead.ref] = seen
    digest = input_hash(lead.values)
    if known and known.input_hash == digest:
        hydration.echoes.append(due)
    else:
        hydration.leads.append(Hydrated(due, lead, digest, known))
