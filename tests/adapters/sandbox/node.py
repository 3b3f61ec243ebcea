"""Programs for Node that no one here wrote, kept outside the repository."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

HOME = Path(os.environ.get("LEADLINE_NODE_HOME") or Path(tempfile.gettempdir()) / "leadline-node")
"""Where packages for Node are looked for: its `node_modules`."""


def needed(package: str, version: str) -> Path:
    """The folder of a package's `node_modules`; without it, or without Node, the test is not run and says how to have it run."""
    install = f"npm install --prefix {HOME} {package}@{version}"
    if shutil.which("node") is None:
        pytest.skip(f"Not run: it needs Node 18 or newer, and then: {install}")
    if not (HOME / "node_modules" / package / "package.json").is_file():
        pytest.skip(f"Not run: {package} is not installed. To run it: {install}")
    return HOME / "node_modules"


def run(script: Path, modules: Path, task: dict[str, Any]) -> Any:
    """Runs a script with a task on its standard input; its answer as JSON."""
    done = subprocess.run(
        ["node", str(script)],  # noqa: S607 - whichever Node the machine has
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
