"""Leads to accounts: rule by rule on a made-up market, the tie-breakers, and what must not change an answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import pytest

from scoring.match.accounts.decide import Match, match_account
from scoring.match.accounts.index import Accounts, keys_of_account, keys_of_lead
from scoring.match.accounts.records import Account, Lead, read_account, read_lead
from tests.scoring.match.market import Market, market

Row = Mapping[str, str]


def account(**said: str) -> Account:
    def of(name: str) -> str:
        return said.get(name, "")

    hosts = of("website"), of("domains")
    place = of("phone"), of("city"), of("country")
    return read_account(
        of("id"), of("name"), hosts, *place, of("parent_id"), of("type"), of("open_opportunity"), of("last_activity")
    )


def lead(**said: str) -> Lead:
    return read_lead(*(said.get(name, "") for name in ("email", "company", "website", "phone", "city", "country")))


def answers(accounts: Sequence[Row], leads: Sequence[Row]) -> dict[str, Match]:
    index = Accounts([account(**row) for row in accounts])
    return {row["id"]: match_account(lead(**row), index) for row in leads}


def told(*accounts: Account, **said: str) -> str:
    return match_account(lead(**said), Accounts(accounts)).account


@pytest.fixture(scope="module")
def made() -> Market:
    return market(20261122, each=20, strangers=150)


@pytest.fixture(scope="module")
def given(made: Market) -> dict[str, Match]:
    return answers(made.accounts, made.leads)


def test_precision_recall_and_false_matches(made: Market, given: Mapping[str, Match]) -> None:
    right = sum(bool(id_) and given[lead_].account == id_ for lead_, (_, id_) in made.truth.items())
    matched = sum(bool(match.account) for match in given.values())
    owned = sum(bool(id_) for _, id_ in made.truth.values())
    none = [lead_ for lead_, (_, id_) in made.truth.items() if not id_]
    assert right / matched >= 0.985
    assert right / owned >= 0.94
    assert sum(bool(given[lead_].account) for lead_ in none) <= 0.01 * len(none)


def test_no_case_is_left_behind(made: Market, given: Mapping[str, Match]) -> None:
    asked, right = Counter[str](), Counter[str]()
    for id_, (case, account_) in made.truth.items():
        asked[case] += 1
        right[case] += given[id_].account == account_
    assert {case: right[case] / asked[case] for case in asked if right[case] < 0.85 * asked[case]} == {}


def test_a_probability_is_no_larger_than_what_comes_true(made: Market, given: Mapping[str, Match]) -> None:
    found = [(match, made.truth[id_][1] == match.account) for id_, match in given.items() if match.account]
    said = sum(match.probability for match, _ in found)
    assert sum(right for _, right in found) >= said - 0.01 * len(found)


def test_the_order_of_rows_changes_nothing(made: Market, given: Mapping[str, Match]) -> None:
    accounts, leads = list(made.accounts), list(made.leads)
    Random(4).shuffle(accounts)
    Random(5).shuffle(leads)
    assert answers(accounts, leads) == given


def test_an_unrelated_account_changes_nothing(made: Market, given: Mapping[str, Match]) -> None:
    odd = {"id": "Z", "name": "Xqzzy Wvut Ltd", "domains": "xqzzywvut.org", "city": "Perth", "country": "Australia"}
    assert answers([*made.accounts, odd], made.leads) == given


def test_a_candidate_list_answers_as_the_whole_index_does(made: Market, given: Mapping[str, Match]) -> None:
    """What a store fetches: accounts that share a key with the lead, and what is linked to these."""
    every = [account(**row) for row in made.accounts]
    index = Accounts(every)
    keys = [keys_of_account(one) for one in every]
    for row in made.leads[:150]:
        asked = keys_of_lead(lead(**row))
        first = [at for at, its in enumerate(keys) if its & asked]
        near = {one for at in first for one in (*index.group([at]), *index.hostless(at))}
        found = match_account(lead(**row), Accounts([every[at] for at in sorted(near)]))
        assert found.account == given[row["id"]].account, row


LEAST = {"name": "Bravo Optik GmbH", "domains": "bravo-optik.com", "city": "Kiel", "country": "Germany"}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"open_opportunity": "1"}, {"type": "Customer", "last_activity": "2026-11-01", "id": "A1"}),
        ({"type": "Customer"}, {"type": "Former customer", "last_activity": "2026-11-01", "id": "A1"}),
        ({"last_activity": "2026-11-02"}, {"last_activity": "2026-11-01", "id": "A1"}),
        ({"last_activity": "2020-01-01"}, {"id": "A1"}),
        ({"id": "A9"}, {"id": "A10"}),
    ],
)
def test_of_entries_of_one_company_the_one_furthest_along(better: Row, worse: Row) -> None:
    one, other = account(**{"id": "A5", **LEAST, **better}), account(**{"id": "A7", **LEAST, **worse})
    for pair in ((one, other), (other, one)):
        assert told(*pair, email="a@bravo-optik.com") == one.id


def test_a_losing_entry_that_holds_the_domain_still_loses() -> None:
    holder = account(id="A1", **LEAST)
    winner = account(**{"id": "A2", **LEAST, "domains": "", "open_opportunity": "1"})
    assert told(holder, winner, email="a@bravo-optik.com") == "A2"


def test_tie_breakers_never_choose_between_branches_lands_or_namesakes() -> None:
    tulsa = account(id="A1", name="PrintHop Tulsa", domains="printhop.com", city="Tulsa", country="United States")
    omaha = account(
        id="A2", name="PrintHop Omaha", domains="printhop.com", city="Omaha", country="United States", open_opportunity="1"
    )
    assert told(tulsa, omaha, email="a@printhop.com", company="PrintHop", city="Tulsa", country="USA") == "A1"
    assert told(tulsa, omaha, email="a@printhop.com", company="PrintHop", city="Boise", country="USA") == ""
    kiel = account(id="A3", name="Bravo Optik GmbH", domains="bravo-kiel.com", city="Kiel", country="Germany")
    graz = account(
        id="A4", name="Bravo Optik GmbH", domains="bravo-graz.com", city="Graz", country="Austria", open_opportunity="1"
    )
    assert told(kiel, graz, company="Bravo Optik", city="Kiel", country="Germany") == "A3"
    assert told(kiel, graz, company="Bravo Optik") == ""


@pytest.mark.parametrize("company", ["", "n/a", "-", "test", "self-employed"])
@pytest.mark.parametrize("email", ["ana@gmail.com", "ana@telia.com", "ana@comcast.net", "ana@wixsite.com", ""])
def test_free_mail_alone_never_links(email: str, company: str) -> None:
    wrong = account(id="A1", name="Gmail Fans Ltd", domains="gmail.com;telia.com;comcast.net;wixsite.com", city="Bath")
    assert told(wrong, email=email, company=company, city="Bath", country="United Kingdom") == ""


def test_the_mail_decides_against_a_company_field_that_names_somebody_else() -> None:
    agency = account(id="A1", name="Pell Media", domains="pell-media.com", city="Kiel", country="Germany")
    client = account(id="A2", **LEAST)
    assert told(agency, client, email="a@mail.pell-media.com", company="Bravo Optik (client)") == "A1"


def test_a_longer_name_is_another_company() -> None:
    short = account(id="A1", name="Bravo GmbH", domains="bravo.com", city="Kiel", country="Germany")
    assert told(short, email="a@bravo-foods.com", company="Bravo Foods", city="Kiel", country="Germany") == ""


def test_a_company_that_spells_itself_so_on_its_own_domain_is_not_misspelled() -> None:
    one = account(id="A1", name="Marvelton Optik", domains="marvelton-optik.de", city="Kiel", country="Germany")
    place = {"city": "Kiel", "country": "Germany"}
    assert told(one, email="a@gmx.de", company="Marvleton Optik", **place) == "A1"
    assert told(one, email="a@marvletonoptik.de", company="Marvleton Optik", **place) == ""


def test_two_entries_that_are_each_others_parent_end() -> None:
    one = account(id="A1", parent_id="A2", **LEAST)
    other = account(**{"id": "A2", "parent_id": "A1", **LEAST, "name": "Bravo Holding AG"})
    assert told(one, other, email="a@bravo-optik.com") in ("A1", "A2")


def test_the_evidence_says_how_it_was_found_and_chosen() -> None:
    match = match_account(lead(email="a@bravo-optik.com", company="Bravo Optik"), Accounts([account(id="A1", **LEAST)]))
    assert match.evidence == ("the mail's domain bravo-optik.com is on the account", "the company field is its name")
    assert (match.account, match.verdict) == ("A1", "same")
    nothing = match_account(lead(email="a@gmail.com"), Accounts([account(id="A1", **LEAST)]))
    assert (nothing.verdict, nothing.probability) == ("", 0.0)
    assert nothing.evidence
