"""Leads made up, filled up and repeated: the same for the same number, and always to be found again by an exact key."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from connector.demo import identity
from connector.demo.columns import guess
from connector.demo.filling import leads_of, plan_filling
from connector.demo.generated import generated, one
from connector.demo.lead import CRMS
from connector.demo.typos import again, mistyped
from connector.matching import keys_of
from connector.tables import Table

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

NUMBERS = st.integers(min_value=1, max_value=1_000_000)


def test_the_same_numbers_make_the_same_leads() -> None:
    assert list(generated(60, NOW)) == list(generated(60, NOW))
    assert list(generated(5, NOW)) != list(generated(5, NOW, first=6))


def test_generated_leads_are_a_mixture() -> None:
    leads = list(generated(400, NOW))
    values = [lead.values for lead in leads]
    assert len(leads) == 400
    assert {lead.crm for lead in leads} == set(CRMS)
    assert {"competitor", "customer", "test"} <= {value.get("relationship") for value in values}
    assert any(value.get("hand_raise") for value in values)
    assert any(value.get("open_opportunity") for value in values)
    assert any("visits" not in value for value in values)
    repeats = [lead for lead in leads if lead.repeats]
    assert {(lead.crm == one(lead.number, NOW).crm) for lead in repeats} == {True, False}


def test_no_portal_gets_an_address_twice() -> None:
    addresses = [lead.values["email"] for lead in generated(2_000, NOW) if lead.crm == "hubspot" and lead.values.get("email")]
    assert len(addresses) == len(set(addresses))


@given(NUMBERS, st.sampled_from(CRMS))
def test_a_repeat_is_found_by_an_exact_key(number: int, crm: str) -> None:
    lead = one(number, NOW)
    repeat = again(lead, crm)  # type: ignore[arg-type]
    assert repeat == again(lead, crm)  # type: ignore[arg-type]
    assert set(keys_of(lead.values, None)) & set(keys_of(repeat.values, None))


@given(NUMBERS, NUMBERS)
def test_no_two_leads_share_a_key_by_accident(number: int, other: int) -> None:
    if number // 1_000_000 == other // 1_000_000 and number != other:
        mine, theirs = keys_of(_identity(number), None), keys_of(_identity(other), None)
        assert not set(mine) & set(theirs)


def _identity(number: int) -> dict[str, str]:
    first, last, firm = identity.first_name(number), identity.last_name(number), identity.company(number)
    return {"last_name": last, "phone": identity.phone(number), "email": identity.email(number, firm, first, last)}


@given(st.text(min_size=4), st.integers())
def test_a_slip_keeps_the_first_letter(text: str, number: int) -> None:
    assert mistyped(text, number) == mistyped(text, number)
    assert mistyped(text, number)[0] == text[0]
    assert abs(len(mistyped(text, number)) - len(text)) <= 1


# ── out of a file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(columns: dict[str, list[str]]) -> Table:
    return Table(list(columns), [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])


def test_identity_is_made_up_where_the_file_has_none() -> None:
    table = _table({"Visits": ["1", "2"] * 100, "Occupation": ["Student", "Unemployed"] * 100, "Converted": ["1", "0"] * 100})
    filling = plan_filling(table, guess(table))
    leads = list(leads_of(table, filling))
    assert filling.weak_title == "Occupation"
    assert {"first_name", "last_name", "email", "phone", "company", "title"} <= set(filling.made_up)
    assert leads == list(leads_of(table, filling))
    assert {lead.number for lead in leads} == set(range(1, 201))
    assert 5 <= sum(lead.repeats for lead in leads) <= 40
    assert all(str(lead.values["email"]).endswith((".example", "@gmail.com")) for lead in leads)
    assert leads[0].values["visits"] == 1


def test_job_titles_of_a_file_are_kept() -> None:
    table = _table(
        {"Job": ["CEO", "Sales Manager", "none"], "Name": ["Ann Lee", "Bo van Dam", "Cy Ng"], "Mail": ["a@b.example"] * 3}
    )
    filling = plan_filling(table, guess(table))
    leads = [lead for lead in leads_of(table, filling) if not lead.repeats]
    assert filling.weak_title == ""
    assert [lead.values.get("title") for lead in leads] == ["CEO", "Sales Manager", None]
    assert leads[1].name == "Bo van Dam"
    assert sum(lead.crm == "hubspot" for lead in leads) <= 1
