"""`match-accounts`: two files in, one row a lead out, in the file's order; and a sentence for every file that is none."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector import lead_accounts
from connector.cli import leadline
from tests.scoring.match.market import ACCOUNT_COLUMNS, LEAD_COLUMNS, Market, market


def written(
    path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], encoding: str = "utf-8", separator: str = ","
) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([header, *rows])
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(leadline, ["match-accounts", *map(str, arguments)])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made() -> Market:
    return market(3, each=4, strangers=30)


@pytest.fixture
def accounts(tmp_path: Path, made: Market) -> Path:
    rows = [[row[name] for name in ACCOUNT_COLUMNS] for row in made.accounts]
    return written(tmp_path / "accounts.csv", ACCOUNT_COLUMNS, rows)


@pytest.fixture
def leads(tmp_path: Path, made: Market) -> Path:
    return written(tmp_path / "leads.csv", LEAD_COLUMNS, [[row[name] for name in LEAD_COLUMNS] for row in made.leads])


def test_one_row_a_lead_in_the_files_order(leads: Path, accounts: Path, tmp_path: Path, made: Market) -> None:
    answer = run(leads, "--accounts", accounts, "--out", tmp_path / "out.csv", "--json")
    assert answer.exit_code == 0, answer.output
    rows = read(tmp_path / "out.csv")
    assert [row["lead_id"] for row in rows] == [row["id"] for row in made.leads]
    right = sum(row["account_id"] == made.truth[row["lead_id"]][1] for row in rows)
    assert right >= 0.95 * len(rows)
    assert all((row["verdict"] in ("same", "possible")) == bool(row["account_id"]) and row["evidence"] for row in rows)
    counts = json.loads(answer.stdout)
    assert counts["same"] == sum(row["verdict"] == "same" for row in rows)
    assert (counts["leads"], counts["accounts"]) == (len(made.leads), len(made.accounts))


def test_the_guess_is_shown(leads: Path, accounts: Path, tmp_path: Path) -> None:
    said = run(leads, "--accounts", accounts, "--out", tmp_path / "out.csv", "--exclude", "website").stderr
    assert "Leads: email as email, company as company, phone as phone, city as city, country as country." in said
    assert "parent_id as parent, type as type, open_opportunity as open opportunity, last_activity as last activity" in said
    assert "website" not in said


@pytest.mark.parametrize("named", ["account_id", "Account ID", "golden"])
def test_an_answer_in_the_file_is_never_looked_at(named: str, accounts: Path, tmp_path: Path, made: Market) -> None:
    wrong = [row["id"] for row in made.accounts]
    rows = [[*(row[name] for name in LEAD_COLUMNS), wrong[at % len(wrong)], "branch"] for at, row in enumerate(made.leads)]
    with_answer = written(tmp_path / "with.csv", [*LEAD_COLUMNS, named, "case"], rows)
    without = written(tmp_path / "without.csv", LEAD_COLUMNS, [row[:-2] for row in rows])
    said = run(with_answer, "--accounts", accounts, "--out", tmp_path / "with.out")
    run(without, "--accounts", accounts, "--out", tmp_path / "without.out")
    assert f"Never looked at, since an answer may stand there: {named}, case." in said.stderr
    assert (tmp_path / "with.out").read_bytes() == (tmp_path / "without.out").read_bytes()


def test_headers_of_a_salesforce_export_and_swapped_ones_are_understood(tmp_path: Path, made: Market) -> None:
    heads = ["Account ID", "Account Name", "Website", "Domains", "Phone", "Billing City", "Billing Country", "Parent Account ID"]
    rows = [[row[name] for name in ACCOUNT_COLUMNS[:8]] for row in made.accounts]
    accounts = written(tmp_path / "accounts.csv", heads, rows, encoding="utf-16", separator="\t")
    swapped = [
        [row["id"], row["company"], row["email"], row["city"], row["country"]] for row in made.leads if "@" in row["email"]
    ]
    leads = written(tmp_path / "leads.csv", ["Lead ID", "Email", "Company", "City", "Country"], swapped, separator=";")
    answer = run(leads, "--accounts", accounts, "--out", tmp_path / "out.csv")
    assert answer.exit_code == 0, answer.output
    assert "Company as email" in answer.stderr
    assert sum(row["account_id"] == made.truth[row["lead_id"]][1] for row in read(tmp_path / "out.csv")) > 0.7 * len(swapped)


def test_a_value_in_four_of_ten_rows_links_nobody(accounts: Path, tmp_path: Path, made: Market) -> None:
    right = next(row for row in made.accounts if row["domains"])
    host = right["domains"].partition(";")[0]
    rows = [[str(at), f"test@{host}" if at % 5 < 2 else "", "", "0000000"] for at in range(100)]
    answer = run(
        written(tmp_path / "leads.csv", ("id", "email", "company", "phone"), rows),
        "--accounts",
        accounts,
        "--out",
        tmp_path / "out.csv",
    )
    assert "One mail address stands in 40% of the rows" in answer.stderr
    assert not [row for row in read(tmp_path / "out.csv") if row["account_id"]]


def test_ids_that_repeat_are_told_apart_and_accounts_of_one_id_are_one(accounts: Path, tmp_path: Path, made: Market) -> None:
    first = made.accounts[0]
    with accounts.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([first["id"], first["name"], "", "second-domain.com", *[""] * 7])
    rows = [["L1", "a@second-domain.com"], ["L1", "b@second-domain.com"]]
    answer = run(written(tmp_path / "leads.csv", ("id", "email"), rows), "--accounts", accounts, "--out", tmp_path / "out.csv")
    assert "1 ids in column 'id'" in answer.stderr
    found = read(tmp_path / "out.csv")
    assert [row["lead_id"] for row in found] == ["L1", "L1#2"]
    assert len({row["account_id"] for row in found}) == 1
    assert all(row["account_id"] for row in found)


def test_a_cell_of_five_megabytes_and_lines_of_two_encodings_are_read(accounts: Path, tmp_path: Path, made: Market) -> None:
    leads = tmp_path / "leads.csv"
    own = next(row for row in made.accounts if row["domains"])["domains"].partition(";")[0].encode()
    leads.write_bytes(
        b'id,email,company\nM1,,"'
        + b"x" * 5_000_000
        + b'"\nM2,a@'
        + own
        + b",Ren\xe9 & Fils\nM3,a@"
        + own
        + ",René & Fils\n".encode()
    )
    assert run(leads, "--accounts", accounts, "--out", tmp_path / "out.csv").exit_code == 0
    found = read(tmp_path / "out.csv")
    assert found[0]["account_id"] == ""
    assert found[1]["account_id"] == found[2]["account_id"] != ""


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"", (), "is empty"),
        (b"id,email\n", (), "no rows below it"),
        (b"\x89PNG\r\n\x1a\n\0\0", (), "is no text file"),
        (b"id,email\n1,a@b.com\n", ("--id", "key"), "There is no column 'key' in either file"),
        (b"id,email\n1,a@b.com\n", ("--exclude", "surname"), "There is no column 'surname'"),
        (b"id,created\n1,2026\n2,2026\n", (), "says a lead's company, mail or website"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    content: bytes, options: Sequence[str], sentence: str, accounts: Path, tmp_path: Path
) -> None:
    leads = tmp_path / "leads.csv"
    leads.write_bytes(content)
    answer = run(leads, "--accounts", accounts, "--out", tmp_path / "out.csv", *options)
    assert answer.exit_code == 2
    assert sentence in answer.stderr
    assert not (tmp_path / "out.csv").exists()


def test_accounts_without_names_are_refused(leads: Path, tmp_path: Path) -> None:
    accounts = written(tmp_path / "accounts.csv", ("id", "owner"), [["1", "Ana"], ["2", "Ben"]])
    answer = run(leads, "--accounts", accounts, "--out", tmp_path / "out.csv")
    assert answer.exit_code == 2
    assert "says an account's name or domain" in answer.stderr


def test_a_place_that_cannot_be_written_is_said(leads: Path, accounts: Path, tmp_path: Path) -> None:
    answer = run(leads, "--accounts", accounts, "--out", tmp_path / "nowhere" / "out.csv")
    assert answer.exit_code == 2
    assert "cannot be written" in answer.stderr


def test_a_run_that_ends_early_says_how_far_it_came(
    leads: Path, accounts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = 0

    def interrupted(row: object) -> object:
        nonlocal done
        done += 1
        if done > 10:
            raise KeyboardInterrupt
        return lead_of(row)  # type: ignore[arg-type]

    lead_of = lead_accounts._lead
    monkeypatch.setattr(lead_accounts, "_lead", interrupted)
    answer = run(leads, "--accounts", accounts, "--out", tmp_path / "out.csv")
    assert answer.exit_code == 1
    assert "up to 10 of the" in answer.stderr
    assert len(read(tmp_path / "out.csv")) == 10
