"""`dedupe`: a file in, pairs and their evidence out; and a sentence for every file that is none."""

import csv
import json
import resource
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli import leadline
from tests.scoring.match.people import COLUMNS, crowd

PEOPLE = 120


def written(
    path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], encoding: str = "utf-8", separator: str = ","
) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([header, *rows])
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(leadline, ["dedupe", *map(str, arguments)])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def rows() -> list[list[str]]:
    made = crowd(21, people=PEOPLE, twice=40)
    return [[f"L{at}", *(made.columns[name][at] for name in COLUMNS)] for at in range(len(made.people))]


@pytest.fixture
def file(tmp_path: Path, rows: Sequence[Sequence[str]]) -> Path:
    return written(tmp_path / "leads.csv", ("id", *COLUMNS), rows)


def test_pairs_come_with_ids_verdict_and_a_sum(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    answer = run(file, "--out", out, "--json")
    assert answer.exit_code == 0, answer.output
    pairs = read(out)
    counts = json.loads(answer.stdout)
    assert counts["rows"] == PEOPLE + 40
    assert counts["same"] + counts["possible"] == len(pairs)
    assert {(pair["id_a"], pair["id_b"]) for pair in pairs} >= {(f"L{at}", f"L{PEOPLE + at}") for at in range(5)}
    assert all(pair["verdict"] in ("same", "possible") and 0 <= float(pair["probability"]) <= 1 for pair in pairs)
    for pair in pairs:
        *parts, total = (float(part.rpartition(" ")[2]) for part in pair["evidence"].split("; "))
        assert sum(parts) == pytest.approx(total, abs=0.06)


def test_the_guess_is_shown(file: Path, tmp_path: Path) -> None:
    said = run(file, "--out", tmp_path / "pairs.csv", "--exclude", "city").stderr
    assert "first_name as first, last_name as last, email as email, phone as phone, company as company." in said
    assert "city" not in said


def test_groups_are_written_where_asked_for(file: Path, tmp_path: Path) -> None:
    run(file, "--out", tmp_path / "pairs.csv", "--clusters", tmp_path / "groups.csv")
    groups = read(tmp_path / "groups.csv")
    assert {row["id"] for row in groups if row["cluster"] == "1"} == {"L0", f"L{PEOPLE}"}


def test_of_two_files_only_pairs_across_are_looked_for(tmp_path: Path, rows: Sequence[Sequence[str]]) -> None:
    one = written(tmp_path / "one.csv", ("id", *COLUMNS), rows[:PEOPLE], separator=";")
    other = written(tmp_path / "other.csv", ("id", *COLUMNS), rows[PEOPLE:], encoding="utf-16")
    assert run(one, "--against", other, "--out", tmp_path / "pairs.csv").exit_code == 0
    pairs = read(tmp_path / "pairs.csv")
    assert len(pairs) >= 38
    assert all(int(pair["id_a"][1:]) < PEOPLE <= int(pair["id_b"][1:]) for pair in pairs)


def test_ids_that_repeat_are_told_apart(tmp_path: Path, rows: Sequence[Sequence[str]]) -> None:
    twice = [["L0", *row[1:]] if row[0] == f"L{PEOPLE}" else row for row in rows]
    answer = run(written(tmp_path / "leads.csv", ("id", *COLUMNS), twice), "--out", tmp_path / "pairs.csv")
    assert "1 ids in column 'id'" in answer.stderr
    assert ("L0", f"L0#{PEOPLE + 1}") in {(pair["id_a"], pair["id_b"]) for pair in read(tmp_path / "pairs.csv")}


def test_rows_without_ids_are_numbered(tmp_path: Path, rows: Sequence[Sequence[str]]) -> None:
    answer = run(written(tmp_path / "leads.csv", COLUMNS, [row[1:] for row in rows]), "--out", tmp_path / "pairs.csv")
    assert "its rows are numbered from 1" in answer.stderr
    assert ("1", str(PEOPLE + 1)) in {(pair["id_a"], pair["id_b"]) for pair in read(tmp_path / "pairs.csv")}


def test_a_cell_of_five_megabytes_and_lines_of_two_encodings_are_read(file: Path, tmp_path: Path) -> None:
    with file.open("ab") as more:
        more.write(b'M1,"' + b"x" * 5_000_000 + b'",Berg,,,,\nM2,Ren\xe9,M\xfcller,rene.mueller@quanta-demo.com,,,\n')
        more.write("M3,René,Mueller,rene.mueller@quanta-demo.com,,,\n".encode())
    assert run(file, "--out", tmp_path / "pairs.csv").exit_code == 0
    assert ("M2", "M3") in {(pair["id_a"], pair["id_b"]) for pair in read(tmp_path / "pairs.csv")}


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"", (), "is empty"),
        (b"id,first_name\n", (), "no rows below it"),
        (b"\x89PNG\r\n\x1a\n\0\0", (), "is no text file"),
        (b"id,first_name\n1,Ana\n", ("--id", "key"), "There is no column 'key'"),
        (b"id,first_name\n1,Ana\n", ("--exclude", "surname"), "There is no column 'surname'"),
        (b"id,created\n1,2026\n2,2026\n", (), "No column says who or what a row is about"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path: Path, content: bytes, options: Sequence[str], sentence: str) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(content)
    answer = run(file, "--out", tmp_path / "pairs.csv", *options)
    assert answer.exit_code == 2
    assert sentence in answer.stderr
    assert not (tmp_path / "pairs.csv").exists()


def test_a_place_that_cannot_be_written_is_said(file: Path, tmp_path: Path) -> None:
    answer = run(file, "--out", tmp_path / "nowhere" / "pairs.csv")
    assert answer.exit_code == 2
    assert "cannot be written" in answer.stderr


def test_a_full_disk_is_said_with_what_is_there(file: Path) -> None:
    answer = run(file, "--out", "/dev/full")
    assert answer.exit_code == 2
    assert "/dev/full cannot be written: No space left on device; what came through before is not whole" in answer.stderr


def test_what_stood_there_stays_where_the_new_one_does_not_fit(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    out.write_text("of yesterday")
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, most[1]))
    try:
        answer = run(file, "--out", out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
        signal.signal(signal.SIGXFSZ, before)
    assert answer.exit_code == 2
    assert "nothing of it was written" in answer.stderr
    assert out.read_text() == "of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.csv", "pairs.csv"]


def test_one_row_ragged_rows_and_a_mark_at_the_beginning_are_read(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(b"\xef\xbb\xbfid\tfirst_name\tlast_name\temail\n1\tAna\n")
    assert run(file, "--out", tmp_path / "pairs.csv").exit_code == 0
    file.write_bytes(file.read_bytes() + b"2\tBo\tBerg\tbo@acme-demo.com\tmore\tand more\n3\tBo\tBerg\tbo@acme-demo.com\n")
    assert run(file, "--out", tmp_path / "pairs.csv").exit_code == 0
    assert [(pair["id_a"], pair["id_b"]) for pair in read(tmp_path / "pairs.csv")] == [("2", "3")]


def test_nul_bytes_are_one_sentence(file: Path, tmp_path: Path) -> None:
    with file.open("ab") as more:
        more.write(b"M1,A\0na,Berg,,,,\n")
    answer = run(file, "--out", tmp_path / "pairs.csv")
    assert answer.exit_code == 2
    assert "is no text file" in answer.stderr


def test_two_files_need_not_have_the_same_columns(tmp_path: Path, rows: Sequence[Sequence[str]]) -> None:
    one = written(tmp_path / "one.csv", ("id", *COLUMNS), rows[:PEOPLE])
    other = written(tmp_path / "other.csv", ("email", "record id"), [[row[3], row[0]] for row in rows[PEOPLE:]])
    answer = run(one, "--against", other, "--out", tmp_path / "pairs.csv")
    assert answer.exit_code == 0, answer.output
    assert all(int(pair["id_a"][1:]) < PEOPLE <= int(pair["id_b"][1:]) for pair in read(tmp_path / "pairs.csv"))


@pytest.mark.parametrize("junk", ["test@test.com", "N/A", "0000000"])
def test_one_value_in_many_rows_links_nobody(tmp_path: Path, rows: Sequence[Sequence[str]], junk: str) -> None:
    strangers = [[*row[:3], junk if at % 5 < 2 else row[3], *row[4:]] for at, row in enumerate(rows[:PEOPLE])]
    answer = run(written(tmp_path / "leads.csv", ("id", *COLUMNS), strangers), "--out", tmp_path / "pairs.csv", "--json")
    assert json.loads(answer.stdout)["same"] == 0
