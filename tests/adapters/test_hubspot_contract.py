"""The CRM contract over real HTTP, in both generations of HubSpot's API."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests

from adapters.base import CRM, Endpoint
from adapters.hubspot.adapter import HubSpotCRM
from adapters.records import RecordRef
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox, start
from config.fields import FIELDS, OUTPUTS, Value
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import CrmContract, Fault, RecordingBudget, RecordingTokens

MAPPING = shipped_mapping("hubspot")
PROPERTIES = {**MAPPING.inputs, **MAPPING.outputs, "owner_id": "hubspot_owner_id"}
KINDS = {name: field.kind for name, field in {**FIELDS, **OUTPUTS}.items()}
FAULTS: dict[Fault, dict[str, Any]] = {
    "drop_answer": {"kind": "drop"},
    "never_answer": {"kind": "hang"},
    "server_error": {"kind": "status", "status": 503},
    "limit": {"kind": "status", "status": 429, "policy": "DAILY"},
    "lock": {"kind": "lock"},
}


class HubSpotBench:
    def __init__(self, sandbox: RunningSandbox, api: str) -> None:
        self.tokens = RecordingTokens("pat-na1-1", (f"pat-na1-{number}" for number in range(2, 9)))
        self.budget = RecordingBudget()
        self._endpoint = Endpoint("acme", sandbox.url, api, MAPPING, connect_seconds=1.0, total_seconds=5.0)
        self.crm: CRM = HubSpotCRM(self._endpoint, self.tokens, self.budget)
        self._control = SandboxClient(sandbox.url)
        people = [
            {"email": f"{name}@acme.example", "firstName": name, "active": name != "left"} for name in ("ada", "bob", "left")
        ]
        self._people = list(self._control.add_people(people)["hubspot"]["people"].values())

    def close(self) -> None:
        self.crm.close()
        self._control.close()

    def impatient(self) -> CRM:
        return HubSpotCRM(replace(self._endpoint, total_seconds=0.3), self.tokens, self.budget)

    def create(self, **values: Value) -> RecordRef:
        return RecordRef("acme", "contact", self._control.create("hubspot", "contacts", [_texts(values)])[0])

    def edit(self, ref: RecordRef, **values: Value) -> None:
        self._control.update("hubspot", "contacts", ref.id, _texts(values))

    def delete(self, ref: RecordRef) -> None:
        self._control.delete("hubspot", "contacts", ref.id)

    def merge(self, *, winner: RecordRef, loser: RecordRef) -> None:
        self._control.merge("hubspot", "contacts", winner.id, loser.id)

    def never_existed(self) -> RecordRef:
        return RecordRef("acme", "contact", "99999999999")

    def stored(self, ref: RecordRef) -> Mapping[str, Value]:
        (record,) = self._control.read("hubspot", "contacts", [ref.id])
        assert record is not None
        there = {name: record["properties"].get(theirs) for name, theirs in PROPERTIES.items()}
        typed = {name: int(text) if text and KINDS.get(name) == "integer" else text for name, text in there.items()}
        return {**typed, "modified": record["updatedAt"]}

    def reps(self) -> tuple[str, str]:
        return self._people[0], self._people[1]

    def former_rep(self) -> str:
        return self._people[2]

    def expire_token(self) -> None:
        self._control.add_fault("expired", count=1)

    def revoke_all_tokens(self) -> None:
        self._control.add_fault("expired")

    def fail_next(self, fault: Fault) -> None:
        self._control.add_fault(**FAULTS[fault], count=1)

    def calls(self) -> int:
        return int(self._control.stats()["total"])

    def task_count(self, ref: RecordRef) -> int:
        url = f"{self._endpoint.base_url}/crm/v4/objects/contacts/{ref.id}/associations/tasks"
        answer = requests.get(url, headers={"Authorization": "Bearer pat-na1-test"}, timeout=5)
        return len(answer.json()["results"])

    def refused_value(self) -> tuple[str, Value]:
        return "confidence", "Certain"


def _texts(values: Mapping[str, Value]) -> dict[str, str]:
    return {PROPERTIES[name]: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


class HubSpotContract(CrmContract):
    api: ClassVar[str]

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[HubSpotBench]:
        sandbox = start(tmp_path, install=True)
        bench = HubSpotBench(sandbox, self.api)
        yield bench
        bench.close()
        sandbox.stop()


class TestNumberedPaths(HubSpotContract):
    api = "v3"


class TestDatedPaths(HubSpotContract):
    api = "2026-09"
