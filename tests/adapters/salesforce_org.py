"""A Salesforce org in the sandbox, reached by the adapter over HTTP and by the test behind its back."""

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from adapters.base import Endpoint
from adapters.records import RecordRef
from adapters.salesforce.adapter import SalesforceCRM
from adapters.salesforce.auth import grant
from adapters.salesforce.mapping import canonical
from adapters.sandbox.faults import Faults
from adapters.sandbox.front import Front
from adapters.sandbox.record import Actor
from adapters.sandbox.salesforce import Salesforce
from adapters.sandbox.server import Server
from adapters.sandbox.stats import Stats
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call
from adapters.sandbox.world import Person, World
from config.fields import FIELDS, OUTPUTS, Value
from config.mapping import FieldMapping, shipped_mapping
from tests.adapters.crm_contract import Fault, RecordingBudget, RecordingTokens

FIELDS_OF: Final = {**shipped_mapping("salesforce").inputs, **shipped_mapping("salesforce").outputs, "owner_id": "OwnerId"}
CREDENTIALS: Final = {"flow": "client_credentials", "client_id": "leadline", "client_secret": "hush"}
PERSON: Final = Actor("CRM_UI", "userId:1")

_FAULTS: Final[Mapping[Fault, Mapping[str, Any]]] = {
    "drop_answer": {"kind": "drop"},
    "never_answer": {"kind": "hang"},
    "server_error": {"kind": "status", "status": 503},
    "limit": {"kind": "status", "status": 403},
    "lock": {"kind": "lock"},
}


class Ticking:
    """The org's clock. It moves when the test does something, so that no two deeds share a second."""

    def __init__(self) -> None:
        self.milliseconds = 1_795_338_000_000

    def tick(self) -> None:
        self.milliseconds += 5_000

    def __call__(self) -> int:
        return self.milliseconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.milliseconds / 1000, UTC)


class SalesforceOrg:
    """Fulfils `crm_contract.Bench`."""

    def __init__(self, home: Path, mapping: FieldMapping | None = None, *, installed: bool = True) -> None:
        self.clock = Ticking()
        self.faults = Faults(random.Random(1))
        self.store = Store(home, self.clock)
        self.world = World(self.store, self.faults, self.clock, random.Random(2))
        self.side = Salesforce(self.world)
        self._front = Front([self.side], self.side.answer, self.faults, Stats(), {"salesforce": 0.0})
        if installed:
            self.side.install()
        self._people = self.side.add_people(
            [
                Person("ada@reps.example", "Ada", "A"),
                Person("bo@reps.example", "Bo", "B"),
                Person("cy@reps.example", "Cy", "C", False),
            ]
        )
        self.heard: list[Call] = []
        self.seconds = 0.0
        self._server = Server("127.0.0.1", 0, self._respond)
        self._server.start()
        self.world.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.mapping = mapping or shipped_mapping("salesforce")
        self.tokens = RecordingTokens(self._token(), (self._token() for _ in count()))
        self.budget = RecordingBudget()
        self.crm = self._crm(10.0)

    def close(self) -> None:
        self.crm.close()
        self._server.stop()
        self.store.close()

    def _crm(self, total_seconds: float) -> SalesforceCRM:
        endpoint = Endpoint("acme", self.world.url, "v67.0", self.mapping, total_seconds=total_seconds)
        return SalesforceCRM(endpoint, self.tokens, self.budget, now=self.clock.now, monotonic=lambda: self.seconds)

    def _token(self) -> str:
        return grant(CREDENTIALS, self.world.url).access_token

    def _respond(self, call: Call, stopping: threading.Event) -> Answer | None:
        if call.path.startswith("/services/data/"):
            self.heard.append(call)
        return self._front.respond(call, stopping)

    # the bench of the contract

    def impatient(self) -> SalesforceCRM:
        return self._crm(0.2)

    def create(self, **values: Value) -> RecordRef:
        self.clock.tick()
        fields = {FIELDS_OF[name]: value for name, value in {"last_name": "Doe", "company": "Acme", **values}.items()}
        return RecordRef("acme", "lead", self.side.create("Lead", [fields], PERSON)[0])

    def edit(self, ref: RecordRef, **values: Value) -> None:
        self.clock.tick()
        self.side.update("Lead", ref.id, {FIELDS_OF[name]: value for name, value in values.items()}, PERSON)

    def delete(self, ref: RecordRef) -> None:
        self.clock.tick()
        self.side.delete("Lead", ref.id, PERSON)

    def merge(self, *, winner: RecordRef, loser: RecordRef) -> None:
        self.clock.tick()
        self.side.merge("Lead", winner.id, loser.id, PERSON)

    def never_existed(self) -> RecordRef:
        return RecordRef("acme", "lead", "00Q000000000ZZZEA2")

    def stored(self, ref: RecordRef) -> Mapping[str, Value]:
        record = self.store.exactly("salesforce", "Lead", ref.id)
        assert record is not None
        kinds = {name: field.kind for name, field in {**FIELDS, **OUTPUTS}.items()}
        values = {name: canonical(record.values.get(field), kinds.get(name, "text")) for name, field in FIELDS_OF.items()}
        return {**values, "modified": record.modified_at}

    def reps(self) -> tuple[str, str]:
        return self._people[0], self._people[1]

    def former_rep(self) -> str:
        return self._people[2]

    def expire_token(self) -> None:
        self.side.configure({"expire_tokens": True})

    def revoke_all_tokens(self) -> None:
        self.expire_token()
        self.tokens._fresh = iter(["refused", "refused"])

    def fail_next(self, fault: Fault) -> None:
        self.fail({**_FAULTS[fault], "route": "/services/data/*"})

    def fail(self, document: Mapping[str, Any]) -> None:
        self.faults.add({"crm": "salesforce", "count": 1, **document})

    def calls(self) -> int:
        return len(self.heard)

    def task_count(self, ref: RecordRef) -> int:
        return len(self.store.lookup("salesforce", "Task", "WhoId", ref.id))

    def refused_value(self) -> tuple[str, Value]:
        return "confidence", "Sky-high"


@contextmanager
def salesforce_org(home: Path, mapping: FieldMapping | None = None, *, installed: bool = True) -> Iterator[SalesforceOrg]:
    org = SalesforceOrg(home, mapping, installed=installed)
    try:
        yield org
    finally:
        org.close()
