"""The CRM contract over real HTTP, in both generations of HubSpot's API."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from adapters.base import CRM, Endpoint
from adapters.errors import CallOperator
from adapters.hubspot.adapter import HubSpotCRM
from adapters.hubspot.auth import grant
from adapters.records import Change, Lead, RecordRef
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
        url = f"{self.url}/crm/v4/objects/contacts/{ref.id}/associations/tasks"
        answer = requests.get(url, headers={"Authorization": "Bearer pat-na1-test"}, timeout=5)
        return len(answer.json()["results"])

    @property
    def url(self) -> str:
        return self._endpoint.base_url

    def remove_property(self, name: str) -> None:
        headers = {"Authorization": "Bearer pat-na1-test"}
        assert requests.delete(f"{self.url}/crm/v3/properties/contacts/{name}", headers=headers, timeout=5).status_code == 204

    def allow(self, scopes: str) -> None:
        self._control.settings("hubspot", scopes=scopes)

    def oauth(self) -> dict[str, str]:
        """Credentials as an installed app has them."""
        settings = self._control.settings("hubspot")
        app = {name: settings[name] for name in ("client_id", "client_secret")}
        query = {**app, "redirect_uri": "https://leadline.example/callback", "scope": settings["scopes"]}
        answer = requests.get(f"{self.url}/oauth/authorize", params=query, allow_redirects=False, timeout=5)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        redirect = {"redirect_uri": query["redirect_uri"], "code": code}
        granted = grant({"flow": "authorization_code", **app, **redirect}, self.url)
        return {"flow": "refresh_token", **app, "refresh_token": granted.refresh_token or ""}

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

    # what only HubSpot does

    def test_owner_history_tells_who_was_overwritten(self, bench: HubSpotBench) -> None:
        ada, bob = bench.reps()
        ref = bench.create(last_name="Byron", owner_id=ada)
        bench.crm.write([Change(ref, {}, owner_id=bob)])
        assert bench.crm.owner_history([ref, bench.never_existed()]) == {ref: (bob, ada), bench.never_existed(): ()}

    def test_a_property_that_an_admin_removed_stops_nobody_else(self, bench: HubSpotBench) -> None:
        first, second = bench.create(last_name="A"), bench.create(last_name="B")
        bench.crm.write([Change(first, {"grade": "A1"})])
        bench.remove_property("leadline_grade")
        outcomes = bench.crm.write([Change(first, {"grade": "B2", "fit_score": 1}), Change(second, {"fit_score": 2})])
        assert [(outcome.state, outcome.fields) for outcome in outcomes] == [("refused", ("grade",)), ("written", ())]
        assert [problem.fatal for problem in bench.crm.check()] == [True]

    def test_a_missing_right_is_named(self, bench: HubSpotBench) -> None:
        ref = bench.create(last_name="A")
        bench.allow("crm.objects.contacts.read")
        with pytest.raises(CallOperator, match=r"scope crm\.objects\.contacts\.write"):
            bench.crm.write([Change(ref, {"fit_score": 1})])
        # Whoever may read contacts may read their properties as well: only the owners are out of reach.
        assert ["read owners" in problem.fix for problem in bench.crm.check()] == [True]

    def test_a_refresh_token_works_and_stops_working(self, bench: HubSpotBench) -> None:
        credentials = bench.oauth()
        granted = grant(credentials, bench.url, api=self.api)
        assert granted.access_token
        assert granted.expires_in == 1800
        bench.tokens._token = granted.access_token
        assert isinstance(bench.crm.fetch([ref := bench.create(last_name="A")])[ref], Lead)
        with pytest.raises(CallOperator):
            grant({**credentials, "refresh_token": "never-issued"}, bench.url, api=self.api)


class TestNumberedPaths(HubSpotContract):
    api = "v3"


class TestDatedPaths(HubSpotContract):
    api = "2026-09"
