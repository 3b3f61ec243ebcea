from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce import format_soql

from adapters.sandbox.soql import AllOf, AnyOf, Comparison, Membership, Not, Order, Query, parse
from adapters.sandbox.soql_tokens import MalformedQueryError, Text, pattern, unescaped


def test_a_whole_statement():
    query = parse(
        "select Id, Owner.Name from Lead where Email != null order by CreatedDate desc nulls last, Id limit 10 offset 5"
    )
    assert query == Query(
        fields=("Id", "Owner.Name"),
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
        "SELECT Id FROM Lead WHERE Id IN (SELECT LeadId FROM CampaignMember)",
        "SELECT Id FROM Lead WHERE " + "(" * 100_000,
    ],
)
def test_anything_else_is_refused(statement):
    with pytest.raises(MalformedQueryError):
        parse(statement)


def test_the_refusal_says_where():
    with pytest.raises(MalformedQueryError, match=r"unexpected token: 'WHRE' at character 21"):
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
