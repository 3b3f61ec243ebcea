"""One audit from its beginning to its figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.errors import AdapterError
from adapters.records import Lead
from config.policy import Hours, Policy
from config.profile import Profile
from connector.audit import cost, duplicates, quality
from connector.audit.cost import Metered
from connector.audit.figures import VERSION, Audit, Figure
from connector.audit.ownership import Ownership, owned, shares
from connector.audit.reading import AuditError, Material, Progress, Reader, emails_of
from connector.audit.speed import FirstTouches, first_touches, speed
from connector.audit.words import thing
from connector.audit.would import would
from connector.moments import moment_text
from connector.store.connections import CrmConnection
from connector.wiring import Services


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    days: int = 90
    most: int = 20_000
    """Records of one CRM that are read; the window is shortened where it holds more."""
    across: bool = True
    """Other connected CRMs are read too, for duplicates."""
    hide_names: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What the figures are counted under."""

    crm: CrmConnection
    policy: Policy
    profile: Profile
    hide_names: bool


def take(services: Services, crm: CrmConnection, wish: Wish, progress: Progress, *, now: datetime | None = None) -> Audit:
    """Reads, counts and gives back the audit; keeps nothing.

    Raises:
        adapters.errors.AdapterError: the CRM does not answer, or its records may not be read.
        connector.audit.reading.AuditError: more records on a day than may be read.
    """
    until = (now or datetime.now(UTC)).replace(microsecond=0)
    with services.measured(crm) as (adapter, meter):
        reader = Reader(adapter, adapter.history(), progress)
        days = reader.window(wish.days, until, wish.most)
        material = reader.read(until - timedelta(days=days), until)
    others = _others(services, crm, material, wish, progress) if wish.across else None
    situation = Situation(crm, services.policy, services.profile, wish.hide_names)
    progress("counting", 0, 1)
    figures = count(situation, material, others, Metered.of(meter), days)
    progress("counting", 1, 1)
    return _audit(situation, material, figures, days, wish)


def _others(
    services: Services, crm: CrmConnection, material: Material, wish: Wish, progress: Progress
) -> Mapping[str, list[Lead] | str]:
    """The records of every other CRM that could be the same people's, or why they could not be read."""
    found: dict[str, list[Lead] | str] = {}
    emails = emails_of([one.lead for one in material.created])
    for name, other in services.connections().items():
        if name == crm.name:
            continue
        try:
            found[name] = _of_other(services, other, material, emails, wish, progress)
        except (AdapterError, AuditError) as error:
            found[name] = str(error)
    return found


def _of_other(
    services: Services, other: CrmConnection, material: Material, emails: list[str], wish: Wish, progress: Progress
) -> list[Lead]:
    def told(what: str, done: int, of: int) -> None:
        progress(f"{other.name}: {what}", done, of)

    with services.measured(other) as (adapter, _):
        reader = Reader(adapter, adapter.history(), told)
        days = reader.window((material.until - material.since).days, material.until, wish.most)
        created = reader.records(material.until - timedelta(days=days), material.until)
        sharing = reader.sharing(emails)
    return list({lead.ref: lead for lead in [*(one.lead for one in created), *sharing]}.values())


def count(
    situation: Situation, material: Material, others: Mapping[str, list[Lead] | str] | None, metered: Metered, days: int
) -> tuple[Figure, ...]:
    """Every figure. Pure."""
    policy, things = situation.policy, thing(situation.crm.mapping.object)
    ownership = Ownership(material, _nobody(situation), situation.hide_names)
    found = first_touches(material, ownership)
    matched = duplicates.matched(material)
    return (
        cost.created(material, policy.hours.zone, days, things),
        *speed(found, things, policy.hours),
        *owned(ownership, things),
        duplicates.inside(material, matched, things),
        duplicates.across(material, matched, others, things),
        shares(ownership, things, _touched(found)),
        quality.sources(found, things),
        quality.fill(material, policy, things, situation.crm.mapping.inputs),
        *would(material, matched, policy, situation.profile, things),
        cost.cost(material, metered, cost.busiest_day(material, policy.hours.zone)),
    )


def _nobody(situation: Situation) -> frozenset[str]:
    return frozenset(map(str, situation.crm.options.get("nobody", ()))) | situation.policy.nobody


def _touched(found: FirstTouches) -> Mapping[str, int]:
    """Owner id to how many of the records they hold today were touched, by whomever."""
    if not found.material.touches_known:
        return {}
    held = {one.lead.owner_id or "": 0 for one in found.material.created}
    for one in found.material.created:
        held[one.lead.owner_id or ""] += found.touched(one)
    return held


def _audit(situation: Situation, material: Material, figures: tuple[Figure, ...], days: int, wish: Wish) -> Audit:
    crm, policy = situation.crm, situation.policy
    notes = []
    if days < wish.days:
        notes.append(
            f"The window of {wish.days} days holds more than {wish.most:,} records, so only its last {days} days were read; "
            "--most raises that."
        )
    return Audit(
        version=VERSION,
        connection=crm.name,
        kind=crm.kind,
        object=crm.mapping.object,
        taken_at=moment_text(material.until),
        since=moment_text(material.since),
        until=moment_text(material.until),
        days=days,
        zone=str(policy.hours.zone),
        hours=hours_said(policy.hours),
        policy=policy.version,
        profile=situation.profile.version,
        figures=figures,
        notes=tuple(notes),
    )


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hours_said(hours: Hours) -> str:
    """`Mon Tue Wed Thu Fri 09:00-17:00`."""
    days = " ".join(_DAYS[day] for day in sorted(hours.days))
    return f"{days} {hours.opens // 60:02}:{hours.opens % 60:02}-{hours.closes // 60:02}:{hours.closes % 60:02}"
