"""Connections: one Salesforce org or HubSpot portal each, with its mapping, its modes and its sealed secrets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, Row, case, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from config.mapping import FieldMapping, mapping_document, parse_mapping
from connector.routing.rollout import DEFAULT_MODE, Mode
from connector.store.engine import reading, writing
from connector.store.schema import breaker, installation
from connector.store.schema import connection as table
from connector.vault import Vault, VaultError

LEADLINE: Final = "leadline"

RULE: Final = "rule"
"""Leadline chooses, and the org's active assignment rule sets: the one that `install` makes reads whom we chose."""


@dataclass(frozen=True, slots=True)
class CrmConnection:
    """Everything about one connection but its tokens. `secrets` and `credentials` exist in clear only in memory."""

    name: str
    kind: str
    account: str
    """Portal id or org id."""
    base_url: str
    api: str
    mapping: FieldMapping
    app_id: str = ""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    """Lead source in lower case, or "" for every other, to mode; nothing said is shadow."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """nobody: owner ids that count as nobody · daily_calls, burst_calls, burst_seconds: the vendor's limits."""
    paused: bool = False
    environment: str = ""
    """production or sandbox, as an admin declared it and the org confirmed; empty where nobody has."""
    title: str = ""
    """The org's own name."""
    inbound_secrets: tuple[str, ...] = field(default=(), repr=False)
    """What authenticates webhooks, newest first; two are valid during a rotation."""
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    listed: Mapping[str, frozenset[str]] | None = None
    """By object, both in lower case, the fields that the installation listed: all that may be written. Empty: nothing is
    installed there. None: it does not come from the store, and its mapping says what it would write."""
    unreadable: str = ""
    """Why its secrets cannot be opened; then it has none, and only connecting it again gives it new ones."""
    connected_at: datetime | None = field(default=None, compare=False)
    """Since when Leadline listens there; None before it is stored."""

    @property
    def sweep_only(self) -> bool:
        """Nothing authenticates webhooks, so none is taken: a HubSpot token without an app."""
        return not self.inbound_secrets

    @property
    def installed(self) -> bool:
        """Whether anything may be written there at all."""
        return self.listed is None or bool(self.listed)

    @property
    def writable(self) -> FieldMapping:
        """The mapping, without the outputs that no installation has listed."""
        return self.mapping if self.listed is None else self.mapping.only(self.listed)

    @property
    def owner_by(self) -> str:
        """Who sets owners there: `leadline`; `rule`, the org's assignment rule after each decision of ours; or
        `salesforce_sync` (HubSpot's own integration), and then only scores are written."""
        return str(self.options.get("owner_by") or LEADLINE)

    def mode_of(self, source: str) -> Mode:
        """How far Leadline may act on a lead of this source."""
        return self.modes.get(source.strip().lower()) or self.modes.get("") or DEFAULT_MODE


def put_connection(connection: Connection, vault: Vault, crm: CrmConnection) -> None:
    """Creates or replaces a connection.

    Raises:
        VaultError: its secrets could not be opened, and would be lost for good.
    """
    if crm.unreadable:
        raise VaultError(crm.unreadable)
    sealed = vault.seal(json.dumps({"inbound": crm.inbound_secrets, "credentials": dict(crm.credentials)}))
    values = {
        "name": crm.name,
        "kind": crm.kind,
        "account": crm.account,
        "app_id": crm.app_id,
        "base_url": crm.base_url,
        "api": crm.api,
        "mapping": mapping_document(crm.mapping),
        "modes": dict(crm.modes),
        "options": dict(crm.options),
        "sealed": sealed,
        "paused": crm.paused,
        "environment": crm.environment,
        "title": crm.title,
    }
    connection.execute(insert(table).values(values).on_conflict_do_update(index_elements=[table.c.name], set_=values))


_LISTED: Final = case((installation.c.state.in_(("applying", "applied")), installation.c.listed)).label("listed")
"""What is being taken out, or was, lists nothing any more."""

_ALL: Final = select(table, _LISTED).outerjoin(installation, installation.c.connection == table.c.name)


def all_connections(engine: Engine, vault: Vault) -> Mapping[str, CrmConnection]:
    with reading(engine) as connection:
        rows = connection.execute(_ALL.order_by(table.c.name)).all()
    return {row.name: _opened(row, vault) for row in rows}


def locked_connection(connection: Connection, vault: Vault, name: str) -> CrmConnection | None:
    """One connection as it stands, locked until the transaction ends: whoever changes it writes it whole."""
    row = connection.execute(_ALL.where(table.c.name == name).with_for_update(of=table)).first()
    return _opened(row, vault) if row else None


def _opened(row: Row[Any], vault: Vault) -> CrmConnection:
    """One that no key opens must not stop the others."""
    secrets: dict[str, Any] = {"inbound": (), "credentials": {}}
    unreadable = ""
    try:
        secrets = json.loads(vault.open(row.sealed))
    except VaultError as error:
        unreadable = str(error)
    return CrmConnection(
        name=row.name,
        kind=row.kind,
        account=row.account,
        app_id=row.app_id,
        base_url=row.base_url,
        api=row.api,
        mapping=parse_mapping(row.mapping),
        modes=row.modes,
        options=row.options,
        paused=row.paused,
        environment=row.environment,
        title=row.title,
        inbound_secrets=tuple(secrets["inbound"]),
        credentials=secrets["credentials"],
        listed={object_: frozenset(names) for object_, names in (row.listed or {}).items()},
        unreadable=unreadable,
        connected_at=row.created_at,
    )


def set_mode(connection: Connection, name: str, source: str, mode: str) -> None:
    change = text("UPDATE connection SET modes = modes || CAST(:one AS jsonb) WHERE name = :name")
    connection.execute(change, {"one": json.dumps({source.strip().lower(): mode}), "name": name})


def set_option(connection: Connection, name: str, option: str, value: object) -> None:
    change = text("UPDATE connection SET options = options || CAST(:one AS jsonb) WHERE name = :name")
    connection.execute(change, {"one": json.dumps({option: value}), "name": name})


def set_paused(connection: Connection, name: str, *, paused: bool) -> None:
    connection.execute(update(table).where(table.c.name == name).values(paused=paused))


def move_connection(connection: Connection, name: str, base_url: str) -> None:
    """The vendor has moved the org's API to another host."""
    connection.execute(update(table).where(table.c.name == name).values(base_url=base_url))


_TRIP = text("""
    INSERT INTO breaker (connection, failures, open_until) VALUES (:name, 1, clock_timestamp() + make_interval(secs => :first))
    ON CONFLICT (connection) DO UPDATE SET failures = breaker.failures + 1, open_until =
        clock_timestamp() + make_interval(secs => LEAST(:most, :first * power(2, LEAST(breaker.failures, 10))))
""")


def trip_breaker(engine: Engine, name: str, *, first: float = 2.0, most: float = 60.0) -> None:
    """The CRM did not answer: leave it alone for a while, longer each time."""
    with writing(engine) as connection:
        connection.execute(_TRIP, {"name": name, "first": first, "most": most})


def breaker_of(engine: Engine, name: str) -> Literal["closed", "open", "ajar"]:
    """open: the CRM is left alone · ajar: its time is over, and the first answer closes it, whichever process gets that."""
    query = text("SELECT open_until > clock_timestamp() FROM breaker WHERE connection = :name")
    with reading(engine) as connection:
        found = connection.execute(query, {"name": name}).scalar_one_or_none()
    return "closed" if found is None else "open" if found else "ajar"


def breaker_open(engine: Engine, name: str) -> bool:
    return breaker_of(engine, name) == "open"


def close_breaker(engine: Engine, name: str) -> None:
    """The CRM answered."""
    with writing(engine) as connection:
        connection.execute(delete(breaker).where(breaker.c.connection == name))


def names(engine: Engine) -> Sequence[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(table.c.name).order_by(table.c.name)).scalars())
