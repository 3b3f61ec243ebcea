"""Where the secret keys come from: LEADLINE_SECRET_KEYS, or a file in the home folder that Leadline keeps by itself."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from config.settings import Settings
from connector.vault import new_key


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """The keys from the environment, or one made at the first start and kept in the home folder; newest first."""
    if settings.secret_keys:
        return settings.secret_keys
    path = key_file(settings)
    if not path.exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        draft = _draft(path, [new_key()])
        with suppress(FileExistsError):
            path.hardlink_to(draft)  # the first process wins, whole
        draft.unlink()
    return _read(path)


def present_secret_keys(settings: Settings) -> tuple[str, ...]:
    """As `secret_keys`, where nothing may be made: empty if there are none."""
    path = key_file(settings)
    return settings.secret_keys or (_read(path) if path.exists() else ())


def key_file(settings: Settings) -> Path:
    return settings.home / "secret.key"


def write_keys(settings: Settings, keys: Sequence[str]) -> None:
    """Replaces the file's keys at once and whole: whoever reads it meanwhile reads the old or the new ones."""
    path = key_file(settings)
    _draft(path, keys).replace(path)
    if hasattr(os, "O_DIRECTORY"):  # what is sealed next must not outlive the key in a crash of the machine
        folder = os.open(path.parent, os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)


def _draft(path: Path, keys: Sequence[str]) -> Path:
    """A file of our user alone, on disk before it takes the other's place: losing it would lose every secret."""
    draft = path.with_suffix(f".{os.getpid()}")
    with open(draft, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft


def _read(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="ascii").replace(",", " ").split())
