from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce import format_soql

from adapters.sandbox.soql import parse
from adapters.sandbox.soql_tokens import MalformedQueryError, Text, pattern, unescaped
from adapters.sandbox.soql_tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Children,
    Comparison,
    Includes,
    Join,
    Membership,
    Not,
    Order,
    Path,
    Period,
    Query,
)


def test_a_whole_statement():
    query = parse(
        "select Id, Owner.Name from Lead where Email != null order by CreatedDate desc nulls last, Id limit 10 offset 5"
    )
    assert query == Query(
        select=(Path("Id"), Path("Owner.Name")),
        object="Lead",
        where=Comparison("Email", "!=", None),
        order=(Order("CreatedDate", descending=True, nulls_first=False), Order("Id", descending=False, nulls_first=True)),
        limit=10,
        offset=5,
    )


def test_count_has_no_fields():
    query = parse("SELECT COUNT() FROM Lead")
    assert query.counts
    assert query.fields == ()


def test_a_field_may_be_named_count():
    assert parse("SELECT Count FROM Lead").fields == ("Count",)


def test_groups_and_what_is_calculated_of_them():
    query = parse(
        "SELECT Status s, count(Id) n, MAX(CreatedDate) FROM Lead GROUP BY Status HAVING COUNT(Id) > 1 ORDER BY COUNT(Id)"
    )
    assert query.select == (Path("Status", "s"), Aggregate("COUNT", "Id", "n"), Aggregate("MAX", "CreatedDate"))
    assert query.group == ("Status",)
    assert query.having == Comparison("COUNT(Id)", ">", Decimal(1))
    assert query.order == (Order("COUNT(Id)", descending=False, nulls_first=True),)
    assert query.grouped
    assert not query.counts


def test_a_subquery():
    query = parse("SELECT Name, (SELECT Id FROM Contacts WHERE Email != null LIMIT 2) FROM Account FOR REFERENCE")
    below = Query((Path("Id"),), "Contacts", Comparison("Email", "!=", None), limit=2)
    assert query == Query((Path("Name"), Children(below)), "Account")


def test_the_object_may_have_another_name():
    assert parse("SELECT l.Name, COUNT(l.Id) FROM Lead l WHERE l.Email = 'l.x'") == parse(
        "SELECT Name, COUNT(Id) FROM Lead WHERE Email = 'l.x'"
    )
    assert parse("SELECT Id FROM Group").object == "Group"
    assert parse("SELECT Type FROM Group GROUP BY Type").object == "Group"


def test_looks_are_the_same_everywhere():
    assert parse("SELECT toLabel(Status), FORMAT(CreatedDate) FROM Lead WITH USER_MODE").fields == ("Status", "CreatedDate")


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("A = 'x'", Comparison("A", "=", Text("x"))),
        ("A <> 1.50", Comparison("A", "!=", Decimal("1.50"))),
        ("A >= -3", Comparison("A", ">=", Decimal(-3))),
        ("A = TRUE", Comparison("A", "=", True)),
        ("A < 2026-11-22", Comparison("A", "<", date(2026, 11, 22))),
        ("A < 2026-11-22T10:00:00+01:00", Comparison("A", "<", datetime(2026, 11, 22, 9, tzinfo=UTC))),
        ("A < 2026-11-22T09:00:00.000Z", Comparison("A", "<", datetime(2026, 11, 22, 9, tzinfo=UTC))),
        ("A LIKE 'a%'", Comparison("A", "LIKE", Text("a%"))),
        ("A = today", Comparison("A", "=", Period("TODAY"))),
        ("A > LAST_N_DAYS:30", Comparison("A", ">", Period("LAST_N_DAYS", 30))),
        ("CALENDAR_YEAR(A) = 2026", Comparison("CALENDAR_YEAR(A)", "=", Decimal(2026))),
        ("A INCLUDES ('x;y', 'z')", Includes("A", (Text("x;y"), Text("z")))),
        ("A EXCLUDES ('x')", Not(Includes("A", (Text("x"),)))),
        ("A IN (SELECT B FROM C)", Join("A", Query((Path("B"),), "C"))),
        ("A NOT IN (SELECT B FROM C)", Not(Join("A", Query((Path("B"),), "C")))),
        ("A IN ('x', null)", Membership("A", (Text("x"), None))),
        ("A NOT IN ('x')", Not(Membership("A", (Text("x"),)))),
        ("NOT A = 1", Not(Comparison("A", "=", Decimal(1)))),
        (
            "A = 1 AND (B = 2 OR NOT C = 3)",
            AllOf(
                (
                    Comparison("A", "=", Decimal(1)),
                    AnyOf((Comparison("B", "=", Decimal(2)), Not(Comparison("C", "=", Decimal(3))))),
                )
            ),
        ),
    ],
)
def test_conditions(condition, tree):
    assert parse("SELECT Id FROM Lead WHERE " + condition).where == tree  # noqa: S608 - SOQL, in a test


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "SELECT",
        "SELECT * FROM Lead",
        "SELECT Id FROM",
        "SELECT Id, FROM Lead",
        "SELECT Id FROM Lead WHERE",
        "SELECT Id FROM Lead WHERE A",
        "SELECT Id FROM Lead WHERE A = ",
        "SELECT Id FROM Lead WHERE A = 'open",
        "SELECT Id FROM Lead WHERE A = 'bad \\q escape'",
        "SELECT Id FROM Lead WHERE A IN ()",
        "SELECT Id FROM Lead WHERE A LIKE 5",
        "SELECT Id FROM Lead WHERE A = 1 AND B = 2 OR C = 3",
        "SELECT Id FROM Lead WHERE (A = 1",
        "SELECT Id FROM Lead WHERE A = 2026-02-30",
        "SELECT Id FROM Lead ORDER Id",
        "SELECT Id FROM Lead LIMIT -1",
        "SELECT Id FROM Lead LIMIT 1.5",
        "SELECT Id FROM Lead OFFSET 1 LIMIT 1",
        "SELECT Id FROM Lead; DELETE Lead",
        "SELECT Id FROM Lead WHERE Id IN (SELECT LeadId FROM CampaignMember",
        "SELECT Id FROM Lead WHERE A = LAST_N_DAYS",
        "SELECT Id FROM Lead WHERE A = TODAY:3",
        "SELECT Id FROM Lead WHERE A = SOMEDAY",
        "SELECT Id FROM Lead WHERE A INCLUDES (5)",
        "SELECT SUM() FROM Lead",
        "SELECT Id FROM Lead FOR EVER",
        "SELECT Id FROM Lead WITH NOTHING",
        "SELECT Id, (SELECT Id FROM Tasks FROM Lead",
        "SELECT Id FROM Lead WHERE " + "(" * 100_000,
    ],
)
def test_anything_else_is_refused(statement):
    with pytest.raises(MalformedQueryError):
        parse(statement)


def test_the_refusal_says_where():
    """A word behind the object is another name for it, however like a keyword it looks."""
    with pytest.raises(MalformedQueryError, match=r"unexpected token: 'A' at character 26"):
        parse("SELECT Id FROM Lead WHRE A = 1")


@given(st.text())
def test_a_quoted_value_is_the_value_that_was_quoted(value):
    where = parse(format_soql("SELECT Id FROM Lead WHERE Name = {}", value)).where
    assert isinstance(where, Comparison)
    assert isinstance(where.value, Text)
    assert unescaped(where.value) == value


@given(st.text())
def test_an_escaped_like_matches_only_itself(value):
    where = parse(format_soql("SELECT Id FROM Lead WHERE Name LIKE '{:like}'", value)).where
    assert isinstance(where, Comparison)
    assert isinstance(where.value, Text)
    assert pattern(where.value).fullmatch(value)
    assert not pattern(where.value).fullmatch(value + "x")


def test_unicode_escape():
    assert unescaped(Text(r"caf\u00e9")) == "café"


@pytest.mark.parametrize(
    ("like", "value", "matches"),
    [
        ("ac%", "ACME", True),
        ("a_me", "acme", True),
        ("a_me", "ame", False),
        (r"100\%", "100%", True),
        (r"100\%", "1000", False),
        ("a.c%", "abc", False),
    ],
)
def test_like(like, value, matches):
    assert bool(pattern(Text(like)).fullmatch(value)) is matches
