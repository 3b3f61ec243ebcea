import ast
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.records import RecordRef
from connector import verifier
from connector.canonical import canonical
from connector.packet import (
    Document,
    Forgotten,
    Named,
    Packet,
    Receipt,
    Reference,
    Step,
    Versions,
    body_hash,
    body_of,
    export_line,
    fingerprint,
    genesis,
    link,
    seal,
)
from connector.verifier import Report, main, verify

LEAD = RecordRef(connection="acme", object="lead", id="00QJ500000AbCdEMAV")
KEY = bytes(range(32))
NOON = "2026-11-22T12:00:00Z"
ELSEWHERE = Named(hash="cd" * 32, connection="hubspot-eu")


def packet(name: str) -> Packet:
    sealed = seal({"values": {"email": f"{name}@example.com"}}, KEY, name, entropy=bytes)
    decision = {"route": "sales", "kind": "Café \U0001f600 \u20ac", "é": {"\ufb33": 1, "\U0001f600": 2}}
    return Packet(name, LEAD, NOON, sealed, decision, Versions("policy-3", "profile-7", "0.1.0"))


def lines_of(bodies: Sequence[bytes], connection: str = "acme") -> list[bytes]:
    lines, previous = [], genesis(connection)
    for seq, body in enumerate(bodies, start=1):
        lines.append(export_line(seq, previous, body))
        previous = link(previous, body_hash(body))
    return lines


def chain() -> list[bytes]:
    first, second = packet("p1"), packet("p2")
    here = Named(body_hash(body_of(first)).hex(), "acme")
    documents: list[Document] = [
        first,
        Receipt(here, LEAD, NOON, 1, 1, "written", seal({"after": {}}, KEY, "r", entropy=bytes), None, "005A", ("00T1",)),
        Reference(ELSEWHERE, LEAD, NOON),
        second,
        Step("review", here, LEAD, NOON, "account-4", {"verdict": "approved"}),
        Forgotten("acme", (fingerprint(KEY),), NOON, "account-1"),
    ]
    return lines_of([body_of(document) for document in documents])


LINES = chain()
WHOLE = b"".join(LINES)
HEAD = json.loads(LINES[-1])["hash"]


def checked(content: bytes, head: str | None = None) -> Report:
    return verify(io.BytesIO(content), head)


def remade(**changes: Any) -> list[bytes]:
    """The first line with other parts, in the form of an export."""
    return [canonical(json.loads(LINES[0]) | changes) + b"\n"]


# ── untouched ──


@pytest.mark.parametrize("head", [None, HEAD])
def test_an_untouched_chain_has_no_findings(head: str | None) -> None:
    assert checked(WHOLE, head) == Report(entries=6, packets=2, foreign=1, head=HEAD)


def test_an_empty_chain_is_untouched_unless_a_head_was_noted() -> None:
    assert checked(b"").findings == []
    assert len(checked(b"", HEAD).findings) == 1


@given(
    st.lists(
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
    )
)
def test_whatever_the_pipeline_writes_is_canonical_to_the_verifier(decisions: list[dict[str, str]]) -> None:  # fmt: skip
    bodies = [canonical({"kind": "packet", "connection": "acme", "decision": decision}) for decision in decisions]
    assert verify(lines_of(bodies)).findings == []


def test_a_hash_is_what_the_first_page_of_the_verifier_says_it_is() -> None:
    first = json.loads(LINES[0])
    previous = sha256(b"leadline genesis\n" + bytes(32) + b"acme").digest()
    assert first["previous"] == previous.hex()
    assert first["hash"] == sha256(b"leadline link\n" + previous + sha256(first["body"].encode()).digest()).hexdigest()


# ── touched ──


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_a_flipped_bit_is_found_wherever_it_is(mask: int) -> None:
    content = b"".join(LINES[:2])
    for place in range(len(content)):
        flipped = content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]
        assert checked(flipped).findings, f"byte {place}"


def test_a_deleted_byte_is_found_wherever_it_was() -> None:
    content = b"".join(LINES[:2])
    for place in range(len(content)):
        assert checked(content[:place] + content[place + 1 :]).findings, f"byte {place}"


@given(place=st.integers(0, len(WHOLE)), inserted=st.binary(min_size=1, max_size=3) | st.sampled_from([b"\n", b" ", b"\r", b"0"]))
def test_inserted_bytes_are_found(place: int, inserted: bytes) -> None:
    assert checked(WHOLE[:place] + inserted + WHOLE[place:]).findings


@given(start=st.integers(0, len(WHOLE)), length=st.integers(1, 200), replacement=st.binary(max_size=200))
def test_an_edit_is_found_with_the_head(start: int, length: int, replacement: bytes) -> None:
    edited = WHOLE[:start] + replacement + WHOLE[start + length :]
    assume(edited != WHOLE)
    assert checked(edited, HEAD).findings


@given(st.lists(st.sampled_from(range(6)), max_size=8))
def test_lines_taken_out_put_in_or_moved_are_found(order: list[int]) -> None:
    report = verify([LINES[place] for place in order])
    assert bool(report.findings) == (order != list(range(len(order))))
    assert bool(verify([LINES[place] for place in order], HEAD).findings) == (order != list(range(6)))


def test_a_cut_tail_is_found_only_with_the_head() -> None:
    assert verify(LINES[:-1]).findings == []
    assert [finding[:7] for finding in verify(LINES[:-1], HEAD).findings] == ["line 5:"]


def test_a_line_made_anew_with_its_hash_is_found_by_the_line_after() -> None:
    previous = json.loads(LINES[3])["previous"]
    forged = export_line(4, bytes.fromhex(previous), body_of(packet("forged")))
    report = verify([*LINES[:3], forged, *LINES[4:]], HEAD)
    assert [finding.split(",")[0] for finding in report.findings] == [
        "line 5: previous is not the hash of the line before: a line was changed"
    ]


def test_a_chain_made_anew_is_found_only_with_the_head() -> None:
    forged = lines_of([body_of(packet("forged"))])
    assert verify(forged).findings == []
    assert verify(forged, HEAD).findings


def test_a_finding_names_its_line_and_does_not_spread() -> None:
    touched = [*LINES[:3], LINES[3].replace(b"sales", b"trash"), *LINES[4:]]
    assert [finding.split(":")[0] for finding in verify(touched, HEAD).findings] == ["line 4"]


def test_an_unreadable_line_is_one_finding() -> None:
    assert [finding.split(":")[0] for finding in verify([*LINES[:3], b"junk\n", *LINES[4:]], HEAD).findings] == ["line 4"]


def test_the_chain_of_another_connection_is_not_taken_for_this_one() -> None:
    moved = lines_of([body_of(packet("p1"))], connection="other")
    assert len(verify(moved).findings) == 1


def test_a_document_of_another_connection_is_found() -> None:
    stray = Forgotten("other", (), NOON, "account-1")
    report = verify(lines_of([body_of(packet("p1")), body_of(stray)]))
    assert report.findings == ["line 2: the document is of connection 'other', the chain of 'acme'"]


@pytest.mark.parametrize(
    "packet_named",
    [
        Named("ab" * 32, "acme"),
        Named(body_hash(body_of(packet("p1"))).hex().upper(), "hubspot-eu"),
        Named("", "hubspot-eu"),
    ],
    ids=["unknown", "upper case", "empty"],
)
def test_what_follows_must_name_a_packet_above_it_or_a_foreign_one(packet_named: Named) -> None:
    step = Step("clock", packet_named, LEAD, NOON, "clock", {})
    assert len(verify(lines_of([body_of(packet("p1")), body_of(step)])).findings) == 1


def test_a_packet_of_another_chain_may_be_named_once_a_reference_brought_it_in() -> None:
    reference = body_of(Reference(ELSEWHERE, LEAD, NOON))
    step = body_of(Step("clock", Named(ELSEWHERE.hash, "acme"), LEAD, NOON, "clock", {}))
    assert verify(lines_of([reference, step])).findings == []
    assert len(verify(lines_of([step, reference])).findings) == 1


def test_a_packet_may_not_be_named_before_it_stands() -> None:
    later = body_of(packet("p1"))
    receipt = body_of(Step("clock", Named(body_hash(later).hex(), "acme"), LEAD, NOON, "clock", {}))
    assert len(verify(lines_of([receipt, later])).findings) == 1
    assert verify(lines_of([later, receipt])).findings == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"connection":"acme","kind":"packet","n":1.0}', "not an integer"),
        (b'{"connection":"acme","kind":"packet","n":NaN}', "not an integer"),
        (b'{"connection":"acme","kind":"packet","n":9007199254740992}', "beyond"),
        (b'{"connection":"acme","kind":"packet","n":-0}', "canonical form"),
        (b'{"kind":"packet","connection":"acme"}', "order of RFC 8785"),
        (b'{"connection":"acme","kind":"packet","kind":"packet"}', "twice"),
        (b'{"connection":"acme", "kind":"packet"}', "canonical form"),
        (b'{"connection":"acme","kind":"pack\\u0065t"}', "canonical form"),
        (b'{"connection":"acme","kind":"\\ud83d"}', "not JSON"),
        (b'["packet"]', "canonical form"),
        (b"[" * 100_000, "not JSON"),
        (b"", "not JSON"),
        (b'{"connection":"acme"}', "names no kind"),
        (b'{"connection":1,"kind":"packet"}', "no connection"),
    ],
)
def test_a_document_that_is_not_in_canonical_form_is_found_though_its_hash_fits(body: bytes, reason: str) -> None:
    assert any(reason in finding for finding in verify(lines_of([body_of(packet("p1")), body])).findings)


@pytest.mark.parametrize(
    "changes",
    [{"seq": True}, {"seq": "1"}, {"hash": None}, {"previous": "ab"}, {"body": {}}, {"more": 1}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_line_with_other_parts_is_found(changes: dict[str, Any]) -> None:
    assert len(verify(remade(**changes)).findings) == 1


def test_findings_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MOST_FINDINGS", 2)
    report = verify([b"junk\n"] * 5)
    assert (len(report.findings), report.more_findings) == (2, 3)


# ── the command ──


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "acme.jsonl"
    file.write_bytes(WHOLE)
    return file


def test_the_file_runs_alone_on_a_machine_without_leadline(export: Path, tmp_path: Path) -> None:
    copy = shutil.copy(verifier.__file__, tmp_path / "verifier.py")
    command = [sys.executable, "-I", "-S", str(copy), str(export), "--head", HEAD]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"untouched: 6 documents, 2 packets, 1 naming a packet of another chain; head {HEAD}\n"


def test_it_imports_only_the_standard_library() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    from_ = {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in plain | from_} <= sys.stdlib_module_names


def test_without_a_head_it_says_what_it_cannot_see(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export.write_bytes(b"".join(LINES[:-1]))
    assert main([str(export)]) == 0
    assert "No --head was given" in capsys.readouterr().out
    assert main([str(export), "--head", HEAD]) == 1
    out = capsys.readouterr().out
    assert out.startswith("line 5: ")
    assert "NOT untouched" in out
    assert "No --head" not in out


def test_many_findings_are_summed_up(export: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MOST_FINDINGS", 1)
    export.write_bytes(b"junk\n" * 3)
    assert main([str(export)]) == 1
    assert "and 2 more" in capsys.readouterr().out


def test_an_endless_line_is_read_in_pieces(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verifier, "LONGEST_LINE", 100)
    assert main([str(export)]) == 1
    assert "line 1: is longer than 100 bytes" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.jsonl")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["f", "--head", "abc"], ["f", "--head", HEAD.upper()], ["f", "--tail", "x"]])
def test_a_wrong_command_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage" in capsys.readouterr().err
