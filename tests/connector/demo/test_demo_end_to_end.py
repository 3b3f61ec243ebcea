"""The whole demo in a process of its own, once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def _run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")}
    command = [sys.executable, "-m", "connector", "demo", *arguments]
    return subprocess.run(command, env=own | environment, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.slow
def test_twenty_leads_go_all_the_way() -> None:
    ran = _run("--once", "--json", "--count", "20")
    document = json.loads(ran.stdout)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert (document["leads"], document["in_limbo"], document["limbo"]) == (20, 0, [])
    assert document["packets"] == document["packets_verified"] == 20 - document["duplicates"]
    assert document["duplicates"] == document["repeats_sent"]
    assert sum(document["by_grade"].values()) == 20
    assert 0 < document["p50_ms"] <= document["p99_ms"]
    assert document["crm_calls_per_lead"] > 0


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    ran = _run("--once", LEADLINE_HOME=str(tmp_path))
    assert ran.returncode == 2
    assert "holds something already" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["postgres"]


def test_what_is_no_file_is_one_sentence(tmp_path: Path) -> None:
    ran = _run("--once", "--json", "--leads", str(tmp_path / "none.csv"))
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1
