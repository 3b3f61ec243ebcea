"""Replay: the same packet again, from what it holds, here or anywhere."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import shipped_policy_text
from config.profile import shipped_profile_text
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.exports import ExportError, ExportFolder, export_folder
from connector.packet import canonical
from connector.policies import activate_policy
from connector.replay import Replay, first_difference, replay_with
from connector.store.articles import article_text
from connector.store.engine import transact
from connector.store.keys import SealedPacket, sealed_packet, sealed_packets
from connector.store.turns import set_pools
from connector.vault import Vault, new_key
from connector.wiring import Services

Work = Callable[[], None]


def replay_here(services: Services) -> Replay:
    return replay_with(services.vault, lambda kind, version: article_text(services.engine, kind, version))


def packets(services: Services, name: str = SALESFORCE) -> list[SealedPacket]:
    return list(sealed_packets(services.engine, name))


def leads(portals: Portals, number: int, start: int = 0) -> None:
    rows = [
        {
            "FirstName": f"Ann{n}",
            "LastName": "Berg",
            "Company": "Acme GmbH",
            "Email": f"ann{n}@acme{n}.example",
            "Title": ("VP Sales", "Intern", "Head of IT", None)[n % 4],
            "NumberOfEmployees": (300, None, 5, 20_000)[n % 4],
            "Industry": "Software" if n % 3 else None,
            "Country": "Germany",
            "Web_Visits__c": n * 7 % 40,
            "Hand_Raise__c": "demo" if n % 3 == 0 else None,
            "HasOptedOutOfEmail": n % 5 == 0,
            "OwnerId": portals.intake["salesforce"],
        }
        for n in range(start, start + number)
    ]
    portals.sandbox.create("salesforce", "Lead", rows)


def test_every_decision_is_made_again_byte_for_byte(portals: Portals, services: Services, work: Work) -> None:
    leads(portals, 12)
    go_live(services, SALESFORCE, "", "partial")
    work()
    go_live(services, SALESFORCE, "", "full")
    leads(portals, 12, start=12)
    work()
    ids = [record["id"] for record in portals.sandbox.records("salesforce", "Lead")]
    for id_ in ids[:4]:
        portals.sandbox.update("salesforce", "Lead", id_, {"Hand_Raise__c": "pricing", "Title": "CEO"})
    work()
    found = [one.outcome for one in replay_here(services).run(packets(services))]
    assert len(found) == 28
    assert set(found) == {"reproduced"}


def test_what_changed_since_does_not_matter(portals: Portals, services: Services, work: Work) -> None:
    """Neither another policy, nor other members and weights, nor owners who left."""
    leads(portals, 6)
    work()
    activate_policy(services, shipped_policy_text().replace("minutes: 5,", "minutes: 7,").replace("rank >= 13", "rank >= 1"))
    transact(services.engine, lambda session: set_pools(session, {"closers": {"dana@leadline.example": 1}}))
    services.refresh()
    leads(portals, 6, start=6)
    work()
    again = list(replay_here(services).run(packets(services)))
    assert len(again) == 12
    assert {one.outcome for one in again} == {"reproduced"}
    versions = {json.loads(one.body)["versions"]["policy"] for one in packets(services)}
    assert len(versions) == 2


def test_a_decision_that_would_come_out_otherwise_is_found_and_placed(portals: Portals, services: Services, work: Work) -> None:
    leads(portals, 1)
    work()
    (packet,) = packets(services)
    later = shipped_policy_text().replace("reason_code: ", "reason_code: NEW_")
    for minutes in ("grace_minutes: 15", "{minutes: 5,", "{minutes: 30,"):  # the grace is for closed hours
        later = later.replace(minutes, minutes.replace(": ", ": 1"))
    other = replay_with(services.vault, lambda kind, _: later if kind == "policy" else shipped_profile_text())
    result = other.one(packet)
    assert result.outcome == "different"
    assert result.where == "decision.due_at"
    assert "tz" in result.edition


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda document: document["decision"].update(rule="another"), "decision.rule"),
        (lambda document: document["decision"]["owner"].update(chosen="eve@leadline.example"), "decision.owner.chosen"),
        (lambda document: document.update(decided_at="2026-01-01T00:00:00Z"), "decided_at"),
    ],
)
def test_a_stored_decision_that_was_altered_is_found(
    portals: Portals, services: Services, work: Work, change: Callable[[dict[str, object]], None], where: str
) -> None:
    leads(portals, 1)
    work()
    (packet,) = packets(services)
    document = json.loads(packet.body)
    change(document)
    result = replay_here(services).one(replace(packet, body=canonical(document)))
    assert (result.outcome, result.where) == ("different", where)


def test_what_cannot_be_read_is_said_to_be_so(portals: Portals, services: Services, work: Work) -> None:
    leads(portals, 1)
    work()
    (packet,) = packets(services)
    document = json.loads(packet.body)
    sealed = bytearray(b64decode(document["sealed"]))
    sealed[20] ^= 1
    altered = canonical({**document, "sealed": b64encode(bytes(sealed)).decode()})
    here = replay_here(services)
    assert here.one(replace(packet, wrapped_key=None)).outcome == "erased"
    assert (here.one(replace(packet, body=altered)).where, here.one(replace(packet, body=b"{}")).where) == (
        "sealed",
        "the packet",
    )
    assert replay_with(Vault([new_key()]), lambda *_: None).one(packet).where == "its key"
    assert replay_with(services.vault, lambda *_: None).one(packet).where == "versions.policy"
    only_policy = replay_with(services.vault, lambda kind, _: shipped_policy_text() if kind == "policy" else None)
    assert only_policy.one(packet).where == "versions.profile"
    unreadable = replay_with(services.vault, lambda *_: "name: [")
    assert unreadable.one(packet).outcome == "unreadable"


def test_one_packet_is_found_by_its_id(portals: Portals, services: Services, work: Work) -> None:
    leads(portals, 2)
    work()
    for packet in packets(services):
        found = sealed_packet(services.engine, json.loads(packet.body)["id"])
        assert found == packet
    assert sealed_packet(services.engine, "00000000-0000-0000-0000-000000000000") is None


def test_an_exported_folder_is_replayed_without_a_database(
    portals: Portals, services: Services, work: Work, tmp_path: Path
) -> None:
    leads(portals, 5)
    portals.sandbox.create("hubspot", "contacts", [{"email": "ann0@acme0.example", "lastname": "Berg"}])
    work()
    for name in (SALESFORCE, HUBSPOT):
        folder = tmp_path / name
        assert export_folder(services.engine, name, folder) > 0
        exported = ExportFolder(folder)
        again = replay_with(Vault(services.settings.secret_keys), exported.article)
        results = list(again.run(exported.packets()))
        assert len(results) == len(packets(services, name))
        assert {one.outcome for one in results} <= {"reproduced"}
    assert {path.name for path in (tmp_path / SALESFORCE).iterdir()} == {"chain.jsonl", "keys.jsonl", "articles"}
    assert not any(key.encode() in path.read_bytes() for key in services.settings.secret_keys for path in folder.rglob("*.*"))


def test_an_export_goes_to_a_new_folder_and_is_read_from_a_whole_one(services: Services, tmp_path: Path) -> None:
    (tmp_path / "something").write_text("here")
    with pytest.raises(ExportError, match="not empty"):
        export_folder(services.engine, SALESFORCE, tmp_path)
    with pytest.raises(ExportError, match=r"has no keys\.jsonl"):
        list(ExportFolder(tmp_path).packets())
    (tmp_path / "keys.jsonl").write_text('{"connection": 1}\n')
    with pytest.raises(ExportError, match="line 1"):
        list(ExportFolder(tmp_path).packets())


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=12,
)


@given(TREES, TREES)
def test_two_trees_differ_somewhere_exactly_if_their_canonical_forms_do(one: object, other: object) -> None:
    assert bool(first_difference(one, other)) == (canonical({"": one}) != canonical({"": other}))


def test_the_first_difference_is_named_by_its_path() -> None:
    stored = {"a": {"b": [1, {"c": 2}]}, "z": 1}
    assert first_difference(stored, {"a": {"b": [1, {"c": 3}]}, "z": 2}) == "a.b.1.c"
    assert first_difference(stored, {"a": {"b": [1]}, "z": 1}) == "a.b.1"
    assert first_difference(stored, {"a": {"b": [1, {"c": 2}]}}) == "z"
    assert first_difference(stored, {**stored, "z": True}) == "z"
