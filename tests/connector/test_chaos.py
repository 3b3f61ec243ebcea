"""Small storms: twenty kills while both CRMs misbehave, and a Redis that forgets everything. `bench chaos` is the big one."""

from connector.bench.chaos import Storm, run_chaos


def test_nothing_is_lost_and_nothing_happens_twice_when_everything_dies() -> None:
    report = run_chaos(Storm(kills=20, seed=11, creations=6, edits=10, pause=0.4))

    assert len(report.ledger.kills) == 20
    assert report.findings == []
    assert report.packets >= report.records > 50


def test_nothing_depends_on_what_redis_remembers() -> None:
    report = run_chaos(Storm(kills=3, seed=12, creations=6, edits=10, pause=1.5, flush_redis=True))

    assert report.flushes
    assert report.findings == []
    assert report.packets >= report.records > 10
