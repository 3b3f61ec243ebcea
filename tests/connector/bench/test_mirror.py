"""A small run of the benchmark of size: everything is found and nothing done twice, though processes die."""

from connector.bench.growth import Step, findings
from connector.bench.mirror import run_mirror
from connector.bench.mirror_report import Size, some


def test_two_crms_are_read_changed_and_swept_while_processes_die() -> None:
    report = run_mirror(Size(records=1_500, changes=150, missed=0.2, kills=2, quiet=False, busy=0, seed=7, lag=0.5))

    assert report.findings == []
    assert report.kills == ["backfill", "sweep"]
    assert set(report.after_backfill.values()) == {0}
    assert report.throttled == {"salesforce": 0, "hubspot": 0}
    for kind in ("salesforce", "hubspot"):
        assert report.counted[f"{kind}: there"] == report.counted[f"{kind}: compared by value"] == 1_500
    assert report.counted["to be decided"] == report.counted["packets"] == 6
    assert report.memory["worker"] > 0


def test_the_same_finding_a_thousand_times_is_told_twenty_times() -> None:
    told = some([f"hubspot {number}: is missing" for number in range(1_000)] + ["hubspot 5: was decided about"])
    assert len(told) == 22
    assert "... and 980 more like the last one" in told


def test_what_grows_with_the_mirror_is_a_finding() -> None:
    small = Step(10_000, 1.0, 2.0, 0.5, 0.5, read=9.0, walked={"record": 40_000}, worker_mb=150.0)
    assert list(findings([small, Step(10**6, 1.2, 2.1, 0.5, 0.5, read=9.0, walked={"record": 0}, worker_mb=390.0)])) == []
    found = list(findings([small, Step(10**6, 1.2, 3.1, 0.5, 0.5, read=9.0, walked={"record": 10**6}, worker_mb=401.0)]))
    assert [sentence.split()[0] for sentence in found] == ["drain_ms:", "record", "a"]
