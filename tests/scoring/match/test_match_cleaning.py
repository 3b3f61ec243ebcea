"""How values are cleaned, and what two of them are to each other."""

import numpy as np
import pytest

from scoring.match.columns import recognise
from scoring.match.folding import fold, meaning, says_nothing
from scoring.match.mailboxes import EMAIL, Mailbox, Mailboxes, named_after, read_mailbox
from scoring.match.names import FIRST, GENERATION, LAST, Name, Names, read_full_name, read_name
from scoring.match.organisations import is_name_of, read_company, read_domain
from scoring.match.phones import read_phone
from scoring.match.places import read_country
from scoring.match.values import MISSING


def name_levels(one: Name, other: Name) -> dict[str, str]:
    return {
        compared.comparison.name: compared.comparison.levels[compared.levels[0]]
        for compared in Names([one, other]).compare(np.array([0]), np.array([1]))
        if compared.levels[0] != MISSING
    }


def mail_level(one: str, other: str, name: Name) -> str | None:
    boxes = Mailboxes([read_mailbox(one), read_mailbox(other)], [name, name])
    (compared,) = boxes.compare(np.array([0]), np.array([1]))
    return compared.comparison.levels[compared.levels[0]] if compared.levels[0] != MISSING else None


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Grünmüller ", "grunmuller"),
        ("Mоrton", "morton"),
        ("Łódź-Øst", "lodz ost"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
    ],
)
def test_letters_are_plain(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["", " - ", "N/A", "[not provided]", "Unknown", "xxx", "0000000", "TBD"])
def test_words_for_nothing_are_nothing(text: str) -> None:
    assert says_nothing(fold(text))
    assert meaning(text) == ""


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("", "Garcia, Ana", Name("ana", "garcia")),
        ("André Faupin", "", Name("andre", "faupin")),
        ("Prof. Anton", "Dobes", Name("anton", "dobes")),
        ("Pierre", "Roger Jr", Name("pierre", "roger", "jr")),
        ("A.", "Müller", Name("a", "muller")),
        ("Ana", "[not provided]", Name("ana", "")),
    ],
)
def test_a_name_is_read(first: str, last: str, name: Name) -> None:
    assert read_name(first, last) == name


def test_a_full_name_ends_with_the_family_name() -> None:
    assert read_full_name("Frank Edward Brightman") == Name("frank edward", "brightman")
    assert read_full_name("Brightman, Frank") == Name("frank", "brightman")


@pytest.mark.parametrize(
    ("one", "other", "first", "last"),
    [
        (Name("william", "may"), Name("bill", "may"), "a form of the same", "the same"),
        (Name("petra", "berg"), Name("petra feline", "berg"), "a form of the same", "the same"),
        (Name("maria", "garcia"), Name("maia", "garcai"), "misspelled", "misspelled"),
        (Name("jean", "hequet"), Name("hequet", "jean"), "the same", "the same"),
        (Name("a", "muller"), Name("alan", "muller"), "its initial", "the same"),
        (Name("raquel", "diaz abad"), Name("raquel", "abad"), "the same", "shares a part"),
        (Name("casey", "hudson"), Name("elizabeth", "hudson"), "another", "the same"),
    ],
)
def test_what_two_names_are_to_each_other(one: Name, other: Name, first: str, last: str) -> None:
    assert name_levels(one, other) == {FIRST.name: first, LAST.name: last}
    assert name_levels(other, one) == {FIRST.name: first, LAST.name: last}


def test_a_father_is_not_his_son() -> None:
    assert name_levels(Name("pierre", "roger"), Name("pierre", "roger", "jr"))[GENERATION.name] == "another"


@pytest.mark.parametrize("text", ["", "nobody", "a@b@c.example", "@acme.example", "test@test.com", "no@email.com"])
def test_what_is_no_mailbox(text: str) -> None:
    assert read_mailbox(text) is None


def test_a_mailbox_is_one_however_it_is_written() -> None:
    assert (
        read_mailbox("Ana.Garcia+news@GMAIL.com") == read_mailbox("anagarcia@googlemail.com") == Mailbox("anagarcia", "gmail.com")
    )
    assert read_mailbox("ana.garcia@acme.example") != read_mailbox("anagarcia@acme.example"), "dots count elsewhere"


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("ana.garcia@acme.com", "Ana.Garcia+crm@acme.com", "the same"),
        ("ana.garcia@acme.com", "ana.garica@acme.com", "misspelled"),
        ("ana.garcia@acme.com", "ana.garcia@acmee.com", "misspelled"),
        ("ana.garcia@acme.com", "ana_garcia@gmail.com", "the same name at another domain"),
        ("ana.garcia@acme.com", "ana.garcia2@acme.com", "told apart by a number at the same company"),
        ("ana.garcia@gmail.com", "ana.garcia2@gmail.com", "another"),
        ("abauer@acme.com", "rbauer@acme.com", "another at the same domain"),
        ("agarcia@acme.com", "sunny77@gmail.com", "one at work, one private"),
        ("info@acme.com", "info@acme.com", None),
    ],
)
def test_what_two_mailboxes_are_to_each_other(one: str, other: str, level: str | None) -> None:
    assert mail_level(one, other, Name("ana", "garcia")) == level
    assert mail_level(other, one, Name("ana", "garcia")) == level


def test_a_mailbox_of_no_one_of_the_name_is_less() -> None:
    assert mail_level("desk2@acme.com", "desk2@acme.com", Name("jamie", "morton")) == EMAIL.levels[1]


def test_a_mailbox_under_two_first_names_is_no_ones_alone() -> None:
    names = [Name("bianca", "pfeifer"), Name("birgit", "pfeifer"), Name("b", "pfeifer")]
    boxes = Mailboxes([read_mailbox("bpfeifer@acme.com")] * 3, names)
    (compared,) = boxes.compare(np.array([0, 1, 0]), np.array([1, 0, 2]))
    assert [EMAIL.levels[level] for level in compared.levels] == [*["the same, under another first name"] * 2, "the same"]


def test_a_mailbox_of_many_is_nobodys() -> None:
    names = [Name(f"{letter}na", f"{letter}org") for letter in "abcdefghij"]
    boxes = Mailboxes([read_mailbox("office.all@acme.com")] * len(names), names)
    assert boxes.own == [None] * len(names)


def test_a_mailbox_fills_a_names_gaps_and_no_more() -> None:
    box = Mailbox("ana.garcia", "acme.example")
    assert named_after(box, Name("", "")) == Name("ana", "garcia")
    assert named_after(box, Name("ana", "")) == Name("ana", "garcia")
    assert named_after(box, Name("robert", "")) == Name("robert", "")
    assert named_after(Mailbox("x7", "acme.example"), Name("", "")) == Name("", "")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1 (415) 555-0134", "55550134"),
        ("415.555.0134 x22", "55550134"),
        ("+31 (0)30 805 6415-724", "08056415"),
        ("0000000000", ""),
        ("1234567", ""),
        ("n/a", ""),
        ("12345", ""),
    ],
)
def test_a_phone_is_its_last_digits(text: str, number: str) -> None:
    assert read_phone(text) == number


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("The Acme Group, Inc.", "acme"),
        ("Globalbau GmbH & Co. KG", "globalbau"),
        ("N/A", ""),
        ("Self", ""),
        ("Group Holding", "group holding"),
    ],
)
def test_a_company_is_its_name_without_the_legal_form(text: str, core: str) -> None:
    assert read_company(text) == core


@pytest.mark.parametrize(
    ("text", "domain"),
    [("https://www.acme.co.uk/about", "acme.co.uk"), ("mail.acme.de", "acme.de"), ("gmail.com", ""), ("no website", "")],
)
def test_a_domain_is_its_registrable_part(text: str, domain: str) -> None:
    assert read_domain(text) == domain


def test_a_domain_can_be_a_companys_name() -> None:
    assert is_name_of("globalbau.de", "global bau")
    assert is_name_of("kst.de", "karlsruhe summit technologies")
    assert not is_name_of("acme.de", "global bau")
    assert not is_name_of("de.com", "dental experts")


def test_a_country_is_one_in_any_language() -> None:
    assert {read_country(text) for text in ("USA", "us", "United States", "Vereinigte Staaten", "États-Unis")} == {"us"}
    assert read_country("Atlantis") == "atlantis"


def test_columns_are_recognised_by_name_and_content() -> None:
    columns = {
        "First Name": ["Ana"] * 3,
        "E-Mail Address": ["a@b.example"] * 3,
        "Mobile": ["1"] * 3,
        "Contact": ["ana@acme.example", "bo@acme.example", "cy@acme.example"],
        "Colour": ["red", "blue", "red"],
        "Same": ["x"] * 3,
        "Created": ["2026-01-01"] * 3,
    }
    assert list(recognise(columns).values()) == ["first", "email", "phone", "email", "category", "left out", "left out"]


def test_a_bare_name_is_a_persons_only_where_people_are() -> None:
    assert recognise({"name": ["Arts Deli", "Bel Air"], "city": ["LA", "NY"]})["name"] == "company"
    assert recognise({"name": ["Ana Garcia", "Bo Berg"], "dob": ["1990-01-01", "1991-01-01"]})["name"] == "full"
