"""Each error of HubSpot's, by its code or status: brought about in the sandbox's portal by a real cause, and what the adapter
makes of it.

Where only the vendor's own machines have the cause, the control API stands in for them (`fail`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.errors import AdapterError, CallOperator, Refused, Retry, Throttled, UnknownOutcome
from adapters.hubspot.adapter import HubSpotCRM
from adapters.hubspot.auth import grant
from adapters.hubspot.schema import LEAVERS_SECONDS
from adapters.records import Change, Gone, Lead, Outcome, RecordRef, TaskDraft
from adapters.sandbox.sandbox import start
from config.mapping import FieldMapping
from tests.adapters.crm_contract import MONDAY
from tests.adapters.test_hubspot_contract import MAPPING, HubSpotBench

ADMIN = {"Authorization": "Bearer pat-na1-admin"}


class Portal(HubSpotBench):
    """A portal with an administrator in it, and trouble on demand."""

    seconds = 0.0
    """Of the clock by which the adapter believes what it has read."""

    def configure(self, **settings: Any) -> None:
        self._control.settings("hubspot", **settings)

    def fail(self, kind: str = "status", count: int = 1, **more: Any) -> None:
        self._control.add_fault(kind, crm="hubspot", count=count, route=more.pop("route", "/crm/*"), **more)

    def require(self, object_: str, *names: str) -> None:
        self._control.command("hubspot", "required", object=object_, names=list(names))

    def remap(self, **outputs: str) -> FieldMapping:
        """Some outputs go into other properties."""
        mapping = replace(MAPPING, outputs={**MAPPING.outputs, **outputs})
        self.crm.close()
        self.crm = HubSpotCRM(replace(self._endpoint, mapping=mapping), self.tokens, self.budget, monotonic=lambda: self.seconds)
        return mapping

    def define(self, name: str, type_: str, field_type: str, *, object_: str = "contacts", **more: Any) -> None:
        document = {"groupName": "leadline", "name": name, "label": name, "type": type_, "fieldType": field_type, **more}
        answer = requests.post(f"{self.url}/crm/v3/properties/{object_}", json=document, headers=ADMIN, timeout=5)
        assert answer.status_code == 201, answer.text

    def leave(self, email: str) -> None:
        """Somebody leaves the company."""
        self._control.add_people([{"email": email, "firstName": email[:3], "active": False}])

    def updates(self) -> int:
        """Calls that were made to write contacts."""
        calls = self._control.stats()["calls"]
        return sum(call["count"] for call in calls if "batch/update" in call["route"])


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    sandbox = start(tmp_path, install=True)
    portal = Portal(sandbox, "2026-09")
    yield portal
    portal.close()
    sandbox.stop()


def states(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def write_one(portal: Portal, **outputs: Any) -> Outcome:
    (outcome,) = portal.crm.write([Change(portal.create(last_name="Byron"), outputs)])
    return outcome


def draft(ref: RecordRef, owner: str) -> TaskDraft:
    return TaskDraft(ref, f"key-{ref.id}", "Call", "Now.", owner, MONDAY)


# values that are refused, each for its record and its field alone


def refused_alone(portal: Portal, bad: dict[str, Any], *, code: str) -> None:
    """The one is refused with its code and its output, and a good one in the same call is written."""
    one, other = (portal.create(last_name=name) for name in ("A", "B"))
    refused, written = portal.crm.write([Change(one, {**bad, "fit_score": 1}), Change(other, {"fit_score": 2})])
    assert (refused.state, refused.code, refused.fields) == ("refused", code, tuple(bad))
    assert (written.state, portal.stored(other)["fit_score"]) == ("written", 2)


def test_property_doesnt_exist(portal: Portal) -> None:
    portal.remap(grade="no_such_thing")
    refused_alone(portal, {"grade": "A1"}, code="PROPERTY_DOESNT_EXIST")


def test_invalid_option(portal: Portal) -> None:
    """Known before the call where the options are known; made after we looked, HubSpot itself says so."""
    outcome = write_one(portal, confidence="Certain")
    assert (outcome.state, outcome.fields, portal.updates()) == ("refused", ("confidence",), 0)
    assert "the property has no such option" in outcome.reason
    portal.remap(grade="late_choice")
    write_one(portal, fit_score=1)
    portal.define("late_choice", "enumeration", "select", options=[{"label": "B2", "value": "B2"}])
    refused_alone(portal, {"grade": "A1"}, code="INVALID_OPTION")


def test_invalid_email(portal: Portal) -> None:
    portal.remap(grade="email")
    refused_alone(portal, {"grade": "A1"}, code="INVALID_EMAIL")


def test_invalid_long(portal: Portal) -> None:
    portal.remap(grade="late_number")
    write_one(portal, fit_score=1)
    portal.define("late_number", "number", "number")
    refused_alone(portal, {"grade": "A1"}, code="INVALID_LONG")
    assert "takes numbers only" in write_one(portal, grade="A1").reason  # looked at anew, and known before the call


def test_invalid_date(portal: Portal) -> None:
    portal.remap(grade="late_day")
    write_one(portal, fit_score=1)
    portal.define("late_day", "date", "date")
    refused_alone(portal, {"grade": "A1"}, code="INVALID_DATE")


def test_read_only_value(portal: Portal) -> None:
    """Known before the call; what HubSpot answers when it is sent all the same is read as well."""
    portal.remap(grade="hs_object_id")
    outcome = write_one(portal, grade="A1")
    assert (outcome.state, outcome.fields, portal.updates()) == ("refused", ("grade",), 0)
    assert "read-only" in outcome.reason
    trace = {"id": portal.create(last_name="A").id, "objectWriteTraceId": "0", "properties": {"hs_object_id": "1"}}
    (complaint,) = portal.crm._client.update("contacts", [trace]).errors  # type: ignore[attr-defined]
    assert (complaint.code, complaint.traces) == ("READ_ONLY_VALUE", ("0",))


def test_conflicting_unique_value(portal: Portal) -> None:
    portal.create(last_name="A", key="k1")
    refused_alone(portal, {"key": "k1"}, code="CONFLICTING_UNIQUE_VALUE")


def test_conflict_409(portal: Portal) -> None:
    """An e-mail address that another contact has; the id of that one stands nowhere but in the text, which is not read."""
    portal.remap(grade="email")
    portal.create(email="ada@acme.example")
    one, other = (portal.create(last_name=name) for name in ("A", "B"))
    refused, written = portal.crm.write([Change(one, {"grade": "ada@acme.example"}), Change(other, {"fit_score": 2})])
    assert (refused.state, refused.code, written.state) == ("refused", "CONFLICT", "written")
    assert "ada@acme.example" not in refused.reason


def test_missing_required_property(portal: Portal) -> None:
    """Since 2026-09 what an administrator requires of people is required of us: one task is refused with the property's name."""
    portal.define("project_code", "string", "text", object_="tasks", groupName="tasksinformation")
    portal.require("tasks", "project_code")
    ref = portal.create(last_name="A")
    (outcome,) = portal.crm.create_tasks([draft(ref, portal.reps()[0])])
    assert (outcome.state, outcome.code) == ("refused", "MISSING_REQUIRED_PROPERTY")
    assert portal.task_count(ref) == 0


# owners


def test_invalid_owner_id(portal: Portal) -> None:
    portal.configure(archived_owners=False)
    one, other = (portal.create(last_name=name) for name in ("A", "B"))
    changes = [Change(one, {"fit_score": 1}, owner_id="99999"), Change(other, {}, owner_id=portal.reps()[0])]
    refused, written = portal.crm.write(changes)
    assert (refused.state, refused.code, refused.fields) == ("refused", "INVALID_OWNER_ID", ("owner_id",))
    assert (written.state, portal.stored(other)["owner_id"]) == ("written", portal.reps()[0])


def test_invalid_owner_id_of_a_user(portal: Portal) -> None:
    """An owner's `id` is wanted, never their `userId`."""
    (ada, *_) = [owner for owner in portal.crm._client.owners(archived=False) if owner.id == portal.reps()[0]]  # type: ignore[attr-defined]
    answer = requests.get(f"{portal.url}/crm/v3/owners/{ada.id}", headers=ADMIN, timeout=5).json()
    (outcome,) = portal.crm.write([Change(portal.create(last_name="A"), {}, owner_id=str(answer["userId"]))])
    assert (outcome.state, outcome.code, outcome.fields) == ("refused", "INVALID_OWNER_ID", ("owner_id",))


def test_an_archived_owner(portal: Portal) -> None:
    """Whether HubSpot refuses somebody who left is not known, so it is never asked to: refused before the call."""
    outcome = portal.crm.write([Change(portal.create(last_name="A"), {"fit_score": 1}, owner_id=portal.former_rep())])[0]
    assert (outcome.state, outcome.fields, outcome.reason, portal.updates()) == (
        "refused",
        ("owner_id",),
        "The owner has left.",
        0,
    )


def test_an_owner_who_leaves_while_we_work(portal: Portal) -> None:
    """Believed for a minute, since HubSpot itself might take them."""
    portal.remap()
    ada = portal.reps()[0]
    give = [Change(portal.create(last_name="A"), {}, owner_id=ada)]
    assert states(portal.crm.write(give)) == ["written"]
    portal.leave("ada@acme.example")
    portal.seconds += LEAVERS_SECONDS + 1
    assert states(portal.crm.write([Change(portal.create(last_name="B"), {}, owner_id=ada)])) == ["refused"]


# records that are gone


def test_object_not_found(portal: Portal) -> None:
    refs = [portal.create(last_name=name) for name in ("A", "B")]
    portal.delete(refs[0])
    outcomes = portal.crm.write([Change(ref, {"fit_score": 1}) for ref in (*refs, portal.never_existed())])
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [
        ("gone", "OBJECT_NOT_FOUND"),
        ("written", ""),
        ("gone", "OBJECT_NOT_FOUND"),
    ]
    found = portal.crm.fetch([*refs, portal.never_existed()])
    assert [type(found[ref]) for ref in refs] == [Gone, Lead]
    assert found[portal.never_existed()] == Gone(portal.never_existed(), "not_found")


def test_a_merge_makes_a_new_id(portal: Portal) -> None:
    winner, loser = (portal.create(last_name=name) for name in ("A", "B"))
    portal.merge(winner=winner, loser=loser)
    outcomes = portal.crm.write([Change(ref, {"fit_score": 1}) for ref in (winner, loser)])
    assert states(outcomes) == ["gone", "gone"]
    (now,) = {outcome.now for outcome in outcomes}
    assert now is not None
    assert now.id not in {winner.id, loser.id}
    assert portal.stored(now)["fit_score"] == 1


def test_404_without_a_category(portal: Portal) -> None:
    """Permanent, and of nothing that the record could be gone by."""
    portal.fail(status=404, route="*/batch/update")
    outcome = write_one(portal, fit_score=1)
    assert (outcome.state, outcome.code, outcome.now) == ("refused", "no code given", None)


# many fates in one answer


def test_207_multi_status(portal: Portal) -> None:
    """Item by item: written, refused for good, failed without a word, throttled, gone."""
    refs = [portal.create(last_name=name) for name in "ABCDE"]
    portal.delete(refs[4])
    portal.remap(grade="email")
    portal.fail("item", code="INTERNAL_ERROR")
    first = portal.crm.write([Change(ref, {"fit_score": 1}) for ref in refs[:2]])
    portal.fail("item", code="RATE_LIMITS")
    changes = [Change(ref, {"fit_score": 1}) for ref in refs[2:]]
    second = portal.crm.write([changes[0], replace(changes[1], outputs={"grade": "no address"}), changes[2]])
    assert states(first) == ["unknown", "written"]
    assert states(second) == ["retry", "refused", "gone"]
    assert second[0].after > 0


def test_400_of_a_whole_batch(portal: Portal) -> None:
    """Where HubSpot does not judge one by one, the batch is halved until the culprit stands alone."""
    refs = [portal.create(last_name=str(n)) for n in range(8)]
    portal.crm.write([Change(refs[0], {"fit_score": 9})])
    before = portal.updates()
    portal.fail(status=400, code="VALIDATION_ERROR", route="*/batch/update", count=4)
    outcomes = portal.crm.write([Change(ref, {"fit_score": 1}) for ref in refs])
    assert states(outcomes) == ["refused", *["written"] * 7]  # the fault strikes the first of 8, 4, 2 and 1
    assert portal.updates() - before == 7


# tokens and rights


def test_expired_authentication(portal: Portal) -> None:
    ref = portal.create(last_name="A")
    portal.expire_token()
    assert isinstance(portal.crm.fetch([ref])[ref], Lead)
    assert len(portal.tokens.renewed) == 1


def test_invalid_authentication(portal: Portal) -> None:
    """Revoked, and the next token as well: one renewal, and then a person."""
    ref = portal.create(last_name="A")
    for token in ("pat-na1-1", "pat-na1-2"):
        portal._control.command("hubspot", "revoke", token=token)
    with pytest.raises(CallOperator, match="connect the account again") as caught:
        portal.crm.fetch([ref])
    assert (caught.value.status, caught.value.code, len(portal.tokens.renewed)) == (401, "INVALID_AUTHENTICATION", 1)


def test_missing_scopes(portal: Portal) -> None:
    ref = portal.create(last_name="A")
    portal.allow("crm.objects.contacts.read crm.objects.owners.read")
    with pytest.raises(CallOperator, match=r"scope crm\.objects\.contacts\.write") as caught:
        portal.crm.write([Change(ref, {"fit_score": 1})])
    assert (caught.value.status, caught.value.code) == (403, "MISSING_SCOPES")


def test_bad_refresh_token(portal: Portal) -> None:
    """What a refresh is answered with after an uninstall: connect again, and no more tries."""
    credentials = portal.oauth()
    portal._control.command("hubspot", "revoke")
    with pytest.raises(CallOperator, match="connect the account again") as caught:
        grant(credentials, portal.url, api="2026-09")
    assert caught.value.status == 400


def test_530_malformed_token(portal: Portal) -> None:
    portal.fail(status=530)
    with pytest.raises(CallOperator, match="connect the account again"):
        portal.crm.owners()


# limits


def _throttled(portal: Portal, call: Callable[[], object]) -> Throttled:
    with pytest.raises(Throttled) as caught:
        call()
    return caught.value


def test_429_ten_secondly_rolling(portal: Portal) -> None:
    portal.configure(burst=1)
    error = _throttled(portal, portal.crm.owners)
    assert (error.code, error.policy, error.after) == ("TEN_SECONDLY_ROLLING", "burst", 10.0)


def test_429_secondly(portal: Portal) -> None:
    """Search has an allowance of its own, and its room comes back after a second."""
    portal.fail(status=429, policy="SECONDLY", route="*/search")
    error = _throttled(portal, lambda: portal.crm.recent(["lastname"], 5))
    assert (error.code, error.policy, error.after) == ("SECONDLY", "search", 1.0)


def test_429_daily(portal: Portal) -> None:
    portal.configure(daily=1)
    error = _throttled(portal, portal.crm.owners)
    assert (error.code, error.policy, error.after) == ("DAILY", "daily", 3600.0)
    portal.configure(daily=1_000)
    assert portal.crm.owners()


def test_429_with_retry_after(portal: Portal) -> None:
    portal.fail(status=429, policy="TEN_SECONDLY_ROLLING", after=7)
    assert _throttled(portal, portal.crm.owners).after == 7.0


# the vendor's own machines


def _write_meets(portal: Portal, error: type[AdapterError], **fault: Any) -> AdapterError:
    """A write meets the fault, and nothing of it is there."""
    ref = portal.create(last_name="A")
    portal.crm.write([Change(ref, {"fit_score": 1})])
    portal.fail(route="*/batch/update", **fault)
    with pytest.raises(error) as caught:
        portal.crm.write([Change(ref, {"fit_score": 2})])
    assert type(caught.value) is error
    assert portal.stored(ref)["fit_score"] == 1
    return caught.value


def test_423_locked(portal: Portal) -> None:
    """Nothing was done, and two seconds later it goes."""
    ref = portal.create(last_name="A")
    portal.fail("lock")
    with pytest.raises(Retry) as caught:
        portal.crm.write([Change(ref, {"fit_score": 1})])
    assert (type(caught.value), caught.value.after, caught.value.code) == (Retry, 2.0, "LOCKED")
    assert states(portal.crm.write([Change(ref, {"fit_score": 1})])) == ["written"]


def test_477_migration(portal: Portal) -> None:
    """An account that is moved says when to come again, up to a day later."""
    error = _write_meets(portal, Retry, status=477, after=7_200)
    assert (error.code, error.after) == ("MIGRATION_IN_PROGRESS", 7_200.0)  # type: ignore[attr-defined]


def test_477_migration_without_retry_after(portal: Portal) -> None:
    assert _write_meets(portal, Retry, status=477).after == 300.0  # type: ignore[attr-defined]


def test_408_timeout(portal: Portal) -> None:
    _write_meets(portal, Retry, status=408)


def test_414_uri_too_long(portal: Portal) -> None:
    """Permanent; what we read goes in bodies, however many properties are mapped."""
    _write_meets(portal, Refused, status=414)
    many = {name: f"custom_{'x' * 90}_{name}" for name in MAPPING.inputs}
    portal.remap()
    endpoint = replace(portal._endpoint, mapping=replace(MAPPING, inputs=many))
    wide = HubSpotCRM(endpoint, portal.tokens, portal.budget)
    ref = portal.create(last_name="A")
    assert isinstance(wide.fetch([ref])[ref], Lead)
    wide.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 521, 522, 523, 524, 525])
def test_5xx(portal: Portal, status: int) -> None:
    """A read is repeated; of a write nobody knows, so it is read back first. A page instead of JSON is no riddle."""
    _write_meets(portal, UnknownOutcome, status=status)
    portal.fail(status=status, route="*/batch/read")
    with pytest.raises(Retry):
        portal.crm.fetch([portal.create(last_name="B")])


def test_lifecyclestage_moves_forward_only(portal: Portal) -> None:
    """A step back is passed over in silence, so the answer says written; the read back says what stands."""
    mapping = portal.remap(grade="lifecyclestage")
    ref = portal.create(last_name="A")
    assert states(portal.crm.write([Change(ref, {"grade": "opportunity"})])) == ["written"]
    portal.crm.write([Change(ref, {"grade": "lead"})])
    lead = portal.crm.fetch([ref])[ref]
    assert isinstance(lead, Lead)
    assert (mapping.outputs["grade"], lead.outputs["grade"]) == ("lifecyclestage", "opportunity")
