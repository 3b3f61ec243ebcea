"""Who is like whom, over a real database: through the index, within a batch, and kept true by what happens to records."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from adapters.records import RecordRef
from config.fields import Values
from connector.match_learning import correct_weights, estimate_weights
from connector.resolving import Probe, Resolver
from connector.store.engine import open_engine, reading, transact, writing
from connector.store.match_index import MatchRow, put_profiles, remove_profiles
from connector.store.match_weights import weights_in_force
from connector.store.migrate import migrate
from scoring.match.keys import keys_of
from scoring.match.learning import Reviewed, TooFewError
from scoring.match.made_up import World
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
    with writing(engine) as session:
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


def test_a_mate_that_was_there_before_keeps_its_person_and_shows_what_it_says_now(engine: Engine) -> None:
    put(engine, row("z", ANA, PERSON))
    found = Resolver(engine).resolve([Probe(ref("x"), ANA), Probe(ref("z"), ANA)])
    assert [(one.ref.id, one.person_id, one.in_batch) for one in found[ref("x")]] == [("z", PERSON, True)]


def test_weights_are_estimated_through_the_index_and_kept_with_their_version(engine: Engine) -> None:
    world = World(8)
    people = [(str(number), world.row(one), world.again(one)) for number, one in enumerate(world.people(500))]
    put(engine, *(row(id_, one) for id_, one, _ in people), *(row(f"{id_}b", other) for id_, _, other in people))
    shipped = Resolver(engine).weights_now()
    learnt = estimate_weights(engine, who="test")
    assert learnt.version != shipped.version
    assert learnt.records == 1_000
    assert Resolver(engine).weights_now() == learnt
    stored = weights_in_force(engine)
    assert stored
    assert (stored.version, stored.who, stored.what) == (learnt.version, "test", "estimated")
    [likeness] = Resolver(engine).resolve([Probe(ref("x"), people[0][1])])[ref("x")][:1]
    assert likeness.weights_version == learnt.version


def test_reviewers_verdicts_become_a_version(engine: Engine) -> None:
    same, other = profile_of(ANA), profile_of({**ANA, "company": "Elsewhere AG"})
    verdicts = [Reviewed(same, other, same=True), Reviewed(same, same, same=False)] * 20
    weights = correct_weights(engine, verdicts, who="test")
    stored = weights_in_force(engine)
    assert stored
    assert (stored.version, stored.what) == (weights.version, "corrected")


def test_with_nothing_to_learn_from_the_weights_stay(engine: Engine) -> None:
    put(engine, row("a", ANA))
    with pytest.raises(TooFewError):
        estimate_weights(engine, who="test")
    assert weights_in_force(engine) is None
