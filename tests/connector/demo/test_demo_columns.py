"""The guess about a file's columns: what is mapped, what is never mapped."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.demo.columns import guess
from connector.fieldmap.cells import value_in
from connector.fieldmap.meaning import header_words
from connector.fieldmap.synonyms import OUTCOMES, SYNONYMS
from connector.tables import Table, UnreadableTableError, read_table


def table(**columns: list[str]) -> Table:
    names = list(columns)
    return Table(names, [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)])


def fates(given_table: Table) -> dict[str, tuple[str, str]]:
    return {column.name: (column.fate, column.field) for column in guess(given_table).columns}


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("TotalVisits", ["0.0", "3.0", ""], "visits"),
        ("Total Time Spent on Website", ["0", "1532", "12"], "seconds_on_site"),
        ("What is your current occupation", ["Student", "CEO", "Select"], "title"),
        ("Lead Source", ["Google", "Direct", "Google"], "source"),
        ("Do Not Email", ["No", "Yes", "No"], "opted_out"),
        ("E-Mail", ["a@x.example", "b@x.example", "broken"], "email"),
        ("Kontakt", ["a@x.example", "b@x.example", "c@x.example"], "email"),
        ("Where", ["Germany", "France", "Spain"], "country"),
        ("Company Size", ["51-200", "11-50", "5000+"], "employees"),
        ("Phone Number", ["+1 201 555 0101", "555-010-0102", "(201) 5550103"], "phone"),
        ("Vorname", ["Ada", "Ben", "Cleo"], "first_name"),
    ],
)
def test_a_column_is_found_by_header_or_content(header: str, values: list[str], field: str) -> None:
    assert fates(table(**{header: values}))[header] == ("mapped", field)


@pytest.mark.parametrize(
    ("header", "values", "fate"),
    [
        ("Prospect ID", ["a1", "b2", "c3"], "left out"),
        ("Lead Number", ["660737", "660738", "660739"], "left out"),
        ("Lead Quality", ["High", "Worst", "High"], "left out"),
        ("Tags", ["Ringing", "Closed", "Lost"], "left out"),
        ("Page Views Per Visit", ["2.5", "1.0", "3.0"], "unmapped"),
        ("Search", ["No", "No", "No"], "unmapped"),
        ("What matters most to you in choosing a course", ["Price", "Time", "Price"], "unmapped"),
        ("Email", ["yes", "no", "yes"], "unmapped"),
        ("Country", ["12", "14", "99"], "unmapped"),
    ],
)
def test_what_only_looks_like_a_field_is_not_mapped(header: str, values: list[str], fate: str) -> None:
    assert fates(table(**{header: values}))[header][0] == fate


def test_of_two_columns_for_one_field_the_better_named_wins() -> None:
    found = fates(table(**{"Country of birth": ["Spain", "France"], "Country": ["Germany", "France"]}))
    assert found == {"Country of birth": ("unmapped", ""), "Country": ("mapped", "country")}


SPELLINGS = (str.title, str.upper, lambda name: name.replace(" ", "_"), lambda name: name.title().replace(" ", ""))


@given(st.sampled_from(sorted(OUTCOMES)), st.sampled_from(SPELLINGS), st.lists(st.sampled_from("01"), min_size=1))
def test_the_outcome_is_never_mapped(name: str, spelling: object, values: list[str]) -> None:
    header = spelling(name)  # type: ignore[operator]
    column = guess(table(**{header: values, "Source": ["Web"] * len(values)})).columns[0]
    assert column.fate in {"outcome", "left out"}
    assert not column.field


@given(st.dictionaries(st.text(max_size=20), st.lists(st.text(max_size=12), min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_table_has_each_field_at_most_once(columns: dict[str, list[str]]) -> None:
    found = guess(table(**columns)).columns
    mapped = [column.field for column in found if column.fate == "mapped"]
    assert [column.name for column in found] == list(columns)
    assert len(mapped) == len(set(mapped))
    assert set(mapped) <= set(SYNONYMS)


@given(
    st.sampled_from([(field, phrase) for field, phrases in SYNONYMS.items() for phrase in phrases]), st.sampled_from(SPELLINGS)
)
def test_every_spelling_has_the_same_words(pair: tuple[str, str], spelling: object) -> None:
    assert header_words(spelling(pair[1])).replace(" ", "") == pair[1].replace(" ", "")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("visits", "3.0", 3),
        ("visits", "1,532", 1532),
        ("visits", "many", None),
        ("employees", "51-200", 125),
        ("employees", "5000+", 5000),
        ("opted_out", "Yes", True),
        ("opted_out", "maybe", None),
        ("last_visit_at", "2026-11-20", "2026-11-20T00:00:00Z"),
        ("last_visit_at", "2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00Z"),
        ("city", "Select", None),
        ("city", "Mumbai", "Mumbai"),
    ],
)
def test_a_cell_becomes_what_its_field_holds(field: str, text: str, value: object) -> None:
    assert value_in(field, text) == value


# ── reading the file ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(f"Name{separator}Firma\nJosé{separator}Müller\n\n".encode(encoding))
    read = read_table(path)
    assert read.columns == ["Name", "Firma"]
    assert read.rows == [{"Name": "José", "Firma": "Müller"}]


def test_short_rows_and_nameless_columns(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("a,,a\n1\n1,2,3,4\n")
    read = read_table(path)
    assert read.columns == ["a", "column 2", "a (3)"]
    assert [list(row.values()) for row in read.rows] == [["1", "", ""], ["1", "2", "3"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"PK\x03\x04\x00\x00leads", "is no text file"),
        (b"just some words\n", "is no CSV"),
        (b"name,email\n", "no rows"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableTableError, match=said):
        read_table(path)


def test_a_missing_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError, match="cannot be read"):
        read_table(tmp_path / "none.csv")
    with (tmp_path / "huge.csv").open("wb") as huge:
        huge.truncate(300 * 1024**2)
    with pytest.raises(UnreadableTableError, match="300 MB"):
        read_table(tmp_path / "huge.csv")
