"""Settings from the environment, checked once at start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

PREFIX = "LEADLINE_"


class SettingsError(ValueError):
    """A setting is wrong; the sentence names it and says what it should look like."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Seconds unless the name says otherwise."""

    home: Path
    database_url: str | None
    """None: an embedded PostgreSQL under `home`."""
    redis_url: str | None
    """None: an embedded Valkey under `home`."""
    public_url: str
    """Scheme and host under which the CRMs call us; HubSpot signs it."""
    secret_keys: tuple[str, ...]
    """Fernet keys, newest first; empty: one is made and kept in `home`."""
    max_waiting: int = 200_000
    """Deliveries not yet opened above which webhooks are answered 503."""
    min_disk_mb: int = 500
    """Free disk under which webhooks are answered 503."""
    settle_seconds: float = 30.0
    """How long an unanswered write is left alone before it is read back: a CRM may still apply it."""
    ring_seconds: float = 3.0
    """How often the clock rings again for what waits."""
    log: str = "info"
    """The least that is logged: debug shows every delivery, decision and write with its trace."""
    delivery_days: int = 30
    packet_months: int = 24


class _Environment(Schema):
    class Meta:
        unknown = EXCLUDE

    home = fields.String(load_default="./var")
    database_url = fields.String(load_default=None, validate=validate.Regexp(r"postgres(ql)?(\+psycopg)?://"))
    redis_url = fields.String(load_default=None, validate=validate.Regexp(r"(rediss?|unix)://"))
    public_url = fields.Url(load_default="http://127.0.0.1:8700", require_tld=False, schemes={"http", "https"})
    secret_keys = fields.String(load_default="")
    max_waiting = fields.Integer(load_default=200_000, validate=validate.Range(min=1))
    min_disk_mb = fields.Integer(load_default=500, validate=validate.Range(min=0))
    settle_seconds = fields.Float(load_default=30.0, validate=validate.Range(min=0.5, max=900))
    ring_seconds = fields.Float(load_default=3.0, validate=validate.Range(min=0.2, max=60))
    log = fields.String(load_default="info", validate=validate.OneOf(["debug", "info", "warning", "error"]))
    delivery_days = fields.Integer(load_default=30, validate=validate.Range(min=1))
    packet_months = fields.Integer(load_default=24, validate=validate.Range(min=1))

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Settings:
        data["home"] = Path(data["home"]).absolute()
        data["public_url"] = data["public_url"].rstrip("/")
        data["secret_keys"] = tuple(key.strip() for key in data["secret_keys"].split(",") if key.strip())
        return Settings(**data)


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Reads `LEADLINE_*`.

    Raises:
        SettingsError: naming every variable that is wrong.
    """
    given = {name[len(PREFIX) :].lower(): text for name, text in environment.items() if name.startswith(PREFIX) and text}
    try:
        settings: Settings = _Environment().load(given)
    except ValidationError as error:
        said = error.messages_dict.items()
        wrong = "; ".join(f"{PREFIX}{name.upper()}: {chr(32).join(map(str, why))}" for name, why in said)
        raise SettingsError(f"Settings from the environment are wrong. {wrong}") from error
    return settings
