"""HubSpot as a CRM port: the verbs, each in terms of the files beside this one."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from adapters.base import Budget, Endpoint, Tokens
from adapters.errors import CallOperator, Refused
from adapters.following import find_following
from adapters.history import History
from adapters.hubspot.answers import OwnerRow
from adapters.hubspot.batches import LIMIT
from adapters.hubspot.checking import problems
from adapters.hubspot.client import Client
from adapters.hubspot.history import HubSpotHistory
from adapters.hubspot.identity import account
from adapters.hubspot.lanes import Lanes
from adapters.hubspot.mapping import OBJECTS
from adapters.hubspot.reading import Reader
from adapters.hubspot.schema import Portal, field_spec
from adapters.hubspot.sweeping import PAGE, HubSpotSweeper
from adapters.hubspot.tasks import Tasks
from adapters.hubspot.whole import HubSpotWhole
from adapters.hubspot.writing import Writer
from adapters.records import Account, Change, FieldSpec, Gone, Lead, Outcome, Owner, Problem, RecordRef, TaskDraft
from adapters.sweeping import Sweeper, Whole


def _utc_now() -> datetime:
    return datetime.now(UTC)


class HubSpotCRM:
    """One portal, one mapped object, one worker. Fulfils `adapters.base.CRM`; every verb raises only `adapters.errors`.

    Options of the endpoint: `task_priority` (default `HIGH`; else `MEDIUM` or `LOW`), and `lanes`, which is `lists` once the
    installation has made one for each lane.
    """

    kind: Literal["salesforce", "hubspot"] = "hubspot"
    batch = LIMIT

    def __init__(
        self,
        endpoint: Endpoint,
        tokens: Tokens,
        budget: Budget,
        *,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        mapping = endpoint.mapping
        if mapping.object not in OBJECTS:
            raise ValueError(f"HubSpot's {mapping.object!r} cannot be routed; map one of: {', '.join(OBJECTS)}.")
        self._mapping = mapping
        self._connection, self._now = endpoint.connection, now
        self._client = Client(endpoint, tokens, budget)
        self._portal = Portal(self._client, mapping.object, monotonic)
        self._reader = Reader(self._client, mapping, now)
        self._lanes = Lanes(self._client, monotonic, installed=endpoint.options.get("lanes") == "lists")
        self._writer = Writer(self._client, self._portal, self._lanes, mapping)
        self._tasks = Tasks(self._client, priority=endpoint.options.get("task_priority", "HIGH"))

    def fetch(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        """One call per 100 records, and one more where some of them are missing."""
        return self._reader.fetch(refs)

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """One call per 100 changes; a few more where HubSpot refuses a whole batch because of one record.

        Raises:
            adapters.errors.AdapterError: of the first call. When a later one fails, its records' outcomes say so.
        """
        return self._writer.write(changes)

    def create_tasks(self, tasks: Sequence[TaskDraft]) -> Sequence[Outcome]:
        return self._tasks.create(tasks)

    def find_tasks(self, tasks: Sequence[TaskDraft]) -> Mapping[str, str]:
        return find_following(tasks, self._tasks.find, self._reader.fetch)

    def owner_history(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Sequence[str]]:
        """HubSpot's own property history: newest first, the present owner is the first. One call per 50 records."""
        return self._reader.owner_history(refs)

    def owners(self) -> Sequence[Owner]:
        """Former ones included: they stay on their records. The lanes' lists are among them, as queues."""
        people = [_owner(row) for archived in (False, True) for row in self._client.owners(archived=archived)]
        return [*people, *self._lanes.owners()]

    def history(self) -> History:
        """Looking back with this adapter's client; it belongs to the same worker."""
        return HubSpotHistory(self._client, self._reader, self._mapping, self._connection, self._now)

    def sweeper(self, page: int = PAGE) -> Sweeper:
        return HubSpotSweeper(self._client, self._mapping, self._connection, self._now, page)

    def whole(self, page: int = PAGE) -> Whole:
        return HubSpotWhole(self._client, self._reader, self._mapping, self._connection, page)

    def identify(self) -> Account:
        """One call."""
        return account(self._client.account())

    def check(self) -> Sequence[Problem]:
        """Reads the portal's properties anew, and tries the rights to read records and owners, each by itself."""
        found: list[Problem] = []
        for question in (self._check_properties, self._check_reading, self._check_owners):
            try:
                found.extend(question())
            except (CallOperator, Refused) as error:
                found.append(Problem(what="A part of the portal cannot be read with this connection.", fix=str(error)))
        return found

    def fields(self, object_: str = "") -> Sequence[FieldSpec]:
        self._portal.forget()
        return [field_spec(found) for found in self._client.properties(object_ or self._mapping.object)]

    def recent(self, names: Sequence[str], count: int, object_: str = "") -> Sequence[Mapping[str, str]]:
        """One search for the newest ids, and one read per 100 of them; 200 at most."""
        return self._reader.recent(object_ or self._mapping.object, names, count)

    def changed_at(self, refs: Sequence[RecordRef], names: Sequence[str]) -> Mapping[RecordRef, Mapping[str, datetime]]:
        """HubSpot's own history of each property. One call per 50 records."""
        return self._reader.changed_at(refs, names)

    def close(self) -> None:
        self._client.close()

    def _check_properties(self) -> Iterator[Problem]:
        self._portal.forget()
        return problems(self._mapping, self._client.properties(self._mapping.object))

    def _check_reading(self) -> Iterator[Problem]:
        self._client.probe(self._mapping.object)
        return iter(())

    def _check_owners(self) -> Iterator[Problem]:
        self._client.owner_page(after=None, archived=False)
        return iter(())


def _owner(row: OwnerRow) -> Owner:
    kind: Literal["person", "queue"] = "queue" if row.type == "QUEUE" else "person"
    return Owner(row.id, kind, row.email, row.name or row.email, active=not row.archived)
