"""The commands about field mapping, called as a person calls them, against both sandbox CRMs over the real SDKs."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from config.fields import CHOICES
from config.mapping import changed_row
from connector.demo.portals import Portals
from connector.fieldmap.versions import VersionError, save
from connector.store.deliveries import bury
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    add_lead,
    arrive,
    deliver,
    documents,
    drain,
    edit,
    execute,
    go,
    our_writes,
    rows,
    shown,
)
from tests.connector.fieldmap.conftest import Run

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
SCORE = {"salesforce": "Score__c", "hubspot": "acme_score"}
RATING = {"salesforce": "Lead_Rating__c", "hubspot": "lead_rating"}
FIRST_NAME = {"salesforce": "FirstName", "hubspot": "firstname"}
LAST_NAME = {"salesforce": "LastName", "hubspot": "lastname"}
FIT = {"salesforce": "Leadline_Fit_Score__c", "hubspot": "leadline_fit_score"}


def some_leads(portals: Portals, crm: str, count: int = 6) -> list[str]:
    """Leads that the customer scored and rated by other means: every other one is empty."""
    portals.sandbox.settings("hubspot", search_lag_ms=0)
    own = [
        {SCORE[crm]: 0.5 + number / 20, RATING[crm]: {"salesforce": "Warm", "hubspot": "warm"}[crm]} for number in range(count)
    ]
    return [
        add_lead(
            portals, crm, f"n{number}@firm{number}.example", **{LAST_NAME[crm]: f"Berg{number}", **(more if number % 2 else {})}
        )
        for number, more in enumerate(own)
    ]


def said(run: Run, *arguments: Any) -> str:
    """What a command says that is fine."""
    result = run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def mapped(run: Run, name: str, *arguments: Any) -> str:
    """Sets a row, and lists the field, which is there already."""
    told = said(run, "map", name, "set", *arguments)
    said(run, "install", name, "--accept")
    return told


@BOTH
def test_an_orgs_own_score_and_rating_are_suggested_mapped_previewed_and_written_to(
    portals: Portals, services: Services, work: Work, run: Run, crm: str
) -> None:
    name = NAMES[crm]
    go(services)
    leads = some_leads(portals, crm)
    found = json.loads(said(run, "map", name, "suggest", "--json"))
    offered = {row["name"]: row for row in found["rows"]}
    assert (offered["fit_score"]["field"], offered["fit_score"]["transform"]) == (SCORE[crm], "scale 0-1")
    assert (offered["grade"]["field"], offered["grade"]["transform"]["table"]["A1"].lower()) == (RATING[crm], "hot")
    assert offered["fit_score"]["instead_of"] == FIT[crm]
    assert "country" not in offered
    assert any("origin" in why for why in found["left_out"].values())

    said(run, *shlex.split(offered["fit_score"]["command"])[1:])
    said(run, *shlex.split(offered["grade"]["command"])[1:], "--overwrite", "ours_wins")

    lines = {
        line["name"]: line
        for line in json.loads(said(run, "map", name, "preview", leads[1], "--json"))["fields"]
        if line["direction"] == "write"
    }
    assert (lines["fit_score"]["field"], lines["fit_score"]["verdict"]) == (SCORE[crm], "kept")
    assert (lines["grade"]["verdict"], lines["grade"]["before"]) == ("write", "A3")
    assert lines["grade"]["why"] == "an installation lists it"
    assert our_writes(portals, crm, leads[1]) == []  # a preview writes nothing
    assert rows(services, "SELECT 1 FROM record") == []

    said(run, "install", name, "--accept")
    services.refresh()
    work()
    empty, scored = shown(portals, crm, leads[0]), shown(portals, crm, leads[1])
    assert 0 < float(empty[SCORE[crm]]) < 1
    assert float(scored[SCORE[crm]]) == 0.55  # a person's, or another tool's
    assert scored[RATING[crm]] == empty[RATING[crm]] == lines["grade"]["after"]
    assert FIT[crm] not in {key for key, value in empty.items() if value}

    before = our_writes(portals, crm, leads[0])
    edit(portals, crm, leads[0], **{FIRST_NAME[crm]: "Nina"})
    work()
    again = our_writes(portals, crm, leads[0])[len(before) :]
    assert not {SCORE[crm], RATING[crm]} & {field for changed in again for field in changed}  # no difference, no call


@BOTH
@pytest.mark.parametrize(("news", "stands"), [(1, "ours"), (-1, "theirs")])
def test_the_newer_value_wins(
    portals: Portals, services: Services, work: Work, run: Run, crm: str, news: int, stands: str
) -> None:
    """The news that we decide on came an hour after, or before, somebody set the score."""
    rule = ("--transform", "scale 0-1", "--overwrite", "newest_wins")
    go(services)
    mapped(run, NAMES[crm], "fit_score", SCORE[crm], *rule)
    services.refresh()
    lead = add_lead(portals, crm, "nora@acme.example", **{SCORE[crm]: 0.11})
    arrive(portals)
    drain(services, crm)
    shifted = "source_at = source_at + make_interval(hours => :news)"
    execute(services, f"UPDATE outbox SET before = NULL, {shifted}", news=news)  # noqa: S608 - a constant
    deliver(services, crm)
    score = float(shown(portals, crm, lead)[SCORE[crm]])
    assert ("theirs" if score == 0.11 else "ours") == stands
    (receipt,) = documents(services, "receipt")
    assert receipt["outcome"] == "written"  # everything else was


@BOTH
def test_a_mapping_is_refused_line_by_line_with_the_exact_reason(portals: Portals, run: Run, crm: str, tmp_path: Path) -> None:
    text = said(run, "map", NAMES[crm], "show", "--yaml")
    wrong = {
        "salesforce": {
            "fit_score": ("Whole__c", "holds numbers below 100, and fit_score goes up to 100"),
            "grade": ("Lead_Rating__c", "takes only Hot, Warm, Cold; it has no A1, A2"),
            "route": ("Once__c", "is unique: two leads with the same route could not both have it"),
            "route_reason": ("Short__c", "holds 10 characters, route_reason may have 255"),
            "priority_rank": ("Formula__c", "is read-only for the integration user"),
            "sla_due": ("Day__c", "is of type date, which cannot hold sla_due (moment)"),
            "key": ("Nowhere__c", "does not exist or is hidden from the integration user"),
        },
        "hubspot": {
            "grade": ("lead_rating", "takes only hot, warm, cold; it has no A1, A2"),
            "route": ("once", "is unique: two leads with the same route could not both have it"),
            "priority_rank": ("formula", "is read-only for the integration user"),
            "sla_due": ("day", "is of type date, which cannot hold sla_due (moment)"),
            "fit_score": ("stage", "is of type enumeration, which cannot hold fit_score (integer)"),
            "key": ("nowhere", "HubSpot has no property nowhere"),
        },
    }[crm]
    lines = [
        next((f"  {n}: {f}" for n, (f, _) in wrong.items() if line.startswith(f"  {n}:")), line) for line in text.splitlines()
    ]
    file = tmp_path / "mapping.yaml"
    file.write_text("\n".join(lines))
    result = run("map", NAMES[crm], "apply", file)
    assert result.exit_code == 1
    told = " ".join(result.output.split())
    fatal = {name: reason for name, (_, reason) in wrong.items() if name != "route_reason"}
    for name, reason in fatal.items():
        number = next(at for at, line in enumerate(lines, 1) if line.startswith(f"  {name}:"))
        assert f"{file}:{number}: " in told
        assert reason in told
    assert "Nothing was changed." in result.output
    assert "as it was connected" in said(run, "map", NAMES[crm], "history")


def test_a_document_is_refused_before_the_crm_is_asked(portals: Portals, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("object: Lead\ninputs:\n  emial: Email\n  title: Title\noutputs:\n  grade: {field: G__c, overwrite: never}\n")
    result = run("map", NAMES["salesforce"], "apply", file)
    assert result.exit_code == 1
    assert f"{file}:3: inputs emial: Leadline has no field 'emial' here; did you mean email?" in result.output
    assert f"{file}:6: outputs grade overwrite:" in result.output


def test_changes_are_kept_and_taken_back(portals: Portals, run: Run) -> None:
    name = NAMES["salesforce"]
    said(run, "map", name, "set", "fit_score", "Score__c", "--transform", "scale 0-1")
    said(run, "map", name, "set", "fit_score", "--overwrite", "fill_blanks")
    said(run, "map", name, "set", "employees", "Staff_Size__c", "--transform", "number", "--required")
    text = said(run, "map", name, "show", "--yaml")
    assert "fit_score: {field: Score__c, transform: scale 0-1, overwrite: fill_blanks}" in text
    assert "employees: {field: Staff_Size__c, transform: number, required: true}" in text
    newest, *_, first = json.loads(said(run, "map", name, "history", "--json"))
    assert newest["what"] == "set employees Staff_Size__c number required"
    assert first["what"] == "as it was connected"
    assert all(one["who"] and one["at"] for one in (newest, first))
    for _ in range(3):
        said(run, "map", name, "undo")
    assert "fit_score: Leadline_Fit_Score__c" in said(run, "map", name, "show", "--yaml")
    back = run("map", name, "undo")
    assert (back.exit_code, str(back.exception)) == (
        1,
        "This is the first mapping of the connection; there is nothing before it.",
    )
    said(run, "map", name, "undo", "--to", newest["version"][:8])
    assert said(run, "map", name, "show", "--yaml") == text


def test_what_must_not_matter_is_taken_in_only_under_somebodys_name(portals: Portals, run: Run) -> None:
    name = NAMES["hubspot"]
    refused = run("map", name, "set", "country", "nationality")
    assert refused.exit_code == 1
    assert "contacts.nationality looks like origin, and country influences scores and routes." in refused.output
    said(run, "map", name, "set", "country", "nationality", "--allow", "nationality")
    assert "country: {field: nationality, required: true}" in said(run, "map", name, "show", "--yaml")


def test_the_four_outputs_that_have_to_stand_somewhere_cannot_be_off(portals: Portals, run: Run) -> None:
    name = NAMES["hubspot"]
    refused = run("map", name, "set", "route_reason", "off")
    assert refused.exit_code == 1
    assert "route_reason (One sentence, at most 255 characters) is off for contacts" in refused.output
    said(run, "map", name, "set", "confidence", "off")
    assert "Written nowhere: confidence." in said(run, "map", name, "show")


def test_every_destination_of_the_policy_has_to_fit_into_a_list(portals: Portals, run: Run) -> None:
    refused = run("map", NAMES["salesforce"], "set", "route", "Stage__c")
    assert refused.exit_code == 1
    assert "Lead.Stage__c takes only New, Old; it has no closers, sdrs" in refused.output


def test_the_table_shows_shapes_fill_and_the_last_error(portals: Portals, services: Services, work: Work, run: Run) -> None:
    name = NAMES["salesforce"]
    (lead, *_) = some_leads(portals, "salesforce", 2)
    said(run, "map", name, "set", "fit_score", "Score__c", "--transform", "scale 0-1")
    refusal = {"reference": f"lead/{lead}", "reason": "FIELD_CUSTOM_VALIDATION: A rule refuses it.", "fields": ["fit_score"]}
    transact(services.engine, lambda session: bury(session, name=name, what="write", **refusal))  # type: ignore[arg-type]
    shown_ = said(run, "map", name, "show")
    line = next(one for one in shown_.splitlines() if one.startswith("Score__c"))
    assert line.split() == ["Score__c", "fit_score", "write", "not", "a", "person's", "yes", "50", "%", "9.99"]
    assert "    with scale 0-1" in shown_
    assert "FIELD_CUSTOM_VALIDATION: A rule refuses it." in shown_
    assert "@firm" not in shown_
    assert max(map(len, shown_.splitlines())) <= 100
    assert "@firm" in said(run, "map", name, "show", "--show-values")
    table = json.loads(said(run, "map", name, "show", "--json"))
    email = next(row for row in table["rows"] if row["name"] == "email")
    assert (email["seen"], email["filled"], email["example"]) == (2, 2, "x9@xxxx9.xxxxxxx")


def test_a_converted_lead_takes_its_scores_along(portals: Portals, services: Services, work: Work, run: Run) -> None:
    """Score__c is on both objects, Lead_Rating__c on leads alone: there the grade stays in Leadline's own field."""
    name = NAMES["salesforce"]
    said(run, "map", name, "set", "fit_score", "Score__c", "--transform", "scale 0-1")
    table = "table A1=Hot, A2=Hot, A3=Warm, B1=Hot, B2=Warm, B3=Cold, C1=Warm, C2=Cold, C3=Cold"
    note = mapped(run, name, "grade", "Lead_Rating__c", "--transform", table)
    assert "Contact has no Lead_Rating__c: there grade stays in Leadline_Grade__c." in note
    go(services)
    lead = add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"])
    work()
    rating = shown(portals, "salesforce", lead)["Lead_Rating__c"]
    carried = {"LastName": "Berg", "Email": "nora@acme.example", "Title": "VP Sales", "Hand_Raise__c": "demo"}
    (contact,) = portals.sandbox.create("salesforce", "Contact", [carried])
    edit(portals, "salesforce", lead, Title="CRO", IsConverted=True, ConvertedContactId=contact)
    work()
    found = portals.sandbox.read("salesforce", "Contact", [contact])[0]
    assert found
    fields = found["properties"]
    assert rating == "Hot"
    assert fields["Leadline_Grade__c"] in CHOICES["grade"]
    assert 0 < fields["Score__c"] < 1
    assert fields["Leadline_Route_Reason__c"]
    assert fields["Leadline_Engagement_Score__c"] is not None


def test_a_lead_that_is_not_there_is_said_in_one_sentence(portals: Portals, run: Run) -> None:
    nobody = run("map", NAMES["salesforce"], "preview", "00Q5e0000000099EAA")
    assert (nobody.exit_code, str(nobody.exception)) == (
        1,
        "lead 00Q5e0000000099EAA of acme-salesforce cannot be worked on: not found.",
    )


def test_the_editor_opens_on_the_mapping_and_what_was_saved_acts(
    portals: Portals, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = NAMES["salesforce"]
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/  grade: .*/  grade: off/' \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    assert "is in force as version" in said(run, "map", name, "edit")
    assert "Written nowhere: grade." in said(run, "map", name, "show")
    assert "It is the mapping in force already." in said(run, "map", name, "edit")


def test_a_mapping_is_previewed_before_it_is_in_force(portals: Portals, run: Run, tmp_path: Path) -> None:
    name = NAMES["hubspot"]
    lead = add_lead(portals, "hubspot", "nora@acme.example", staff_size="about 1,200", numemployees="")
    text = said(run, "map", name, "show", "--yaml")
    file = tmp_path / "mapping.yaml"
    file.write_text(text.replace("employees: numemployees", "employees: {field: staff_size, transform: number}"))
    before, after = said(run, "map", name, "preview", lead), said(run, "map", name, "preview", lead, "--with", file)
    assert "employees = 1200" in after
    assert "employees = " not in before
    assert "0 in the way" in said(run, "map", name, "check", file)
    assert said(run, "map", name, "show", "--yaml") == text
    applied = said(run, "map", name, "apply", file)
    assert "A field is read that was not: `leadline install acme-hubspot --apply`" in applied


def test_two_people_do_not_overwrite_each_others_changes(portals: Portals, services: Services, run: Run) -> None:
    name = NAMES["hubspot"]
    as_seen = services.crm(name)
    assert as_seen
    said(run, "map", name, "set", "confidence", "off")
    with pytest.raises(VersionError, match="Somebody else changed this mapping just now"):
        save(services, as_seen, changed_row(as_seen.mapping, "", "grade", False), "set grade off")


@BOTH
def test_what_was_read_from_another_field_is_not_what_stands_there(
    portals: Portals, services: Services, run: Run, crm: str
) -> None:
    """A decision waits to be written while the mapping changes: the new field is looked at first, and a person's score stays."""
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **{SCORE[crm]: 0.11})
    arrive(portals)
    drain(services, crm)
    mapped(run, NAMES[crm], "fit_score", SCORE[crm], "--transform", "scale 0-1")
    services.refresh()
    deliver(services, crm)
    assert float(shown(portals, crm, lead)[SCORE[crm]]) == 0.11


@BOTH
def test_in_shadow_a_customers_field_is_left_alone(portals: Portals, services: Services, work: Work, run: Run, crm: str) -> None:
    mapped(run, NAMES[crm], "fit_score", SCORE[crm], "--transform", "scale 0-1", "--overwrite", "ours_wins")
    services.refresh()
    lead = add_lead(portals, crm, "nora@acme.example")
    preview = said(run, "map", NAMES[crm], "preview", lead)
    assert "once it may: in mode shadow only Leadline's own" in " ".join(preview.split())
    work()
    (changed,) = our_writes(portals, crm, lead)
    assert SCORE[crm] not in changed
    go(services)
    edit(portals, crm, lead, **{FIRST_NAME[crm]: "Nina"})
    work()
    assert float(shown(portals, crm, lead)[SCORE[crm]]) > 0
