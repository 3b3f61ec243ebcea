"""The benchmarks themselves, small: on real servers and processes, and nothing is left behind. No number is judged here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.bench.pipeline import measure as measure_pipeline
from connector.bench.receiver import measure as measure_receiver
from connector.bench.siege import lay_siege
from connector.cli import leadline


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary folders: empty again when a benchmark is over."""
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == tmp_path.stat().st_uid and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def test_the_receiver_is_measured_beside_its_floor() -> None:
    one, large, both = measure_receiver(pairs=1, seconds=0.1, cases=["hubspot-1", "salesforce-100"])
    assert one.ours
    assert one.floor
    assert large.ours
    assert both.ours == pytest.approx(2 / (1 / one.ours + 1 / large.ours)), "the times of one of each, added"
    assert one.ratio == pytest.approx(one.ours / one.floor)
    assert one.p50_ms
    assert one.p99_ms
    assert one.p50_ms <= one.p99_ms


def test_the_pipeline_is_measured_beside_one_job_per_lead() -> None:
    backlog, quiet = measure_pipeline(leads=40, sample=4, workers=2, pairs=1, quiet=2)
    assert backlog.ours
    assert backlog.floor
    assert backlog.crm_calls_per_lead
    assert backlog.details
    [peers] = backlog.details["peer_calls_per_lead"]
    assert backlog.crm_calls_per_lead < peers, "a batch makes fewer calls than its leads one by one"
    assert quiet.p50_ms
    assert quiet.p50_ms >= 200, "a read and a write that take 100 ms each lie between the webhook and the field"


def test_a_siege_counts_every_request() -> None:
    report = lay_siege(60, seed=3)
    assert sum(report.by_status.values()) == report.sent == 60
    assert 200 in report.by_status
    assert (report.accepted_wrongly, report.refused_wrongly, report.server_errors) == (0, 0, 0)


def test_the_command_answers_a_program_in_json() -> None:
    answer = CliRunner().invoke(leadline, ["bench", "forge", "--count", "30", "--seed", "5", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["sent"] == 30
