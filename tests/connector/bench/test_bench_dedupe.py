"""`bench dedupe`: people of a seed, our own run judged against who they are."""

from click.testing import CliRunner

from connector.bench.dedupe import measure
from connector.bench.people import KINDS, people
from connector.cli import leadline


def test_people_of_a_seed_are_the_same_and_further_records_are_of_someone() -> None:
    made = people(3, 400)
    assert made == people(3, 400) != people(4, 400)
    assert len(made.rows) == 400
    persons = {row["id"]: row["cluster"] for row in made.rows}
    assert len(made.kinds) == 60
    assert all(f"P{persons[id_]}" in persons for id_ in made.kinds)


def test_our_run_is_judged_by_kind_beside_its_speed() -> None:
    (result,) = measure(records=600, seed=2, peer=None)
    assert result.details is not None
    ours = result.details["ours"]
    assert set(ours["by_kind"]) == set(KINDS)
    assert 0.5 < ours["f1"] <= 1
    assert result.ours is not None
    assert result.floor is result.ratio is None


def test_a_peer_that_fails_is_said() -> None:
    answer = CliRunner().invoke(leadline, ["bench", "dedupe", "--records", "100", "--peer", "/bin/false"])
    assert answer.exit_code == 1
    assert "did not come to an end: /bin/false" in answer.stderr
