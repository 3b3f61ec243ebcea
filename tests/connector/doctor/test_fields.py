"""What lacks many fields for one reason is told once, so that what matters can be seen."""

from typing import cast

from adapters.records import Problem
from config.mapping import shipped_mapping
from connector.doctor.rights import ask_fields
from connector.doctor.visit import Visit
from connector.store.connections import CrmConnection
from connector.wiring import Services

CRM = CrmConnection(
    name="acme", kind="salesforce", account="00D", base_url="http://x", api="v67.0", mapping=shipped_mapping("salesforce")
)
INPUTS = ("campaign", "form", "interest", "hand_raise", "visits")
OUTPUTS = ("fit_score", "engagement_score", "route", "route_reason")


def answers(*problems: Problem) -> list[tuple[str, bool, str]]:
    visit = Visit(cast("Services", None), CRM)
    visit.problems = problems
    return [(one.state, one.waits, one.sentence) for one in ask_fields(visit)]


def absent(name: str, *, fatal: bool = False) -> Problem:
    return Problem(f"{name} is missing.", "Make it.", fatal=fatal, object="Lead", name=name, absent=True)


def test_fields_that_the_crm_never_had_are_one_answer() -> None:
    [(state, waits, sentence)] = answers(*map(absent, INPUTS))
    assert (state, waits) == ("amber", False)
    assert sentence.startswith("5 mapped fields are not there, or hidden from us, and are read as empty: campaign, form, ")


def test_before_an_installation_all_of_ours_are_one_answer_for_which_leads_wait() -> None:
    [(state, waits, sentence)] = answers(*(absent(name, fatal=True) for name in OUTPUTS))
    assert (state, waits) == ("failed", True)
    assert sentence.startswith("4 fields that Leadline writes are not there: fit_score")


def test_a_few_a_required_one_and_any_other_trouble_are_told_each() -> None:
    said = answers(absent("company", fatal=True), absent("form"), Problem("too short", "Make it longer.", name="route"))
    assert [(state, sentence) for state, _, sentence in said] == [
        ("failed", "company is missing."),
        ("amber", "form is missing."),
        ("failed", "too short"),
    ]
