"""The figures of the demo, from a small history as the sandbox gives it."""

from typing import Any

import pytest
from rich.console import Console

from config.mapping import shipped_mapping
from connector.demo.lead import DemoLead
from connector.demo.results import Proof, Report, Result, percentile, result_of
from connector.demo.showing import show_leads, show_totals, spread

MAPPING = shipped_mapping("salesforce")
OWNERS = {"005000000000001AAA": "Ada Leadline", "00G000000000001AAA": "Leadline Nurture"}
LEAD = DemoLead(7, "salesforce", {"first_name": "Eva", "last_name": "Berg", "company": "Cedar Labs", "title": "CEO"})


def _properties(**changes: Any) -> dict[str, Any]:
    properties = {
        "Leadline_Fit_Score__c": 71.0,
        "Leadline_Engagement_Score__c": 12.0,
        "Leadline_Grade__c": "A3",
        "Leadline_Route__c": "watch",
        "Leadline_Reason_Code__c": "HIGH_FIT_LOW_ENGAGEMENT",
        "Leadline_Route_Reason__c": "No call yet, nurture. Fit 71: Cedar Labs, CEO. Engagement 12: 1 visit.",
        "Leadline_Packet_URL__c": "http://127.0.0.1/console/packets/1",
        "OwnerId": "00G000000000001AAA",
    }
    return properties | changes


def _history(created: int, scored: int | None) -> list[dict[str, Any]]:
    entries = [{"kind": "created", "at": created, "changed": {"Email": [None, "e@x.example"]}}]
    if scored is not None:
        entries.append({"kind": "updated", "at": scored, "changed": {"Leadline_Fit_Score__c": [None, 70], "OwnerId": ["a", "b"]}})
        entries.append({"kind": "updated", "at": scored + 500, "changed": {"Leadline_Fit_Score__c": [70, 71]}})
    return entries


def _result(created: int = 1_000, scored: int | None = 1_400, **changes: Any) -> Result:
    return result_of(LEAD, {"id": "00Q1", "properties": _properties(**changes)}, _history(created, scored), MAPPING, OWNERS)


def test_a_finished_lead() -> None:
    result = _result()
    assert (result.text("fit_score"), result.text("grade"), result.owner) == ("71", "A3", "Leadline Nurture")
    assert result.milliseconds == 400, "the first writing counts, not the last"
    assert result.missing == []
    assert result.names_a_fact


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"Leadline_Fit_Score__c": None}, ["fit score"]),
        ({"Leadline_Engagement_Score__c": None}, ["engagement score"]),
        ({"Leadline_Engagement_Score__c": None, "Leadline_Route_Reason__c": "Fit 71. Engagement not measured."}, []),
        ({"Leadline_Engagement_Score__c": 0.0}, []),
        ({"Leadline_Route__c": None, "Leadline_Route_Reason__c": ""}, ["route", "reason"]),
        ({"OwnerId": "005000000000009AAA"}, ["owner or queue"]),
        ({"OwnerId": None}, ["owner or queue"]),
    ],
)
def test_what_keeps_a_lead_in_limbo(changes: dict[str, Any], missing: list[str]) -> None:
    assert _result(**changes).missing == missing


def test_a_reason_that_could_be_anybodys_names_no_fact() -> None:
    assert not _result(Leadline_Route_Reason__c="Somebody should call.").names_a_fact


def _report(proof: Proof | None = None) -> Report:
    results = [
        _result(1_000, 1_400),
        _result(1_100, 3_000, Leadline_Grade__c="B2", Leadline_Packet_URL__c="http://127.0.0.1/console/packets/2"),
        _result(1_200, 1_300, Leadline_Reason_Code__c="NO_RULE"),
        _result(1_300, None, Leadline_Fit_Score__c=None, OwnerId=None),
    ]
    return Report(results, {"salesforce": 5, "hubspot": 1}, proof or Proof(2, 2))


def test_the_figures_of_a_run() -> None:
    document = _report().document()
    assert document["leads"] == 4
    assert document["in_limbo"] == 1
    assert document["limbo"] == [{"crm": "salesforce", "id": "00Q1", "lacks": ["fit score", "owner or queue"]}]
    assert (document["p50_ms"], document["p95_ms"], document["p99_ms"]) == (400, 1_900, 1_900)
    assert document["leads_per_second"] == 1.5, "three scored leads in two seconds"
    assert document["crm_calls_per_lead"] == 1.5
    assert document["duplicates"] == 2, "three records share one decision"
    assert document["by_grade"] == {"A3": 3, "B2": 1}
    assert document["default_lane_share"] == 0.25
    assert "berg" not in str(document).lower()


def test_a_run_is_fine_only_if_all_is() -> None:
    good = Report([_result()], {}, Proof(1, 1))
    assert good.fine
    assert not _report().fine
    assert not Report([_result()], {}, Proof(1, 0, ("line 1: changed",))).fine


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile(list(range(1, 101)), percent) for percent in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7], 99) == 7
    assert percentile([], 50) is None


def test_a_choice_shows_every_route_and_grade() -> None:
    many = [_result() for _ in range(50)] + [_result(Leadline_Route__c="closers"), _result(Leadline_Grade__c="C1")]
    chosen = spread(many, 6)
    assert len(chosen) == 6
    assert {(one.text("route"), one.text("grade")) for one in chosen} == {("watch", "A3"), ("closers", "A3"), ("watch", "C1")}


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    console = Console(width=width, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115 - closed below
    report = _report(Proof(2, 1, ("acme, line 1: hash does not fit",)))
    with console.file:
        show_leads(console, report.results)
        show_totals(console, report)
        text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    for word in ("Eva Berg", "nobody", "never", "Broken chain", "1 of 2 verified", "in limbo 1"):
        assert word in text
