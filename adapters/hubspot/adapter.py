"""HubSpot contacts behind the CRM port (`adapters/base.py`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

from adapters.base import Budget, Endpoint, Tokens
from adapters.errors import AdapterError, CallOperator, Refused
from adapters.hubspot import changes as change_inputs
from adapters.hubspot import tasks as task_inputs
from adapters.hubspot.answers import Batch, OwnerRow, Property, Record
from adapters.hubspot.batches import LIMIT, Item, settle
from adapters.hubspot.check import problems
from adapters.hubspot.client import Client
from adapters.hubspot.mapping import MERGED, OWNER, former_ids, is_id, lead, properties_to_read
from adapters.records import Change, Gone, Lead, ObjectName, Outcome, Owner, Problem, RecordRef, TaskDraft

_OBJECTS: Final[Mapping[str, ObjectName]] = {"contacts": "contact"}
"""HubSpot's object type, as mappings name it, to the house's. Leads (0-136) have other stamps and other associations."""

_HISTORY_LIMIT: Final = 50
"""Records in one read with history; 51 are answered with 400."""

_Thing = TypeVar("_Thing")


class HubSpot:
    """One portal. Give it to one worker; it learns the portal's properties with the first write."""

    kind: Literal["hubspot"] = "hubspot"
    batch = LIMIT

    def __init__(
        self,
        endpoint: Endpoint,
        tokens: Tokens,
        budget: Budget,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if endpoint.mapping.object not in _OBJECTS:
            raise ValueError(f"HubSpot's {endpoint.mapping.object} cannot be routed; map one of: {', '.join(_OBJECTS)}.")
        self._connection = endpoint.connection
        self._mapping = endpoint.mapping
        self._object = _OBJECTS[endpoint.mapping.object]
        self._client = Client(endpoint, tokens, budget)
        self._clock = clock
        self._definitions: Mapping[str, Property] | None = None

    def fetch(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        """Each of `refs` as it is now; one call for 100, and one more where some are missing."""
        found: dict[RecordRef, Lead | Gone] = {}
        for some in _portions(self._own(refs), LIMIT):
            found |= self._fetch(some)
        return {ref: found.get(ref) or Gone(ref, "not_found") for ref in refs}

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Writes outputs and owner of each change together. HubSpot has no conditional write: read back what matters."""
        outcomes: dict[str, Outcome] = {}
        allowed: dict[str, Change] = {}
        for number, change in enumerate(changes):
            refusal = change_inputs.forbidden(change, self._mapping)
            if refusal is not None:
                outcomes[str(number)] = refusal
            else:
                allowed[str(number)] = change
        items = self._items(allowed)
        outcomes |= {trace: made for trace, made in items.items() if isinstance(made, Outcome)}
        settled = settle((made for made in items.values() if isinstance(made, Item)), self._update)
        if any(outcome.state == "refused" for outcome in settled.values()):
            self._definitions = None  # what we know of the portal let something through
        outcomes |= settled
        return [outcomes[str(number)] for number in range(len(changes))]

    def create_tasks(self, tasks: Sequence[TaskDraft]) -> Sequence[Outcome]:
        """Creates tasks, each hung on its contact in the same call."""
        outcomes = settle(map(task_inputs.item, tasks), lambda inputs: self._client.create(task_inputs.OBJECT, inputs))
        return [outcomes[task.key] for task in tasks]

    def find_tasks(self, tasks: Sequence[TaskDraft]) -> Mapping[str, str]:
        """Through the contacts' associations, which are up to date at once; search is behind by seconds."""
        contacts = dict.fromkeys(task.ref.id for task in tasks if is_id(task.ref.id))
        task_ids = list(dict.fromkeys(self._task_ids(list(contacts))))
        bodies = (self._client.read(task_inputs.OBJECT, some, (task_inputs.BODY,)).records for some in _portions(task_ids, LIMIT))
        return task_inputs.found(tasks, (record for records in bodies for record in records))

    def owner_history(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Sequence[str]]:
        """Owner ids newest first, the present one included, as HubSpot's property history has them."""
        history: dict[RecordRef, Sequence[str]] = {}
        for some in _portions(self._own(refs), _HISTORY_LIMIT):
            ids = [ref.id for ref in some]
            known = _by_id(self._client.read(self._mapping.object, ids, (MERGED,), history=(OWNER,)).records)
            history |= {ref: known[ref.id].history.get(OWNER, ()) for ref in some if ref.id in known}
        return history

    def owners(self) -> Sequence[Owner]:
        return [owner for archived in (False, True) for owner in self._owners(archived=archived)]

    def check(self) -> Sequence[Problem]:
        """Properties against the mapping, and the right to read contacts and owners. What may not be read is a problem, too."""
        found: list[Problem] = []
        for question in (self._check_properties, self._check_reading, self._check_owners):
            try:
                found.extend(question())
            except (CallOperator, Refused) as error:
                found.append(Problem(what=str(error), fix="Give the app this right, install it again, and run doctor again."))
        return found

    def close(self) -> None:
        self._client.close()

    def _own(self, refs: Sequence[RecordRef]) -> list[RecordRef]:
        """Each of `refs` once, without those whose id HubSpot could never have given.

        Raises:
            Refused: a ref of another kind of object than this connection maps.
        """
        if strange := {ref.object for ref in refs} - {self._object}:
            sentence = f"This connection maps {self._mapping.object} and was asked for a {min(strange)}."
            raise Refused(sentence, provider="hubspot", operation="choose records")
        return list(dict.fromkeys(ref for ref in refs if is_id(ref.id)))

    def _fetch(self, refs: Sequence[RecordRef]) -> dict[RecordRef, Lead | Gone]:
        read_at = self._clock()
        records = self._records([ref.id for ref in refs])
        deleted = self._deleted([ref.id for ref in refs if ref.id not in records])
        found: dict[RecordRef, Lead | Gone] = {}
        for ref in refs:
            record = records.get(ref.id)
            if record is None:
                found[ref] = Gone(ref, "deleted" if ref.id in deleted else "not_found")
            elif record.id != ref.id:
                found[ref] = Gone(ref, "merged", now=RecordRef(ref.connection, ref.object, record.id))
            else:
                found[ref] = lead(record, self._mapping, ref, read_at)
        return found

    def _records(self, ids: Sequence[str]) -> dict[str, Record]:
        """Records by the ids asked for. An id that was merged away is answered with another record under its own id."""
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

    def _items(self, changes: Mapping[str, Change]) -> dict[str, Item | Outcome]:
        """Inputs for `changes`. A value that does not fit is looked at again with the portal's properties read anew."""
        if not changes:
            return {}
        remembered = self._definitions is not None
        items = self._made(changes)
        if remembered and any(isinstance(made, Outcome) for made in items.values()):
            self._definitions = None
            items = self._made(changes)
        return items

    def _made(self, changes: Mapping[str, Change]) -> dict[str, Item | Outcome]:
        if self._definitions is None:
            self._definitions = self._read_definitions()
        definitions = self._definitions
        return {trace: change_inputs.item(change, trace, self._mapping, definitions) for trace, change in changes.items()}

    def _read_definitions(self) -> Mapping[str, Property]:
        """The portal's properties; none without the right to read them, and HubSpot alone judges values."""
        try:
            return {property_.name: property_ for property_ in self._client.properties(self._mapping.object)}
        except AdapterError as error:
            if error.status in {403, 404}:
                return {}
            raise

    def _task_ids(self, contacts: Sequence[str]) -> Iterator[str]:
        waiting: dict[str, str | None] = dict.fromkeys(contacts)
        while waiting:
            asked = dict(list(waiting.items())[:LIMIT])
            waiting = dict(list(waiting.items())[LIMIT:])
            for links in self._client.linked(self._mapping.object, task_inputs.OBJECT, asked):
                yield from links.to
                if links.after:
                    waiting[links.id] = links.after

    def _update(self, inputs: Sequence[Mapping[str, Any]]) -> Batch:
        return self._client.update(self._mapping.object, inputs)

    def _owners(self, *, archived: bool) -> Iterator[Owner]:
        after: str | None = None
        while True:
            page = self._client.owner_page(after=after, archived=archived)
            yield from map(_owner, page.owners)
            after = page.after
            if after is None:
                return

    def _check_properties(self) -> Iterator[Problem]:
        return problems(self._mapping, self._client.properties(self._mapping.object))

    def _check_reading(self) -> Iterator[Problem]:
        self._client.probe(self._mapping.object)
        return iter(())

    def _check_owners(self) -> Iterator[Problem]:
        self._client.owner_page(after=None, archived=False)
        return iter(())


def _owner(row: OwnerRow) -> Owner:
    return Owner(
        id=row.id,
        kind="queue" if row.type == "QUEUE" else "person",
        email=row.email,
        name=row.name or row.email,
        active=not row.archived,
    )


def _by_id(records: Sequence[Record]) -> dict[str, Record]:
    """Records under each id that they answer to."""
    known = {former: record for record in records for former in former_ids(record)}
    return known | {record.id: record for record in records}


def _portions(things: Sequence[_Thing], size: int) -> Iterator[Sequence[_Thing]]:
    return (things[start : start + size] for start in range(0, len(things), size))
