"""Putting Leadline into a CRM and taking it out again: plan, apply, remove, purge.

One at a time for each connection. Everything done is booked as it is done, and whatever was interrupted is gone on with:
the kit works from what it finds in the CRM, never from what was done before.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.kit import Kit, Plan, Step, Usage, Wanted
from adapters.records import Owner
from config.fields import OUTPUTS
from config.mapping import shipped_mapping
from connector.store.connections import LEADLINE, RULE, CrmConnection, set_option, set_paused
from connector.store.engine import transact
from connector.store.installs import (
    State,
    accept_fields,
    begin_installation,
    drop_open_writes,
    end_installation,
    step_done,
    stop_clocks,
    tasks_made,
    things_made,
)
from connector.store.seats import set_seats
from connector.store.singleton import only_one
from connector.wanted import wanted
from connector.wiring import Services, utc_now

Done = Callable[[Step], None]


class InstallError(RuntimeError):
    """The installation cannot be done as asked; the sentence says why, and what to do."""


class InUseError(InstallError):
    """Somebody uses our fields."""

    def __init__(self, usages: tuple[Usage, ...]) -> None:
        super().__init__("Nothing was removed: our fields are still used. Take them out there first, then purge again.")
        self.usages = usages


@dataclass(frozen=True, slots=True)
class Removal:
    """How to take it out."""

    heir: str
    """E-mail of a person, or name of a queue, to whom leads in our queues go."""
    purge: bool = False
    out: Path | None = None
    """Where values are exported to before a purge; under the home folder where nothing is said."""


def plan(services: Services, crm: CrmConnection) -> Plan:
    """What `apply` would do. Writes nothing anywhere."""
    with services.kit(crm) as kit:
        found = kit.plan(_wanted(services, crm))
        return replace(found, steps=(*found.steps, *_owner_steps(crm, kit)))


def _owner_steps(crm: CrmConnection, kit: Kit) -> Iterator[Step]:
    """Where something in the CRM decides about owners, Leadline leaves them to it; once it is gone, they are Leadline's again."""
    elsewhere = kit.owner_elsewhere()
    if crm.owner_by == RULE and not elsewhere:
        return  # an operator's choice, by `leadline owner`
    if elsewhere is not None and (elsewhere or LEADLINE) != crm.owner_by:
        line = f"decided by {crm.owner_by} ► {elsewhere or LEADLINE}" + (
            "; scores are written, and no owner" if elsewhere else ""
        )
        yield Step("owner", crm.name, "change", (line,))


def _set(services: Services, crm: CrmConnection, option: str, value: str) -> None:
    transact(services.engine, lambda session: set_option(session, crm.name, option, value))
    services.refresh()


def _read_owners(services: Services, crm: CrmConnection) -> None:
    owners = services.adapter(services.connections()[crm.name]).owners()
    transact(services.engine, lambda session: set_seats(session, crm.name, owners))
    services.refresh()


def unlisted_fields(crm: CrmConnection) -> Sequence[str]:
    """`Lead.Score__c`: what the mapping would write, and no installation listed. Without an installation that is everything."""
    listed = {(one.object, field) for one in crm.writable.objects() for field in one.outputs.values()}
    rows = (row for one in crm.mapping.objects() for row in one.rows() if row.direction == "write")
    return [f"{row.object}.{row.field}" for row in rows if (row.object, row.field) not in listed]


def accept(services: Services, crm: CrmConnection) -> Sequence[str]:
    """Lists what the mapping writes as it is, without making anything: for fields that somebody else made, or deployed.

    Returns:
        What was not listed before.

    Raises:
        InstallError: the CRM lacks one of them, or it does not fit; or another install is at work.
    """
    added = unlisted_fields(crm)
    with _alone(services, crm):
        unfit = [one for one in services.adapter(crm).check() if one.fatal and one.name in OUTPUTS]
        if unfit:
            raise InstallError(f"Nothing was listed: {unfit[0].what} {unfit[0].fix}")
        transact(services.engine, lambda session: accept_fields(session, crm.name, crm.mapping))
        services.refresh()
    return added


def plan_removal(services: Services, crm: CrmConnection, *, purge: bool) -> tuple[Plan, tuple[Usage, ...]]:
    """What `remove` would do, and who would stand in the way of a purge. Writes nothing anywhere."""
    goal = _wanted(services, crm)
    with services.kit(crm) as kit:
        return kit.plan_removal(goal, purge=purge), tuple(kit.usages(goal)) if purge else ()


def files(services: Services, crm: CrmConnection) -> Mapping[str, bytes]:
    """The installation as files, for the vendor's own command line. The webhook's secret is in them."""
    with services.kit(crm) as kit:
        return kit.files(_wanted(services, crm))


def hubspot_app(services: Services, name: str) -> Mapping[str, bytes]:
    """HubSpot's project app for a connection still to be made: no connection without an app, no app without its files.

    Raises:
        InstallError: the name cannot stand in a webhook's address.
    """
    from adapters.hubspot.install_app import project_files  # noqa: PLC0415 - as in connector.crms
    from adapters.hubspot.install_subscriptions import properties_heard  # noqa: PLC0415

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", name):
        raise InstallError(f"{name!r} cannot be a connection's name; use letters, digits, - and _.")
    heard = properties_heard(list(shipped_mapping("hubspot").inputs.values()))
    return project_files(name, f"{services.public_url}/webhooks/hubspot/{name}", heard, static=False)


def apply(services: Services, crm: CrmConnection, done: Done) -> None:
    """Does what the plan of this moment names. Owners are read anew, since queues may have come.

    Raises:
        InstallError: another one is at work, or our web address is not known.
        adapters.errors.AdapterError: the CRM refuses; what was done is booked, and the next apply goes on from there.
    """
    goal = _wanted(services, crm)
    with _alone(services, crm), services.kit(crm) as kit:
        _begin(services, crm, "applying", goal)
        kit.apply(goal, _booking(services, crm, done))
        for step in _owner_steps(crm, kit):
            _set(services, crm, "owner_by", kit.owner_elsewhere() or LEADLINE)
            done(step)
        _end(services, crm, "applied")
    if crm.kind == "hubspot":
        _set(services, crm, "lanes", "lists")
    _read_owners(services, crm)


def remove(services: Services, crm: CrmConnection, done: Done, how: Removal) -> None:
    """Stops writing, closes what is open, and takes out everything but fields that hold values; a purge those too.

    Raises:
        InUseError: with `purge`, while somebody uses our fields; nothing was changed.
        InstallError: another one is at work, or the heir is nobody there.
    """
    goal = _wanted(services, crm)
    heir = _heir(services, crm, how.heir)
    with _alone(services, crm), services.kit(crm) as kit:
        if how.purge and (usages := tuple(kit.usages(goal))):
            raise InUseError(usages)
        _stop_writing(services, crm, kit, goal, done)
        if how.purge:
            path = how.out or services.settings.home / "exports" / f"{crm.name}-{utc_now():%Y%m%dT%H%M%SZ}.csv"
            done(Step("values", str(path), "keep", (f"{_export(kit, goal, path)} records exported",)))
        kit.remove(goal, _booking(services, crm, done), heir=heir, purge=how.purge)
        if crm.kind == "hubspot":
            _set(services, crm, "lanes", "")
        _end(services, crm, "removed")


def _stop_writing(services: Services, crm: CrmConnection, kit: Kit, goal: Wanted, done: Done) -> None:
    """From here on nothing is sent. Whatever is being written just now is waited for, and what waits is let go."""
    transact(services.engine, lambda session: set_paused(session, crm.name, paused=True))
    services.refresh()
    with only_one(services.engine, f"deliver:{crm.name}") as quiet:
        if not quiet:
            raise InstallError(f"{crm.name} is paused now, but a batch is still being written; do the same again in a minute.")
        _begin(services, crm, "removing", goal)
        dropped = transact(services.engine, lambda session: drop_open_writes(session, crm.name))
        stopped = transact(services.engine, lambda session: stop_clocks(session, crm.name))
        closed = kit.close_tasks(tasks_made(services.engine, crm.name))
    for kind, count, which in (("writes", dropped, "not sent yet"), ("clocks", stopped, "running"), ("tasks", closed, "open")):
        if count:
            done(Step(kind, f"{which}: {count}", "remove"))


def _export(kit: Kit, goal: Wanted, path: Path) -> int:
    """Writes every value of our fields as CSV, whole or not at all; returns how many records had one."""
    columns = ["id", *sorted(field.field for field in goal.fields if field.ours)]
    draft = path.with_suffix(path.suffix + ".draft")
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.touch(mode=0o600)
    with draft.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, ["object", *columns], restval="")
        rows.writeheader()
        for row in kit.values(goal):
            rows.writerow(row)
            count += 1
    draft.replace(path)
    return count


def _heir(services: Services, crm: CrmConnection, who: str) -> str:
    """The CRM's id of the heir, as the CRM has it now."""
    found = next((one for one in services.adapter(crm).owners() if _is(one, who)), None)
    if found is None:
        raise InstallError(f"{crm.name} has no active person or queue {who!r}; give --heir the e-mail or the queue's name.")
    return found.id


def _is(owner: Owner, who: str) -> bool:
    name = owner.name if owner.kind == "queue" else owner.email
    return owner.active and who.strip().lower() in {name.lower(), owner.id.lower()}


# --- alone, and booked


@contextmanager
def _alone(services: Services, crm: CrmConnection) -> Iterator[None]:
    with only_one(services.engine, f"install:{crm.name}") as mine:
        if not mine:
            raise InstallError(
                f"Another install of {crm.name} is at work right now; wait until it has ended, then look at --plan."
            )
        yield


def _begin(services: Services, crm: CrmConnection, state: State, goal: Wanted) -> None:
    transact(services.engine, lambda session: begin_installation(session, crm.name, state, goal.mapping))
    services.refresh()


def _booking(services: Services, crm: CrmConnection, done: Done) -> Done:
    def book(step: Step) -> None:
        transact(services.engine, lambda session: step_done(session, crm.name, step.kind, step.name, step.action))
        done(step)

    return book


def _end(services: Services, crm: CrmConnection, state: State) -> None:
    transact(services.engine, lambda session: end_installation(session, crm.name, state))


def _wanted(services: Services, crm: CrmConnection) -> Wanted:
    goal = wanted(crm, services.policy, services.public_url, things_made(services.engine, crm.name))
    if not goal.webhook_url:
        raise InstallError(f"{crm.name} has no secret for its webhook; connect it again, which makes one.")
    return goal
