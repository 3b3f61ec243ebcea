"""Salesforce as a CRM port: the verbs, each in terms of the files beside this one."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from adapters.base import Budget, Endpoint, Tokens
from adapters.errors import CallOperator
from adapters.following import find_following
from adapters.history import History
from adapters.records import Account, Change, FieldSpec, Gone, Lead, Outcome, Owner, Problem, RecordRef, TaskDraft
from adapters.salesforce.checking import mapped_problems, problems
from adapters.salesforce.client import COLLECTION, Client, Record
from adapters.salesforce.history import SalesforceHistory
from adapters.salesforce.identity import account
from adapters.salesforce.owners import Owners
from adapters.salesforce.reading import Reader
from adapters.salesforce.schema import Schemas
from adapters.salesforce.sweeping import PAGE, SalesforceSweeper
from adapters.salesforce.tasks import Tasks
from adapters.salesforce.whole import SalesforceWhole
from adapters.salesforce.writing import Writer
from adapters.sweeping import Sweeper, Whole

_USERS = "SELECT Id, Name, Email, IsActive FROM User WHERE UserType = 'Standard' ORDER BY Id"
_QUEUES = "SELECT Id, Name, Email FROM Group WHERE Type = 'Queue' ORDER BY Id"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SalesforceCRM:
    """One org, one mapped object, one worker. Fulfils `adapters.base.CRM`; every verb raises only `adapters.errors`.

    Options of the endpoint: `task_status` (default `Not Started`) and `task_priority` (default `High`), API values of the
    org's task lists.
    """

    kind: Literal["salesforce", "hubspot"] = "salesforce"
    batch = COLLECTION

    def __init__(
        self,
        endpoint: Endpoint,
        tokens: Tokens,
        budget: Budget,
        *,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        mapping, options = endpoint.mapping, endpoint.options
        self._mapping = mapping
        self._connection, self._now = endpoint.connection, now
        self._client = Client(endpoint, tokens, budget)
        self._schemas = Schemas(self._client.describe, monotonic)
        self._reader = Reader(self._client, self._schemas, mapping, endpoint.connection, now)
        self._writer = Writer(self._client, self._schemas, mapping, self._reader, Owners(self._client, monotonic))
        self._tasks = Tasks(
            self._client,
            status=options.get("task_status", "Not Started"),
            priority=options.get("task_priority", "High"),
        )

    def fetch(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        """One call per 200 records of an object, and one more for each step of a merged record's way."""
        return self._reader.fetch(refs)

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """One call per 200 changes; one per 25 that move an owner under a condition; one more per 200 to hand over;
        one for users and one for queues whose right to own has not been looked at lately.

        Raises:
            adapters.errors.AdapterError: of the first call. When a later one fails, its records' outcomes say so.
        """
        return self._writer.write(changes)

    def create_tasks(self, tasks: Sequence[TaskDraft]) -> Sequence[Outcome]:
        return self._tasks.create(tasks)

    def find_tasks(self, tasks: Sequence[TaskDraft]) -> Mapping[str, str]:
        return find_following(tasks, self._tasks.find, self._reader.fetch)

    def owner_history(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Sequence[str]]:
        """Empty: owners move under a condition here, so nothing can have been overwritten unseen."""
        return dict.fromkeys(refs, ())

    def owners(self) -> Sequence[Owner]:
        """Users, former ones included, and queues."""
        people = [_person(row) for row in self._client.query(_USERS)]
        return [*people, *(_queue(row) for row in self._client.query(_QUEUES))]

    def history(self) -> History:
        """Looking back with this adapter's client; it belongs to the same worker."""
        return SalesforceHistory(self._client, self._schemas, self._mapping, self._connection, self._now)

    def sweeper(self, page: int = PAGE) -> Sweeper:
        return SalesforceSweeper(self._client, self._schemas, self._mapping, self._connection, self._now, page)

    def whole(self, page: int = PAGE) -> Whole:
        return SalesforceWhole(self._client, self._schemas, self._mapping, self._connection, self._now, page)

    def identify(self) -> Account:
        """One call."""
        return account(self._client)

    def check(self) -> Sequence[Problem]:
        """Reads the org's description anew. What only an operator can mend is a problem here, not an error."""
        self._schemas.forget()
        try:
            return list(self._problems())
        except CallOperator as error:
            return [Problem(what="The org cannot be read with this connection.", fix=str(error))]

    def _problems(self) -> Iterator[Problem]:
        yield from problems(self._mapping, self._schemas.of(self._mapping.object), self._schemas.of("Task"))
        for other in self._mapping.also.values():
            yield from mapped_problems(other, self._schemas.of(other.object), routed=False)

    def fields(self, object_: str = "") -> Sequence[FieldSpec]:
        self._schemas.forget()
        return [found.spec() for found in self._schemas.of(object_ or self._mapping.object).fields.values()]

    def recent(self, names: Sequence[str], count: int, object_: str = "") -> Sequence[Mapping[str, str]]:
        return self._schemas.believed(lambda: self._reader.recent(object_ or self._mapping.object, names, count))

    def changed_at(self, refs: Sequence[RecordRef], names: Sequence[str]) -> Mapping[RecordRef, Mapping[str, datetime]]:
        """One call per 200 records: Salesforce keeps no moment for each field, so the record's stands for all of them."""
        return {ref: dict.fromkeys(names, at) for ref, at in self._reader.modified_at(refs).items()}

    def close(self) -> None:
        self._client.close()


def _person(row: Record) -> Owner:
    return Owner(row["Id"], "person", row.get("Email") or "", row.get("Name") or "", row.get("IsActive") is True)


def _queue(row: Record) -> Owner:
    return Owner(row["Id"], "queue", row.get("Email") or "", row.get("Name") or "", active=True)
