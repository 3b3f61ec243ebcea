"""Made-up people of a business-to-business CRM: common and rare names, companies of all sizes, namesakes at one company, and the
same people again as they turn up a second time. The same seed gives the same people. No real person, mailbox or number is meant.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from scoring.match.made_up_words import COMPANY_ENDS, COMPANY_STEMS, COUNTRIES, TITLES, TRADES, Country
from scoring.match.names import forms_of

Row = Mapping[str, str]
"""One record in canonical fields, as somebody typed it; empty: no value."""


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    domain: str
    country: Country
    pattern: int
    """How its mailboxes are made."""
    switchboard: str


@dataclass(frozen=True, slots=True)
class Being:
    """One made-up person."""

    first: str
    last: str
    company: Company
    mailbox: str
    private: str
    phone: str
    city: tuple[str, str]
    title: str


class World:
    """A crowd that grows by asking: companies first, then people who work there."""

    def __init__(self, seed: int, *, mean_size: int = 8) -> None:
        """Args: mean_size: people of a company whom the CRM knows; a few have many, most have one or two."""
        self._rng, self._mean = Random(seed), mean_size  # noqa: S311 - repeatable is what is wanted here
        self._companies: list[Company] = []
        self._taken: set[str] = set()

    def people(self, count: int) -> Iterator[Being]:
        """`count` different people; of a hundred, about five have a relative or a namesake at the same company."""
        before: Being | None = None
        for _ in range(count):
            twin = before is not None and self._rng.random() < 0.05
            before = self._twin(before) if twin and before else self._being(self._company())
            yield before

    def _company(self) -> Company:
        """A new one now and then; else the older one is, the more people it has."""
        if not self._companies or self._rng.random() < 1 / self._mean:
            self._companies.append(self._found())
            return self._companies[-1]
        return self._companies[int(self._rng.random() ** 1.5 * len(self._companies))]

    def _found(self) -> Company:
        rng, country = self._rng, self._rng.choices(COUNTRIES, (40, 15, 18, 10, 10, 7))[0]
        made = (rng.choice(COMPANY_STEMS) + rng.choice(COMPANY_ENDS)).title()
        word = self._family(country) if rng.random() < 0.2 else made
        trade = rng.choice(TRADES)
        label = _plain(word if rng.random() < 0.3 else word + trade)
        domain = f"{label}.{rng.choice(country.suffixes)}"
        while domain in self._taken:
            label += rng.choice("abcdefghijklmnopqrstuvwxyz")
            word, domain = label.title(), f"{label}.{rng.choice(country.suffixes)}"
        self._taken.add(domain)
        name = f"{word} {trade} {rng.choice(country.forms)}".strip()
        return Company(name, domain, country, rng.randrange(5), self._number(country))

    def _family(self, country: Country) -> str:
        rng = self._rng
        if rng.random() < 0.4:
            return country.last[int(rng.random() ** 2 * len(country.last))]
        stems = rng.choice(country.stems) + (rng.choice(country.stems) if rng.random() < 0.6 else "")
        return (stems + rng.choice(country.ends)).capitalize()

    def _given(self, country: Country) -> str:
        return country.first[int(self._rng.random() ** 1.6 * len(country.first))]

    def _number(self, country: Country) -> str:
        return country.calling + str(self._rng.randrange(2 * 10 ** (country.digits - 1), 8 * 10 ** (country.digits - 1)))

    def _being(self, company: Company) -> Being:
        country = company.country
        home = country if self._rng.random() < 0.93 else self._rng.choice(COUNTRIES)
        first, last = self._given(home), self._family(home)
        return self._named(first, last, company)

    def _named(self, first: str, last: str, company: Company) -> Being:
        rng, country = self._rng, company.country
        local = _local(first, last, company.pattern)
        mailbox, number = f"{local}@{company.domain}", 1
        while mailbox in self._taken:
            number += 1
            mailbox = f"{local}{number}@{company.domain}"
        self._taken.add(mailbox)
        private = f"{_plain(first)}{rng.choice(('.', '', '_'))}{_plain(last)}{rng.choice(('', rng.randrange(60, 100)))}"
        while private in self._taken:
            private += str(rng.randrange(10))
        self._taken.add(private)
        phone = company.switchboard if rng.random() < 0.15 else self._number(country)
        title = rng.choice(TITLES).replace("_", " ")
        return Being(
            first, last, company, mailbox, f"{private}@{rng.choice(country.free)}", phone, rng.choice(country.cities), title
        )

    def _twin(self, one: Being) -> Being:
        """Another person with the same name at the same company, or with the same family name."""
        first = one.first if self._rng.random() < 0.3 else self._given(one.company.country)
        return self._named(first, one.last, one.company)

    # --- as they are typed

    def row(self, one: Being) -> Row:
        """A first record of somebody: as much as a form, an import or a sync leaves of them."""
        rng, country = self._rng, one.company.country
        email = one.mailbox if rng.random() < 0.85 else one.private
        return {
            "first_name": _kept(rng, one.first, 0.97),
            "last_name": one.last,
            "email": _kept(rng, email, 0.92),
            "phone": _kept(rng, _typed(rng, one.phone, country), 0.45),
            "company": _kept(rng, one.company.name, 0.92),
            "website": _kept(rng, f"https://www.{one.company.domain}", 0.35),
            "title": _kept(rng, one.title, 0.5),
            "city": _kept(rng, one.city[0], 0.5),
            "state": _kept(rng, one.city[1], 0.35),
            "country": _kept(rng, rng.choice(country.names), 0.85),
        }

    def again(self, one: Being) -> Row:
        """Another record of the same person: some things are other, some are missing, some are mistyped."""
        being = one
        for change, likely in _LIVES:
            if self._rng.random() < likely:
                being = change(self, being)
        row = dict(self.row(being))
        for slip, likely in _SLIPS:
            if self._rng.random() < likely:
                slip(self._rng, row)
        return row

    def _elsewhere(self, one: Being) -> Being:
        moved = self._named(one.first, one.last, self._company())
        return replace(moved, private=one.private, phone=one.phone if self._rng.random() < 0.5 else moved.phone)

    def _married(self, one: Being) -> Being:
        last = self._family(one.company.country)
        return replace(one, last=last if self._rng.random() < 0.6 else f"{one.last}-{last}")

    def _promoted(self, one: Being) -> Being:
        return replace(one, title=self._rng.choice(TITLES).replace("_", " "))

    def _moved(self, one: Being) -> Being:
        return replace(one, city=self._rng.choice(one.company.country.cities))

    def _at_home(self, one: Being) -> Being:
        return replace(one, mailbox=one.private)


_Life = Callable[[World, Being], Being]
_LIVES: Final[Sequence[tuple[_Life, float]]] = (
    (World._elsewhere, 0.06),  # noqa: SLF001 - its own
    (World._married, 0.03),  # noqa: SLF001
    (World._at_home, 0.12),  # noqa: SLF001
    (World._promoted, 0.30),  # noqa: SLF001
    (World._moved, 0.10),  # noqa: SLF001
)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    return "".join(sign for sign in letters if sign.isascii() and sign.isalnum())


def _local(first: str, last: str, pattern: int) -> str:
    given, family = _plain(first), _plain(last)
    return (f"{given}.{family}", f"{given[0]}{family}", f"{given}{family[0]}", given + family, f"{given}_{family}")[pattern]


def _typed(rng: Random, number: str, country: Country) -> str:
    own = number[len(country.calling) :]
    trunk = own if country.code == "US" else f"0{own}"
    return rng.choice((f"+{number}", f"+{country.calling} {own[:3]} {own[3:]}", trunk, f"({trunk[:3]}) {trunk[3:6]}-{trunk[6:]}"))


def _kept(rng: Random, text: str, likely: float) -> str:
    return text if rng.random() < likely else ""


# --- slips


def _slip(rng: Random, text: str) -> str:
    """One letter left out, doubled, changed or turned round with the next."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    other = rng.choice("abcdefghijklmnopqrstuvwxyz")
    ways = (text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + other + text[at + 1 :])
    return rng.choice((*ways, text[:at] + text[at + 1] + text[at] + text[at + 2 :]))


def _slip_in(name: str) -> "Callable[[Random, dict[str, str]], None]":
    def slip(rng: Random, row: dict[str, str]) -> None:
        row[name] = _slip(rng, row[name])

    return slip


def _mistyped_mail(rng: Random, row: dict[str, str]) -> None:
    local, at, domain = row["email"].partition("@")
    if at:
        row["email"] = f"{_slip(rng, local)}@{domain}" if rng.random() < 0.6 else f"{local}@{_slip(rng, domain)}"


def _tagged(rng: Random, row: dict[str, str]) -> None:
    local, at, domain = row["email"].partition("@")
    if at:
        row["email"] = f"{local}+{rng.choice(('news', 'demo', 'test', 'crm'))}@{domain}"


def _short_name(rng: Random, row: dict[str, str]) -> None:
    if forms := sorted(forms_of(row["first_name"].lower())):
        row["first_name"] = rng.choice(forms).capitalize()


def _initial(_: Random, row: dict[str, str]) -> None:
    row["first_name"] = row["first_name"][:1]


def _swapped(_: Random, row: dict[str, str]) -> None:
    row["first_name"], row["last_name"] = row["last_name"], row["first_name"]


def _shouted(_: Random, row: dict[str, str]) -> None:
    row.update({name: row[name].upper() for name in ("first_name", "last_name", "company")})


def _unmarked(_: Random, row: dict[str, str]) -> None:
    marks = unicodedata.normalize("NFKD", row["last_name"])
    row["last_name"] = "".join(sign for sign in marks if not unicodedata.combining(sign))


def _junk(rng: Random, row: dict[str, str]) -> None:
    name, text = rng.choice((("phone", "0000000000"), ("company", "N/A"), ("email", "test@test.com"), ("company", "self")))
    row[name] = text


def _no_mail(_: Random, row: dict[str, str]) -> None:
    row["email"] = ""


def _other_form(rng: Random, row: dict[str, str]) -> None:
    """The company's legal form said otherwise, or not at all."""
    words = row["company"].split()
    if len(words) > 1:
        row["company"] = " ".join(words[: max(2, len(words) - 1)]) + rng.choice(("", " Group", " Holding", ""))


_SLIPS: Final[Sequence[tuple[Callable[[Random, dict[str, str]], None], float]]] = (
    (_slip_in("last_name"), 0.12),
    (_slip_in("first_name"), 0.08),
    (_slip_in("company"), 0.06),
    (_slip_in("phone"), 0.03),
    (_mistyped_mail, 0.08),
    (_tagged, 0.05),
    (_short_name, 0.10),
    (_initial, 0.05),
    (_swapped, 0.03),
    (_shouted, 0.06),
    (_unmarked, 0.25),
    (_other_form, 0.30),
    (_no_mail, 0.15),
    (_junk, 0.05),
)
