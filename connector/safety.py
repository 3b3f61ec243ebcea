"""Is it safe: what Leadline may do in a CRM, what it did, whom it speaks to, and what it keeps here until when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.checkup import Right
from adapters.egress import origin_of, text_of
from adapters.errors import AdapterError
from config.fields import PERSONS_OUTPUTS
from connector.store.connections import CrmConnection
from connector.store.standings import WrittenField, fields_written, kept, tasks_written
from connector.wiring import Services

DAYS: Final = 30

OWNER: Final = "owner"
"""What receipts call the owner, which is no field of ours."""


@dataclass(frozen=True, slots=True)
class Host:
    address: str
    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is stored here about this connection."""

    what: str
    rows: int
    oldest: datetime | None
    until: str


@dataclass(frozen=True, slots=True)
class Safety:
    connection: str
    rights: tuple[Right, ...]
    unasked: str
    """Why the rights are not known; empty where they are."""
    writable: tuple[str, ...]
    """Every field that may be written there; whatever else is asked for is refused before it leaves."""
    written: tuple[WrittenField, ...]
    tasks: int
    hosts: tuple[Host, ...]
    kept: tuple[Kept, ...]
    keys: str

    @property
    def spare(self) -> tuple[Right, ...]:
        return tuple(one for one in self.rights if one.held and one.need == "none")

    @property
    def lacking(self) -> tuple[Right, ...]:
        return tuple(one for one in self.rights if one.held is False and one.need == "leads")


def look(services: Services, crm: CrmConnection) -> Safety:
    """A handful of calls that read."""
    rights, unasked = _rights(services, crm)
    return Safety(
        connection=crm.name,
        rights=rights,
        unasked=unasked,
        writable=tuple(_writable(crm)),
        written=fields_written(services.engine, crm.name, DAYS),
        tasks=tasks_written(services.engine, crm.name, DAYS),
        hosts=tuple(_hosts(crm)),
        kept=tuple(_kept(services, crm.name)),
        keys=_keys(services),
    )


def _rights(services: Services, crm: CrmConnection) -> tuple[tuple[Right, ...], str]:
    try:
        with services.checkup(crm) as checkup:
            return tuple(checkup.rights()), ""
    except AdapterError as error:
        return (), str(error)


def _writable(crm: CrmConnection) -> Iterator[str]:
    for mapping in crm.writable.objects():
        for output, field in mapping.outputs.items():
            if output not in PERSONS_OUTPUTS:
                yield f"{mapping.object}.{field}"


def _hosts(crm: CrmConnection) -> Iterator[Host]:
    """As the adapters' transports enforce it: each takes the host it was made for, and no other."""
    addresses = {crm.base_url: f"its API, {crm.api}", crm.credentials.get("login_url", ""): "to log in"}
    seen: dict[str, list[str]] = {}
    for url, why in addresses.items():
        if origin := origin_of(url):
            seen.setdefault(text_of(origin), []).append(why)
    yield from (Host(address, " and ".join(why)) for address, why in seen.items())


def _kept(services: Services, name: str) -> Iterator[Kept]:
    found, settings = kept(services.engine, name), services.settings
    days, months = f"{settings.delivery_days} days", f"{settings.packet_months} months"
    words: Mapping[str, tuple[str, str]] = {
        "delivery": ("webhooks as they came, whole", days),
        "event": ("which record changed when, without its values", days),
        "document": ("decisions and receipts, personal values sealed", months),
        "record_key": ("the keys of those seals, one a record", "somebody is forgotten"),
        "record": ("what was decided last for each record", "somebody is forgotten"),
        "dead_letter": ("what could not be done", "somebody retries or drops it"),
        "outbox": ("what is still to be written", "it is written"),
    }
    for table, (what, until) in words.items():
        rows, oldest = found[table]
        yield Kept(what, rows, oldest, until)


def _keys(services: Services) -> str:
    count = len(services.settings.secret_keys)
    where = f"LEADLINE_SECRET_KEYS, {count} of them" if count else f"{services.settings.home / 'secret.key'}"
    return f"Tokens, secrets and the keys of records are encrypted with keys from {where}; none is in the database."
