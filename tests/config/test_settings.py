"""Settings from the environment: what they are by themselves, and what is wrong with them, by name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import SettingsError, load_settings


def test_an_empty_environment_runs_everything_here() -> None:
    settings = load_settings({})
    assert settings.home == Path("var").absolute()
    assert (settings.database_url, settings.redis_url, settings.secret_keys) == (None, None, ())
    assert settings.public_url == "http://127.0.0.1:8700"


def test_what_is_set_counts_and_what_is_empty_does_not() -> None:
    settings = load_settings(
        {
            "LEADLINE_PUBLIC_URL": "https://leads.acme.example/",
            "LEADLINE_DATABASE_URL": "postgres://db/leadline",
            "LEADLINE_REDIS_URL": "rediss://cache:6380/1",
            "LEADLINE_SECRET_KEYS": " new , old ,",
            "LEADLINE_RING_SECONDS": "",
            "LEADLINE_SETTLE_SECONDS": "45.5",
            "LEADLINE_SOMETHING_ELSE": "1",
            "HOME": "/nowhere",
        }
    )
    assert settings.public_url == "https://leads.acme.example"
    assert settings.secret_keys == ("new", "old")
    assert (settings.ring_seconds, settings.settle_seconds) == (3.0, 45.5)
    assert settings.redis_url == "rediss://cache:6380/1"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_URL", "mysql://root:hunter2@db/leads"),
        ("REDIS_URL", "http://hunter2@cache"),
        ("PUBLIC_URL", "hunter2"),
        ("PUBLIC_URL", "ftp://hunter2"),
        ("SETTLE_SECONDS", "nan"),
        ("SETTLE_SECONDS", "0"),
        ("RING_SECONDS", "hunter2"),
        ("MAX_WAITING", "-1"),
        ("PACKET_MONTHS", "1.5"),
        ("DELIVERY_DAYS", "0"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({f"LEADLINE_{name}": text})
    assert f"LEADLINE_{name}" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"LEADLINE_MAX_WAITING": "many", "LEADLINE_REDIS_URL": "here"})
    assert "LEADLINE_MAX_WAITING" in str(refused.value)
    assert "LEADLINE_REDIS_URL" in str(refused.value)


NAMES = ["HOME", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEYS", "MAX_WAITING", "SETTLE_SECONDS", "RING_SECONDS"]


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_any_environment_is_read_or_refused(texts: dict[str, str]) -> None:
    try:
        settings = load_settings({f"LEADLINE_{name}": text for name, text in texts.items()})
    except SettingsError:
        return
    assert settings.home.is_absolute()
    assert not settings.public_url.endswith("/")
