"""What the sandbox cannot be asked to do: the odd answers of HubSpot, each from a scripted server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.base import CRM, Endpoint
from adapters.errors import Refused, Retry
from adapters.hubspot.adapter import HubSpotCRM
from adapters.records import Change, Gone, Lead, RecordRef, TaskDraft
from config.mapping import FieldMapping, shipped_mapping
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens
from tests.adapters.hubspot_server import Asked, Said, Script, fixture, said, serving

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAPPING = shipped_mapping("hubspot")
PROPERTIES: list[dict[str, Any]] = [
    {"name": name, "type": "string", "fieldType": "text", "options": []} for name in MAPPING.outputs.values()
]


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def crm(script: Script, mapping: FieldMapping = MAPPING, clock: Clock | None = None) -> HubSpotCRM:
    endpoint = Endpoint("acme", script.url, "v3", mapping, connect_seconds=1.0, total_seconds=2.0)
    return HubSpotCRM(endpoint, RecordingTokens("t", iter(())), RecordingBudget(), now=lambda: NOW, monotonic=clock or Clock())


def ref(id_: str) -> RecordRef:
    return RecordRef("acme", "contact", id_)


def record(id_: str, **properties: str | None) -> dict[str, Any]:
    stamps = {"createdate": "2026-11-20T08:00:00Z", "lastmodifieddate": "2026-11-21T08:00:00Z"}
    return {
        "id": id_,
        "properties": {**stamps, **properties},
        "createdAt": stamps["createdate"],
        "updatedAt": stamps["createdate"],
    }


def results(*records: dict[str, Any]) -> Said:
    return said({"status": "COMPLETE", "results": list(records)})


@pytest.fixture
def script() -> Iterator[Script]:
    with serving() as running:
        yield running


def test_it_is_a_crm(script: Script) -> None:
    port: CRM = crm(script)
    assert (port.kind, port.batch) == ("hubspot", 100)


def test_an_object_that_cannot_be_routed_is_refused_at_once(script: Script) -> None:
    with pytest.raises(ValueError, match="contacts"):
        crm(script, FieldMapping(object="deals", inputs={}, outputs={}))


def test_what_was_read_is_as_old_as_the_question(script: Script) -> None:
    script.says(results(record("1")))
    lead = crm(script).fetch([ref("1")])[ref("1")]
    assert isinstance(lead, Lead)
    assert lead.read_at == NOW


def test_a_survivor_answers_for_its_former_ids(script: Script) -> None:
    script.says(results(record("9", hs_merged_object_ids="1;2"), record("3")))
    found = crm(script).fetch([ref("1"), ref("2"), ref("3"), ref("9")])
    assert [found[ref(id_)] for id_ in "12"] == [Gone(ref(id_), "merged", now=ref("9")) for id_ in "12"]
    survivor = found[ref("9")]
    assert isinstance(survivor, Lead)
    assert survivor.aliases == ("1", "2")
    assert isinstance(found[ref("3")], Lead)


def test_a_survivor_that_forgot_its_former_ids_is_asked_for_alone(script: Script) -> None:
    script.says(results(record("9"), record("3")), results(record("9")), results())
    with_empty_bin = iter([results()])
    before = script.answer
    script.answer = lambda asked: next(with_empty_bin) if "archived=true" in asked.query else before(asked)
    found = crm(script).fetch([ref("1"), ref("3"), ref("4")])
    assert found[ref("1")] == Gone(ref("1"), "merged", now=ref("9"))
    assert isinstance(found[ref("3")], Lead)
    assert found[ref("4")] == Gone(ref("4"), "not_found")


def test_deleted_and_never_there_are_told_apart(script: Script) -> None:
    missing = said({"results": [record("1")], "numErrors": 1, "errors": [fixture("error__not_found")]}, 207)
    script.says(missing, results(record("404")))
    found = crm(script).fetch([ref("1"), ref("404"), ref("405")])
    assert found[ref("404")] == Gone(ref("404"), "deleted")
    assert found[ref("405")] == Gone(ref("405"), "not_found")
    assert script.asked[1].body["inputs"] == [{"id": "404"}, {"id": "405"}]


def test_an_id_that_is_no_hubspot_id_spoils_no_batch(script: Script) -> None:
    script.says(results(record("1")))
    found = crm(script).fetch([ref("1"), ref("00Q5e00000ABCDE")])
    assert found[ref("00Q5e00000ABCDE")] == Gone(ref("00Q5e00000ABCDE"), "not_found")
    assert script.asked[0].body["inputs"] == [{"id": "1"}]


def test_a_ref_asked_twice_is_read_once(script: Script) -> None:
    script.says(results(record("1")))
    assert len(crm(script).fetch([ref("1"), ref("1")])) == 1
    assert script.asked[0].body["inputs"] == [{"id": "1"}]


def test_a_ref_of_another_object_is_refused(script: Script) -> None:
    with pytest.raises(Refused, match="contacts"):
        crm(script).fetch([RecordRef("acme", "lead", "1")])


def test_a_record_without_stamps_is_no_usable_answer(script: Script) -> None:
    script.says(results({"id": "1", "properties": {}}))
    with pytest.raises(Retry):
        crm(script).fetch([ref("1")])


def portal(*answers: Said | None, former: tuple[str, ...] = ()) -> Any:
    """The portal's properties and former owners whenever they are asked for, and `answers` to everything else."""
    waiting = iter(answers)
    left = said({"results": [{"id": id_, "archived": True} for id_ in former]})

    def answer(asked: Asked) -> Said | None:
        if asked.method == "GET":
            return left if "owners" in asked.path else said({"results": PROPERTIES})
        return next(waiting)

    return answer


def test_outputs_and_owner_travel_in_one_input(script: Script) -> None:
    script.answer = portal(results({**record("1"), "objectWriteTraceId": "0"}))
    (outcome,) = crm(script).write([Change(ref("1"), {"grade": "A1", "fit_score": None}, owner_id="41")])
    assert outcome.state == "written"
    properties = {"leadline_grade": "A1", "leadline_fit_score": "", "hubspot_owner_id": "41"}
    assert script.asked[-1].body == {"inputs": [{"id": "1", "objectWriteTraceId": "0", "properties": properties}]}


def test_a_portal_that_hides_its_properties_is_written_to_all_the_same(script: Script) -> None:
    script.answer = lambda asked: said(fixture("error__missing_scopes"), 403) if asked.method == "GET" else results(record("1"))
    (outcome,) = crm(script).write([Change(ref("1"), {"grade": "A1"})])
    assert outcome.state == "written"


def enumerated(*options: str) -> Said:
    confidence = {"name": "leadline_confidence", "type": "enumeration", "options": [{"value": option} for option in options]}
    return said({"results": [confidence]})


def test_an_option_that_was_added_since_is_seen_before_a_value_is_refused(script: Script) -> None:
    script.says(enumerated("High"), results(record("1")), enumerated("High", "Medium"), results(record("1")))
    port = crm(script)
    assert [port.write([Change(ref("1"), {"confidence": value})])[0].state for value in ("High", "Medium")] == ["written"] * 2


def test_an_option_that_does_not_exist_is_refused_without_a_write(script: Script) -> None:
    script.says(enumerated("High"))
    (outcome,) = crm(script).write([Change(ref("1"), {"confidence": "Certain"})])
    assert (outcome.state, outcome.fields) == ("refused", ("confidence",))
    assert "Certain" not in outcome.reason
    assert len(script.asked) == 1


def test_what_is_known_of_the_portal_grows_old(script: Script) -> None:
    clock = Clock()
    script.answer = lambda asked: enumerated("High") if asked.method == "GET" else results(record("1"))
    port = crm(script, clock=clock)
    reads = []
    for seconds in (0, 899, 901):
        clock.seconds = seconds
        port.write([Change(ref("1"), {"confidence": "High"})])
        reads.append(sum(asked.method == "GET" for asked in script.asked))
    assert reads == [1, 1, 2]


def test_an_owner_id_that_is_none_is_refused_before_any_call(script: Script) -> None:
    (outcome,) = crm(script).write([Change(ref("1"), {}, owner_id="0055e000001")])
    assert (outcome.state, outcome.fields, script.asked) == ("refused", ("owner_id",), [])


def test_an_owner_who_left_is_given_nothing(script: Script) -> None:
    script.answer = portal(results(record("1")), former=("41",))
    outcomes = crm(script).write([Change(ref("2"), {"grade": "A1"}, owner_id="41"), Change(ref("1"), {}, owner_id="42")])
    assert [(outcome.state, outcome.fields) for outcome in outcomes] == [("refused", ("owner_id",)), ("written", ())]


def test_an_owner_who_came_back_is_seen_before_anything_is_refused(script: Script) -> None:
    left = said({"results": [{"id": "41", "archived": True}]})
    script.says(left, said({"results": []}), results(record("1")))
    port = crm(script)
    assert [port.write([Change(ref("1"), {}, owner_id="41")])[0].state for _ in range(2)] == ["refused", "written"]


def test_without_the_right_to_see_owners_hubspot_alone_judges_them(script: Script) -> None:
    forbidden = said(fixture("error__missing_scopes"), 403)
    script.answer = lambda asked: forbidden if asked.method == "GET" else results(record("1"))
    assert crm(script).write([Change(ref("1"), {}, owner_id="41")])[0].state == "written"


def test_a_portal_that_fails_to_describe_itself_is_written_to_later(script: Script) -> None:
    script.says(said({}, 503))
    with pytest.raises(Retry):
        crm(script).write([Change(ref("1"), {"grade": "A1"})])


def test_a_change_of_another_object_is_refused_before_any_call(script: Script) -> None:
    (outcome,) = crm(script).write([Change(RecordRef("acme", "lead", "1"), {"grade": "A1"})])
    assert (outcome.state, script.asked) == ("refused", [])


def test_two_changes_of_one_record_are_written_in_order(script: Script) -> None:
    script.answer = lambda asked: said({"results": PROPERTIES}) if asked.method == "GET" else results(record("1"))
    outcomes = crm(script).write([Change(ref("1"), {"grade": grade}) for grade in ("A1", "B2")])
    assert [outcome.state for outcome in outcomes] == ["written", "written"]
    sent = [asked.body["inputs"] for asked in script.asked if asked.method == "POST"]
    assert [[one["properties"]["leadline_grade"] for one in inputs] for inputs in sent] == [["A1"], ["B2"]]


def draft(key: str, contact: str = "1") -> TaskDraft:
    return TaskDraft(ref(contact), key, "Call", "Now.", "41", datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(minutes=5))


def test_a_task_hangs_on_its_contact_from_the_start(script: Script) -> None:
    script.answer = lambda asked: results({**record("900"), "objectWriteTraceId": asked.body["inputs"][0]["objectWriteTraceId"]})
    (outcome,) = crm(script).create_tasks([draft("k-1")])
    assert (outcome.state, outcome.id) == ("written", "900")
    (sent,) = script.asked[0].body["inputs"]
    assert sent["associations"] == [
        {"to": {"id": "1"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]}
    ]
    assert sent["properties"]["hs_timestamp"] == "2026-11-23T10:05:00Z"
    assert sent["properties"]["hs_task_body"].splitlines()[-1] == "Leadline ref: k-1"


def test_a_very_long_task_keeps_its_key(script: Script) -> None:
    script.says(results())
    long = TaskDraft(ref("1"), "k-1", "Call", "x" * 70_000, "41", NOW)
    crm(script).create_tasks([long])
    body = script.asked[0].body["inputs"][0]["properties"]["hs_task_body"]
    assert len(body) == 65_536
    assert body.endswith("Leadline ref: k-1")


def test_a_created_task_that_the_answer_does_not_mention_is_unknown(script: Script) -> None:
    script.says(results())
    assert [outcome.state for outcome in crm(script).create_tasks([draft("k-1")])] == ["unknown"]


def test_tasks_are_found_on_every_page_and_after_somebody_edited_them(script: Script) -> None:
    def answer(asked: Asked) -> Said:
        if asked.path.endswith("/tasks/batch/read") and "associations" in asked.path:
            first = "after" not in asked.body["inputs"][0]
            page = {"from": {"id": "1"}, "to": [{"toObjectId": 900 if first else 901}]}
            return said({"results": [page | ({"paging": {"next": {"after": "p2"}}} if first else {})]})
        bodies = {"900": "Something else", "901": "<p>Now.</p><p>Leadline ref: k&amp;1</p>"}
        return results(*({"id": one["id"], "properties": {"hs_task_body": bodies[one["id"]]}} for one in asked.body["inputs"]))

    script.answer = answer
    assert crm(script).find_tasks([draft("k&1"), draft("k")]) == {"k&1": "901"}


def test_contacts_without_tasks_have_none(script: Script) -> None:
    none = {"results": [], "numErrors": 1, "errors": [{"category": "OBJECT_NOT_FOUND", "message": "no associations"}]}
    script.says(said(none, 207))
    assert crm(script).find_tasks([draft("k-1")]) == {}


def test_owner_history_is_newest_first_and_fifty_at_a_time(script: Script) -> None:
    def version(owner: str, at: str) -> dict[str, str]:
        return {"value": owner, "timestamp": f"2026-11-20T08:00:0{at}", "sourceType": "CRM_UI"}

    def answer(asked: Asked) -> Said:
        history = {"hubspot_owner_id": [version("41", "0.9Z"), version("", "0.95Z"), version("43", "1.5Z"), version("42", "1Z")]}
        return results(*({**record(one["id"]), "propertiesWithHistory": history} for one in asked.body["inputs"]))

    script.answer = answer
    refs = [ref(str(number)) for number in range(1, 61)]
    history = crm(script).owner_history(refs)
    assert [history[one] for one in refs] == [("43", "42", "", "41")] * 60
    assert [len(asked.body["inputs"]) for asked in script.asked] == [50, 10]


def test_a_missing_record_has_no_owner_history(script: Script) -> None:
    script.says(results())
    assert crm(script).owner_history([ref("1")]) == {ref("1"): ()}


def test_owners_come_from_all_pages_archived_ones_marked(script: Script) -> None:
    def owner(id_: str, **more: object) -> dict[str, object]:
        return {"id": id_, "type": "PERSON", "email": f"{id_}@acme.example", "firstName": "A", "lastName": "B", **more}

    script.says(
        said({"results": [owner("41")], "paging": {"next": {"after": "p2"}}}),
        said({"results": [owner("42", type="QUEUE")]}),
        said({"results": [{"id": "43", "email": None, "firstName": "", "lastName": "", "userId": None, "archived": True}]}),
    )
    owners = crm(script).owners()
    assert [(one.id, one.kind, one.name, one.active) for one in owners] == [
        ("41", "person", "A B", True),
        ("42", "queue", "A B", True),
        ("43", "person", "", False),
    ]


def test_check_names_each_missing_wrong_and_locked_property(script: Script) -> None:
    there = [{"name": name, "type": "string"} for name in MAPPING.inputs.values()]
    installed = [{"name": name, "type": "string"} for name in MAPPING.outputs.values()]
    installed[0]["type"] = "bool"
    locked = {**installed[1], "modificationMetadata": {"readOnlyValue": True}}
    script.answer = lambda asked: (
        said({"results": [*there[1:], installed[0], locked, *installed[3:]]})
        if "properties" in asked.path
        else said({"results": []})
    )
    problems = crm(script).check()
    names = list(MAPPING.outputs.values())
    assert [(name in problem.what, problem.fatal) for name, problem in zip(names[:3], problems[:3], strict=True)] == [
        (True, True)
    ] * 3
    assert MAPPING.inputs["email"] in problems[3].what
    assert not problems[3].fatal
    assert len(problems) == 4
    assert all(problem.fix for problem in problems)


def test_what_may_not_be_read_is_a_problem_of_its_own(script: Script) -> None:
    forbidden = said(fixture("error__missing_scopes"), 403)
    fitting = said(
        {"results": [{"name": name, "type": "string"} for name in {*MAPPING.inputs.values(), *MAPPING.outputs.values()}]}
    )
    script.answer = lambda asked: forbidden if "owners" in asked.path else fitting if "properties" in asked.path else results()
    (problem,) = crm(script).check()
    assert "crm.objects" in problem.fix
