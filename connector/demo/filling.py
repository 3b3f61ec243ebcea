"""A file's rows as leads: mapped values, made-up identity where the file has none, each in one CRM or in both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.enrichers.title import read_title
from config.fields import Value
from connector.demo import identity
from connector.demo.columns import Guess
from connector.demo.draws import chosen, in_a_hundred
from connector.demo.lead import CRMS, DemoLead
from connector.demo.typos import again
from connector.fieldmap.cells import answer, value_in
from connector.fieldmap.synonyms import FULL_NAME
from connector.tables import Table

_IN_BOTH: Final = 10
"""Percent of the rows that come into both CRMs."""

_TITLES_NEEDED: Final = 33
"""Percent of the rows that must hold a job title, or the column is none."""

_NEEDED: Final = ("first_name", "last_name", "company", "phone", "email", "title", "employees", "industry")


@dataclass(frozen=True, slots=True)
class Filling:
    """What is taken from where, decided once for a file."""

    columns: Mapping[str, str]
    """Field to column."""
    made_up: Sequence[str]
    """Fields that no column gives."""
    weak_title: str = ""
    """The column that was to be the job title and holds too few."""


def plan_filling(table: Table, guess: Guess) -> Filling:
    columns = dict(guess.mapped)
    weak_title = columns["title"] if "title" in columns and not _holds_titles(table, columns["title"]) else ""
    if weak_title:
        del columns["title"]
    named = {"first_name", "last_name"} if FULL_NAME in columns else set()
    return Filling(columns, [field for field in _NEEDED if field not in columns and field not in named], weak_title)


def _holds_titles(table: Table, column: str) -> bool:
    says = {text: _is_title(text) for text in {row[column] for row in table.rows}}
    return sum(says[row[column]] for row in table.rows) * 100 >= _TITLES_NEEDED * len(table.rows)


def _is_title(text: str) -> bool:
    title = read_title(answer(text))
    return title.seniority != "unknown" or title.function != "unknown"


def leads_of(table: Table, filling: Filling) -> Iterator[DemoLead]:
    """In the file's order; who comes into both CRMs comes twice, one after the other.

    A HubSpot portal takes an e-mail address only once: a row with one that is taken goes into Salesforce.
    """
    taken: set[str] = set()
    for number, row in enumerate(table.rows, start=1):
        values = _values(number, row, filling)
        crm = chosen(CRMS, number, "crm")
        lead = DemoLead(number, "salesforce" if str(values.get("email")).lower() in taken else crm, values)
        for one in [lead, again(lead, CRMS[1 - CRMS.index(lead.crm)])] if _comes_twice(lead) else [lead]:
            email = str(one.values.get("email") or "").lower()
            if one.crm == "salesforce" or email not in taken:
                yield one
            if one.crm == "hubspot" and email:
                taken.add(email)


def _comes_twice(lead: DemoLead) -> bool:
    """Only somebody whom an exact key can find again."""
    return bool(lead.values.get("email") or lead.values.get("phone")) and in_a_hundred(_IN_BOTH, lead.number, "both")


def _values(number: int, row: Mapping[str, str], filling: Filling) -> dict[str, Value]:
    values = {field: value_in(field, row[column]) for field, column in filling.columns.items() if field != FULL_NAME}
    if FULL_NAME in filling.columns:
        first, _, last = answer(row[filling.columns[FULL_NAME]]).rpartition(" ")
        values |= {"first_name": first or None, "last_name": last or None}
    for field in filling.made_up:
        values[field] = _email(number, values) if field == "email" else identity.MADE_UP[field](number)
    return {field: value for field, value in values.items() if value is not None}


def _email(number: int, values: Mapping[str, Value]) -> str:
    company, first, last = (str(values.get(field) or "") for field in ("company", "first_name", "last_name"))
    return identity.email(number, company, first, last)
