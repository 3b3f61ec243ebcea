"""Fixtures for the sandbox's own tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.sandbox.hubspot_sandbox import Portal, portal


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Portal]:
    """A portal with Leadline's fields, no limits and an up-to-date search."""
    with portal(tmp_path) as made:
        yield made


@pytest.fixture
def strict_hub(tmp_path: Path) -> Iterator[Portal]:
    """A portal with its limits on."""
    with portal(tmp_path, limits=True) as made:
        yield made
