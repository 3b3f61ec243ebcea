"""Rows of the mapping against fields of a CRM: what goes together, and the exact reason where it does not."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.fitting import read_problems, unlisted, write_problems
from adapters.records import FieldSpec
from config.fields import FIELDS
from config.mapping import Row, Terms
from config.transforms import Transform, parse_transform

NUMBER = FieldSpec("Score__c", "Score", "number", "double", digits=3, decimals=0, custom=True)
TEXT = FieldSpec("Text__c", "Text", "text", "string", length=255)
CHOICE = FieldSpec("Rating__c", "Rating", "choice", "picklist", length=255, choices=("Hot", "Warm", "Cold"), restricted=True)
DATE = FieldSpec("Day__c", "Day", "date", "date")
MOMENT = FieldSpec("At__c", "At", "moment", "datetime")
FLAG = FieldSpec("Flag__c", "Flag", "flag", "boolean")
WARMTH = {"table": {"A1": "Hot", "A2": "Hot", "A3": "Warm", "B1": "Hot", "B2": "Warm", "B3": "Cold", "C1": "Warm", "C2": "Cold"}}


def row(name: str, spec: FieldSpec, transform: object = "same", *, required: bool = False) -> Row:
    read = name in FIELDS
    field = FIELDS[name] if read else None
    kind = field.kind if field else Row("Lead", "x", name, "write", Terms()).kind
    found = parse_transform(transform, name, kind, "read" if read else "write")
    return Row("Lead", spec.name, name, "read" if read else "write", Terms(found, required=required))


@pytest.mark.parametrize(
    ("name", "spec", "transform"),
    [
        ("fit_score", NUMBER, "same"),
        ("fit_score", TEXT, "same"),
        ("fit_score", replace(NUMBER, digits=1, decimals=2), "scale 0-1"),
        ("fit_score", replace(NUMBER, digits=1), "scale 1-5"),
        ("fit_score", replace(NUMBER, digits=0, decimals=None), "scale 0-1"),
        ("fit_score", replace(CHOICE, choices=("A", "B", "C", "D", "F")), "letters ABCDF"),
        ("fit_score", replace(CHOICE, choices=("1", "2", "3", "4", "5")), "scale 1-5"),
        ("grade", replace(CHOICE, restricted=False), "same"),
        ("grade", CHOICE, {"table": {**WARMTH["table"], "C3": "Cold"}}),
        ("grade", CHOICE, {"table": {**WARMTH["table"], "C3": "COLD"}}),
        ("grade", replace(NUMBER, digits=1), "letter_number ABC"),
        ("confidence", replace(NUMBER, digits=1), {"table": {"High": "3", "Medium": "2", "Low": "1"}}),
        ("sla_due", DATE, "day"),
        ("sla_due", MOMENT, "same"),
        ("route_reason", TEXT, "same"),
        ("key", replace(TEXT, length=64, unique=True), "same"),
    ],
)
def test_what_goes_together(name: str, spec: FieldSpec, transform: object) -> None:
    assert list(write_problems(row(name, spec, transform), spec)) == []


@pytest.mark.parametrize(
    ("name", "spec", "transform", "what", "fix"),
    [
        ("fit_score", replace(NUMBER, calculated=True), "same", "is calculated by the CRM; nobody can write it", "of its own"),
        ("fit_score", replace(NUMBER, writable=False), "same", "is read-only for the integration user", "Grant edit access"),
        (
            "fit_score",
            FLAG,
            "same",
            "is of type boolean, which cannot hold fit_score (integer)",
            "another" if False else "fitting",
        ),
        ("fit_score", CHOICE, "same", "is of type picklist", "transform: letters ABCDF"),
        ("fit_score", NUMBER, "scale 0-1", "keeps no decimals, and scale 0-1 needs 2: 0.82 would become 1", "2 decimals"),
        ("fit_score", replace(NUMBER, decimals=1), "scale 0-1", "keeps 1 decimals, and scale 0-1 needs 2", "another scale"),
        ("fit_score", replace(NUMBER, digits=2), "same", "holds numbers below 100, and fit_score goes up to 100", "3 digits"),
        ("fit_score", replace(NUMBER, digits=2), "scale 0-500", "and fit_score goes up to 500", "3 digits"),
        ("fit_score", replace(CHOICE, choices=("A", "B", "C")), "letters ABCDF", "takes only A, B, C; it has no D, F", "Add"),
        ("fit_score", replace(CHOICE, choices=("1", "2", "3")), "scale 1-5", "takes only 1, 2, 3; it has no 4, 5", "Add"),
        ("grade", CHOICE, "same", "takes only Hot, Warm, Cold; it has no A1, A2", "give a table of values"),
        ("grade", CHOICE, WARMTH, "it has no C3.", "give a table of values"),
        ("grade", NUMBER, "same", "is of type double, which cannot hold grade (text)", "transform: letter_number ABC"),
        ("confidence", CHOICE, {"table": {"High": "Top"}}, "it has no Top (for High), Medium, Low.", "Add the values"),
        ("sla_due", DATE, "same", "is of type date, which cannot hold sla_due (moment)", "transform: day"),
        (
            "route",
            replace(TEXT, unique=True),
            "same",
            "is unique: two leads with the same route could not both have it",
            "not unique",
        ),
        ("key", replace(TEXT, length=10, unique=True), "same", "holds 10 characters, key may have 23", "23 characters"),
    ],
)
def test_what_does_not_is_refused_with_the_reason_and_the_way_out(
    name: str, spec: FieldSpec, transform: Any, what: str, fix: str
) -> None:
    (problem,) = write_problems(row(name, spec, transform), spec)
    assert what in problem.what
    assert problem.what.startswith(f"Lead.{spec.name} ")
    assert fix in problem.fix
    assert problem.fatal
    assert (problem.object, problem.name) == ("Lead", name)


def test_a_text_that_would_be_cut_is_worth_knowing() -> None:
    short = replace(TEXT, length=80)
    (problem,) = write_problems(row("route_reason", short), short)
    assert not problem.fatal
    assert "holds 80 characters, route_reason may have 255" in problem.what


def test_destinations_that_a_list_does_not_take_are_named() -> None:
    routes = replace(CHOICE, choices=("closers", "Later"))
    (problem,) = unlisted(row("route", routes, {"table": {"nurture": "Later"}}), routes, ["closers", "nurture", "review"])
    assert problem.what == "Lead.Rating__c takes only closers, Later; it has no review."


@pytest.mark.parametrize(
    ("name", "spec", "transform", "fits"),
    [
        ("employees", NUMBER, "same", True),
        ("employees", CHOICE, "same", False),
        ("employees", CHOICE, "number", True),
        ("employees", FLAG, "same", False),
        ("opted_out", CHOICE, "same", True),
        ("opted_out", MOMENT, "same", False),
        ("last_visit_at", DATE, "same", True),
        ("last_visit_at", FLAG, "same", False),
        ("industry", CHOICE, "lower", True),
        ("industry", replace(TEXT, type="other"), "same", False),
        ("industry", replace(TEXT, type="other"), "trim", False),
    ],
)
def test_what_can_be_read_as_what(name: str, spec: FieldSpec, transform: object, fits: bool) -> None:
    found = list(read_problems(row(name, spec, transform), spec))
    assert (found == []) is fits
    assert not any(problem.fatal for problem in found)
    assert all(problem.fatal for problem in read_problems(row(name, spec, transform, required=True), spec))


def test_a_scale_says_how_to_read_ranges() -> None:
    (problem,) = read_problems(row("employees", CHOICE), CHOICE)
    assert "or read it with transform: number" in problem.fix
    assert Transform("number").onward("51-200") == 125
