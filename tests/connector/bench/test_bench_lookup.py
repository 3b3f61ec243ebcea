"""The benchmark of the match index, small: on a real server, and nothing is left behind. No time is judged here."""

import json
from pathlib import Path

from click.testing import CliRunner

from connector.bench.lookup import Crowd, measure
from connector.cli import leadline


def test_speed_and_accuracy_come_from_one_run() -> None:
    small, large = measure(sizes=[300, 900], lookups=120)
    assert small.details
    assert large.details
    assert (small.details["records"], large.details["records"]) == (300, 900), "the index grows from size to size"
    assert large.p50_ms
    assert large.p99_ms
    assert large.floor
    assert large.p50_ms <= large.p99_ms
    assert large.ratio == large.p50_ms / large.floor
    assert 0.5 < large.details["recall_same"] <= large.details["recall"] <= 1
    assert large.details["false_same"] <= large.details["false"] < 0.05


def test_the_same_seed_makes_the_same_index() -> None:
    one, other = (list(Crowd(4, 10).rows(0, 200)) for _ in range(2))
    assert one == other


def test_sizes_too_small_are_said(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(leadline, ["bench", "lookup", "--records", "10", "--lookups", "100"])
    assert outcome.exit_code == 2
    assert "from 100" in outcome.output


def test_the_command_speaks_json() -> None:
    outcome = CliRunner().invoke(leadline, ["bench", "lookup", "--records", "100", "--lookups", "40", "--json"])
    assert outcome.exit_code == 0, outcome.output
    [line] = json.loads(outcome.output[outcome.output.index("[{") :])
    assert line["details"]["records"] == 100
