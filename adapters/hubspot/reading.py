"""Records by id, wherever they went: one call for 100 of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from adapters.errors import Refused
from adapters.hubspot.answers import Malformed, Record
from adapters.hubspot.batches import LIMIT, portions
from adapters.hubspot.client import Client
from adapters.hubspot.failures import Operation, no_answer
from adapters.hubspot.mapping import MERGED, OBJECTS, OWNER, former_ids, is_id, lead, properties_to_read
from adapters.records import Gone, Lead, RecordRef
from config.mapping import FieldMapping

HISTORY_LIMIT: Final = 50
"""Records in one read with history; HubSpot answers 51 with 400."""


ADDRESS_LENGTH: Final = 4_000
"""Characters of property names in one address; 8,000 in all is what servers commonly take (RFC 9110, 4.1)."""

SEARCH_LIMIT: Final = 200
"""Records on one page of a search."""


class Reader:
    """Reads of one object. Batch read is up to date at once, where search is behind by seconds."""

    def __init__(self, client: Client, mapping: FieldMapping, now: Callable[[], datetime]) -> None:
        self._client = client
        self._mapping = mapping
        self._now = now

    def fetch(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        found: dict[RecordRef, Lead | Gone] = {}
        for some in portions(self._readable(refs), LIMIT):
            found |= self._fetch(some)
        return {ref: found.get(ref) or Gone(ref, "not_found") for ref in refs}

    def page(self, connection: str, after: str, limit: int) -> tuple[list[Lead], str | None]:
        """A page of all records there are, 100 at most, and where the next one starts."""
        name, read_at = self._mapping.object, self._now()
        found = self._client.listed(name, after, min(limit, LIMIT), properties_to_read(self._mapping))
        refs = [RecordRef(connection, OBJECTS[name], record.id) for record in found.records]
        try:
            leads = [lead(record, self._mapping, ref, read_at) for record, ref in zip(found.records, refs, strict=True)]
        except Malformed as error:
            raise no_answer(Operation(f"list {name}"), str(error)) from None
        return leads, found.after

    @property
    def fits_an_address(self) -> bool:
        """Whether the names of what is read may stand in an address: long ones are cut off on their way, with 414 or without."""
        return sum(len(name) + 1 for name in properties_to_read(self._mapping)) <= ADDRESS_LENGTH

    def owner_history(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Sequence[str]]:
        history: dict[RecordRef, Sequence[str]] = {}
        for some in portions(self._readable(refs), HISTORY_LIMIT):
            ids = [ref.id for ref in some]
            known = _by_id(self._client.read(self._mapping.object, ids, (MERGED,), history=(OWNER,)).records)
            history |= {ref: known[ref.id].history.get(OWNER, ()) for ref in some if ref.id in known}
        return {ref: history.get(ref, ()) for ref in refs}

    def changed_at(self, refs: Sequence[RecordRef], names: Sequence[str]) -> Mapping[RecordRef, Mapping[str, datetime]]:
        theirs = {self._mapping.outputs[name]: name for name in names}
        found: dict[RecordRef, Mapping[str, datetime]] = {}
        for some in portions(self._readable(refs), HISTORY_LIMIT):
            batch = self._client.read(self._mapping.object, [ref.id for ref in some], (MERGED,), history=tuple(theirs))
            known = _by_id(batch.records)
            found |= {
                ref: {theirs[property_]: at for property_, at in known[ref.id].changed.items() if property_ in theirs}
                for ref in some
                if ref.id in known
            }
        return found

    def recent(self, object_type: str, names: Sequence[str], count: int) -> list[Mapping[str, str]]:
        """Values as text; the newest records first."""
        ids = self._client.newest(object_type, min(count, SEARCH_LIMIT))
        records = [record for some in portions(ids, LIMIT) for record in self._client.read(object_type, some, names).records]
        known = {record.id: record for record in records}
        return [
            {name: text for name in names if (text := (known[id_].properties.get(name) or "").strip())}
            for id_ in ids
            if id_ in known
        ]

    def _readable(self, refs: Sequence[RecordRef]) -> list[RecordRef]:
        """Each of `refs` once, without those whose id HubSpot could never have given.

        Raises:
            Refused: a ref of another kind of object than this connection maps.
        """
        if strange := {ref.object for ref in refs} - {OBJECTS[self._mapping.object]}:
            sentence = f"This connection maps HubSpot's {self._mapping.object} and was asked for a {min(strange)}."
            raise Refused(sentence, provider="hubspot", operation="read records")
        return list(dict.fromkeys(ref for ref in refs if is_id(ref.id)))

    def _fetch(self, refs: Sequence[RecordRef]) -> dict[RecordRef, Lead | Gone]:
        read_at = self._now()
        records = self._records([ref.id for ref in refs])
        deleted = self._deleted([ref.id for ref in refs if ref.id not in records])
        try:
            return {ref: self._answer(ref, records.get(ref.id), deleted, read_at) for ref in refs}
        except Malformed as error:
            raise no_answer(Operation(f"read {self._mapping.object}"), str(error)) from None

    def _answer(self, ref: RecordRef, record: Record | None, deleted: frozenset[str], read_at: datetime) -> Lead | Gone:
        if record is None:
            return Gone(ref, "deleted" if ref.id in deleted else "not_found")
        if record.id != ref.id:
            return Gone(ref, "merged", now=RecordRef(ref.connection, ref.object, record.id))
        return lead(record, self._mapping, ref, read_at)

    def _records(self, ids: Sequence[str]) -> dict[str, Record]:
        """Records by the ids asked for. An id that was merged away is answered with another record, under that one's id."""
        records = self._client.read(self._mapping.object, ids, properties_to_read(self._mapping)).records
        if len(ids) == 1 and records:
            return {ids[0]: records[0]}
        known = _by_id(records)
        if any({record.id, *former_ids(record)}.isdisjoint(ids) for record in records):
            # Somebody's survivor, and it does not say whose: asked one by one, the answer is unmistakable.
            for id_ in [id_ for id_ in ids if id_ not in known]:
                known |= self._records([id_])
        return known

    def _deleted(self, ids: Sequence[str]) -> frozenset[str]:
        """Which of `ids` are in HubSpot's recycle bin."""
        if not ids:
            return frozenset()
        return frozenset(record.id for record in self._client.read(self._mapping.object, ids, (), archived=True).records)


def _by_id(records: Sequence[Record]) -> dict[str, Record]:
    """Records under each id that they answer to."""
    known = {former: record for record in records for former in former_ids(record)}
    return known | {record.id: record for record in records}
