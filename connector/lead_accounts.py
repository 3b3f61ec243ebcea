"""The account of each lead of a file, among those of another, and what says so."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from connector.duplicates import LONGEST, NoSuchColumnError, NothingToCompareError
from connector.rows import id_column, row_ids
from connector.tables import Table, read_table
from connector.telling import Telling
from scoring.match.accounts.columns import Role, recognise_accounts, recognise_leads
from scoring.match.accounts.decide import Match, match_account
from scoring.match.accounts.index import Accounts
from scoring.match.accounts.records import Account, Lead, read_account, read_lead
from scoring.match.folding import fold

_HEADER: Final = ("lead_id", "account_id", "probability", "verdict", "evidence")
_DOMAINS: Final = 2_000
"""Characters of a list of domains."""
_JUNK: Final = 0.3
"""A value in so many of the rows, of at least `_ROWS`, was typed to get past a form."""
_ROWS: Final = 50
_ANSWERS: Final = ("account id", "accountid", "matched account id", "matched account", "converted account id", "case")
_ONCE: Final[Mapping[Role, str]] = {"email": "mail address", "phone": "phone", "company": "company", "website": "website"}


class HalfWrittenError(RuntimeError):
    """The run ended early; the sentence says how far the result goes."""


@dataclass(frozen=True, slots=True)
class Wish:
    leads: Path
    accounts: Path
    id: str | None
    exclude: Sequence[str]
    out: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts for whoever asked."""

    leads: int
    accounts: int
    same: int
    possible: int
    remarks: Sequence[str]
    """What was odd about the files, a sentence each."""


@dataclass(frozen=True, slots=True)
class _File:
    """Rows of a file, with what its columns hold."""

    path: Path
    ids: Sequence[str]
    plain: Sequence[str]
    """Ids as they stand, also where they repeat."""
    columns: Mapping[Role, Sequence[str]]
    remarks: Sequence[str]

    def rows(self) -> Iterator[dict[Role, str]]:
        for number in range(len(self.ids)):
            yield {role: values[number] for role, values in self.columns.items()}


def match_leads(wish: Wish, telling: Telling) -> Outcome:
    """
    Raises:
        connector.tables.UnreadableTableError: one of the files is no table.
        connector.duplicates.NoSuchColumnError: an option names a column that is in neither file.
        connector.duplicates.NothingToCompareError: a file says no company, mail or website.
        HalfWrittenError: the result was not written to its end.
        OSError: the result cannot be begun.
    """
    with telling.step(f"Reading {wish.leads} and {wish.accounts}"):
        tables = read_table(wish.leads), read_table(wish.accounts)
        _check(wish, tables)
        accounts = _accounts_file(wish, tables[1], telling)
        leads = _leads_file(wish, tables[0], accounts, telling)
        index = Accounts(_accounts(accounts))
    counts = _write(wish.out, leads, index, telling)
    return Outcome(len(leads.ids), len(index.all), counts["same"], counts["possible"], [*leads.remarks, *accounts.remarks])


def _check(wish: Wish, tables: Sequence[Table]) -> None:
    there = {fold(name) for table in tables for name in table.columns}
    for name in [*wish.exclude, *([wish.id] if wish.id else [])]:
        if fold(name) not in there:
            has = "; ".join(
                f"{path} has: {', '.join(table.columns)}" for path, table in zip((wish.leads, wish.accounts), tables, strict=True)
            )
            raise NoSuchColumnError(f"There is no column '{name}' in either file. {has}.")


def _accounts_file(wish: Wish, table: Table, telling: Telling) -> _File:
    column = id_column(wish.id, table) or id_column(None, table)
    columns = _columns(table, {fold(name) for name in wish.exclude} | {fold(column or "")})
    roles = recognise_accounts(columns)
    _show("Accounts", roles, columns, telling)
    if not {"company", "website", "domains"} & set(roles.values()):
        raise NothingToCompareError(_nothing(wish.accounts, table, "an account's name or domain"))
    return _file(wish.accounts, table, column, roles, columns)


def _leads_file(wish: Wish, table: Table, accounts: _File, telling: Telling) -> _File:
    column = id_column(wish.id, table) or id_column(None, _without_answers(table))
    columns = _columns(table, {fold(name) for name in wish.exclude} | {fold(column or "")})
    answers = _answers(columns, accounts)
    columns = {header: values for header, values in columns.items() if header not in answers}
    roles = recognise_leads(columns)
    _show("Leads", roles, columns, telling)
    if answers:
        telling.say(f"Never looked at, since an answer may stand there: {', '.join(answers)}.")
    if not {"company", "email", "website"} & set(roles.values()):
        raise NothingToCompareError(_nothing(wish.leads, table, "a lead's company, mail or website"))
    return _file(wish.leads, table, column, roles, columns)


def _without_answers(table: Table) -> Table:
    """An account's id is no lead's."""
    return replace(table, columns=[name for name in table.columns if fold(name) not in _ANSWERS])


def _nothing(path: Path, table: Table, wanted: str) -> str:
    return f"No column of {path} says {wanted}; it has: {', '.join(table.columns)}. Give the columns telling names."


def _columns(table: Table, left_out: set[str]) -> dict[str, Sequence[str]]:
    names = [name for name in table.columns if fold(name) not in left_out]
    return {name: [row[name][: _DOMAINS if "domain" in fold(name) else LONGEST] for row in table.rows] for name in names}


def _answers(columns: Mapping[str, Sequence[str]], accounts: _File) -> list[str]:
    """Columns of the leads that hold ids of accounts, or are called as if."""
    known = set(accounts.plain) - {""}
    return [header for header, values in columns.items() if fold(header) in _ANSWERS or _mostly(values, known)]


def _mostly(values: Sequence[str], known: set[str]) -> bool:
    filled = [value for value in values if value]
    # Plain numbers are both ids and anything else; that many of them being ids by chance is what numbered rows do.
    return bool(filled) and sum(value in known for value in filled) > 0.5 * len(filled)


def _show(whose: str, roles: Mapping[str, Role], columns: Mapping[str, Sequence[str]], telling: Telling) -> None:
    telling.say(f"{whose}: " + (", ".join(f"{header} as {role}" for header, role in roles.items()) or "no column known") + ".")
    if left := [header for header in columns if header not in roles]:
        telling.say(f"{whose}, not looked at: {', '.join(left)}.")


def _file(path: Path, table: Table, column: str | None, roles: Mapping[str, Role], columns: Mapping[str, Sequence[str]]) -> _File:
    ids, remarks = row_ids(path, table, column)
    kept: dict[Role, Sequence[str]] = {}
    for header, role in roles.items():
        kept[role], said = _without_junk(path, header, role, columns[header])
        remarks += said
    plain = [row[column] for row in table.rows] if column else ids
    return _File(path, ids, plain, kept, remarks)


def _without_junk(path: Path, header: str, role: Role, values: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    if role not in _ONCE or len(values) < _ROWS:
        return values, []
    common = {value for value, count in Counter(map(str.casefold, values)).items() if value and count > _JUNK * len(values)}
    if not common:
        return values, []
    share = sum(value.casefold() in common for value in values) / len(values)
    said = f"One {_ONCE[role]} stands in {share:.0%} of the rows of {path}, column '{header}': it counts for nothing there."
    return ["" if value.casefold() in common else value for value in values], [said]


def _accounts(file: _File) -> list[Account]:
    """One for each id: rows that share one are one account under several names and domains."""
    found: dict[str, Account] = {}
    for id_, plain, row in zip(file.ids, file.plain, file.rows(), strict=True):
        account = _account(plain or id_, row)
        known = found.get(account.id)
        found[account.id] = _together(known, account) if known else account
    return list(found.values())


def _together(one: Account, other: Account) -> Account:
    names, hosts = dict.fromkeys((*one.names, *other.names)), dict.fromkeys((*one.hosts, *other.hosts))
    return replace(one, names=tuple(names), hosts=tuple(hosts))


def _account(id_: str, row: Mapping[Role, str]) -> Account:
    def said(role: Role) -> str:
        return row.get(role, "")

    return read_account(
        id_,
        said("company"),
        (said("website"), said("domains")),
        said("phone"),
        said("city"),
        said("country"),
        said("parent"),
        said("type"),
        said("open opportunity"),
        said("last activity"),
    )


def _lead(row: Mapping[Role, str]) -> Lead:
    roles: tuple[Role, ...] = ("email", "company", "website", "phone", "city", "country")
    return read_lead(*(row.get(role, "") for role in roles))


def _write(path: Path, leads: _File, index: Accounts, telling: Telling) -> Counter[str]:
    """Row by row, so that what is found stays, whatever ends the run."""
    counts: Counter[str] = Counter()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        done = 0
        try:
            with telling.progress("Matching leads", len(leads.ids)) as told:
                for id_, row in zip(leads.ids, leads.rows(), strict=True):
                    match = match_account(_lead(row), index)
                    writer.writerow(_told(id_, match))
                    counts[match.verdict] += 1
                    done += 1
                    if done % 100 == 0:
                        told(done)
                told(done)
            file.flush()
        except (Exception, KeyboardInterrupt) as error:
            raise HalfWrittenError(_half(path, done, leads, error)) from error
    return counts


def _half(path: Path, done: int, leads: _File, error: BaseException) -> str:
    why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    said = f"It ended early ({why}): up to {done:,} of the {len(leads.ids):,} leads of {leads.path}, from the top, are in {path}."
    return f"{said} Run it again."


def _told(id_: str, match: Match) -> tuple[str, ...]:
    shown = f"{match.probability:.4f}" if match.account else ""
    return id_, match.account, shown, match.verdict, "; ".join(match.evidence)
