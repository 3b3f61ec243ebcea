"""Who is like whom, over a real database: through the index, within a batch, and kept true by what happens to records."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from adapters.records import RecordRef
from config.fields import Values
from connector.resolving import Probe, Resolver
from connector.store.engine import open_engine, reading, transact
from connector.store.match_index import MatchRow, put_profiles, remove_profiles
from connector.store.migrate import migrate
from scoring.match.keys import keys_of
from scoring.match.profile import pack, profile_of

ANA: Values = {
    "first_name": "Ana",
    "last_name": "Quillfeather",
    "email": "ana.quillfeather@braxholm-weirs.com",
    "phone": "+49 30 90182345",
    "company": "Braxholm Weirs GmbH",
    "country": "Germany",
}
BEN: Values = {"first_name": "Benedikt", "last_name": "Osterloh", "email": "b.osterloh@nordhain-papier.de"}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url, size=2)
    migrate(opened)
    yield opened
    opened.dispose()


def ref(id_: str) -> RecordRef:
    return RecordRef("sales", "lead", id_)


def row(id_: str, values: Values, person: str | None = None) -> MatchRow:
    profile = profile_of(values)
    return MatchRow(ref(id_), pack(profile), keys_of(profile).all, person_id=person)


def put(engine: Engine, *rows: MatchRow) -> None:
    transact(engine, lambda session: put_profiles(session, rows))


def count(engine: Engine, table: str) -> int:
    with reading(engine) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - names of ours


PERSON = "00000000-0000-0000-0000-000000000001"


def test_somebody_who_is_there_is_found_with_the_evidence(engine: Engine) -> None:
    put(engine, row("a", ANA, PERSON), row("b", BEN))
    found = Resolver(engine).resolve([Probe(ref("x"), {**ANA, "last_name": "Quilfeather", "phone": "030 90182345"})])[ref("x")]
    assert [(one.ref.id, one.person_id, one.verdict) for one in found] == [("a", PERSON, "same")]
    said = {one.comparison: one.level for one in found[0].evidence}
    assert said["last name"] == "misspelled"
    assert said["phone"] == "the same"
    assert found[0].weight == pytest.approx(found[0].prior + sum(one.weight for one in found[0].evidence))


def test_somebody_new_is_like_nobody(engine: Engine) -> None:
    put(engine, row("a", ANA))
    assert Resolver(engine).resolve([Probe(ref("x"), BEN)]) == {ref("x"): []}


def test_a_record_is_not_its_own_duplicate(engine: Engine) -> None:
    put(engine, row("a", ANA))
    assert Resolver(engine).resolve([Probe(ref("a"), ANA)]) == {ref("a"): []}


def test_a_batch_is_matched_against_itself(engine: Engine) -> None:
    found = Resolver(engine).resolve([Probe(ref("x"), ANA), Probe(ref("y"), BEN), Probe(ref("z"), ANA)])
    assert [(one.ref.id, one.in_batch) for one in found[ref("x")]] == [("z", True)]
    assert [one.ref.id for one in found[ref("z")]] == ["x"]
    assert not found[ref("y")]


def test_what_a_record_no_longer_says_finds_it_no_longer(engine: Engine) -> None:
    put(engine, row("a", ANA, PERSON))
    put(engine, row("a", BEN))
    resolver = Resolver(engine)
    assert not resolver.resolve([Probe(ref("x"), ANA)])[ref("x")]
    assert [one.person_id for one in resolver.resolve([Probe(ref("x"), BEN)])[ref("x")]] == [PERSON]


def test_a_record_taken_out_leaves_nothing(engine: Engine) -> None:
    put(engine, row("a", ANA), row("b", BEN))
    transact(engine, lambda session: remove_profiles(session, [ref("a")]))
    assert count(engine, "match_record") == 1
    assert count(engine, "match_key") == len(keys_of(profile_of(BEN)).all)


def test_what_is_forgotten_is_not_put_in_again(engine: Engine) -> None:
    with engine.begin() as session:
        session.execute(
            text("INSERT INTO record (connection, object, record_id, state) VALUES ('sales', 'lead', 'a', 'forgotten')")
        )
    put(engine, row("a", ANA), row("b", BEN))
    assert not Resolver(engine).resolve([Probe(ref("x"), ANA)])[ref("x")]
    assert count(engine, "match_record") == 1


def test_a_name_that_many_have_brings_nobody_by_itself(engine: Engine) -> None:
    crowd = [row(str(n), {"first_name": "Maria", "last_name": "Silva", "company": f"Firm {n} Robotics"}) for n in range(60)]
    put(engine, *crowd)
    resolver = Resolver(engine)
    assert not resolver.resolve([Probe(ref("x"), {"first_name": "Maria", "last_name": "Silva"})])[ref("x")]
    with_firm = {"first_name": "Maria", "last_name": "Silva", "company": "Firm 7 Robotics"}
    found = resolver.resolve([Probe(ref("x"), with_firm)])[ref("x")]
    assert found[0].ref.id == "7"


def test_one_who_came_fifty_times_is_found(engine: Engine) -> None:
    put(engine, *(row(str(n), ANA) for n in range(50)))
    found = Resolver(engine).resolve([Probe(ref("x"), ANA)])[ref("x")]
    assert found
    assert {one.verdict for one in found} == {"same"}
