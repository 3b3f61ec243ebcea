"""Owners who count as nobody: Leadline may replace these, and never an owner whom a person chose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from adapters.kit import Nobody, Plan
from adapters.records import Owner
from connector.fieldmap.versions import who
from connector.store.connections import CrmConnection, locked_connection
from connector.store.engine import Session, transact
from connector.store.nobody import NobodyVersion, nobody_versions, put_nobody
from connector.store.turns import all_pools
from connector.wiring import Services


class OwnerNameError(ValueError):
    """No one owner is meant by that name, or they may not count as nobody; the sentence says what to do."""


def owner_named(owners: Iterable[Owner], name: str) -> Owner:
    """The owner of that id, e-mail address or name.

    Raises:
        OwnerNameError: there is none, or there are two.
    """
    wanted = name.strip().lower()
    found = [one for one in owners if wanted and wanted in {one.id.lower(), one.email.lower(), one.name.lower()}]
    if len(found) == 1:
        return found[0]
    how = "is more than one owner" if found else "is no owner"
    raise OwnerNameError(f"{name!r} {how} there; give a queue's name, or a user's e-mail address or id.")


def listed(services: Services, crm: CrmConnection) -> Sequence[Owner]:
    """Who is on the connection's list, in its order; those who are no owners any more by their id alone."""
    by_owner = services.seats(crm.name).by_owner
    return [by_owner.get(id_) or Owner(id_, "person", "", id_, active=False) for id_ in crm.options.get("nobody", ())]


def change_list(services: Services, crm: CrmConnection, *, add: Sequence[str] = (), drop: Sequence[str] = ()) -> CrmConnection:
    """Puts owners on the list and takes others off; from the next decision on.

    Raises:
        OwnerNameError: see `owner_named`; or one of them has turns in a pool, and would lose leads that they were given.
    """
    owners = services.seats(crm.name).by_owner.values()
    added = [owner_named(owners, name) for name in add]
    dropped = [owner_named(listed(services, crm), name) for name in drop]
    _check_reps(services, added)
    words = [*(f"add {_called(one)}" for one in added), *(f"drop {_called(one)}" for one in dropped)]
    return _change(services, crm, {one.id for one in added}, {one.id for one in dropped}, ", ".join(words))


def proposed(crm: CrmConnection, plan: Plan) -> Sequence[Nobody]:
    """Owners under whom leads are born and who are not on the list: no owner at all counts as nobody anyway."""
    return [one for one in plan.nobody if one.owner_id and one.owner_id not in crm.options.get("nobody", ())]


def take_over(services: Services, crm: CrmConnection, found: Sequence[Nobody]) -> CrmConnection:
    """Puts a proposal on the list, and keeps what it was made from.

    Raises:
        OwnerNameError: one of them has turns in a pool.
    """
    by_owner = services.seats(crm.name).by_owner
    _check_reps(services, [owner for one in found if (owner := by_owner.get(one.owner_id))])
    names = ", ".join(one.name for one in found)
    return _change(services, crm, {one.owner_id for one in found}, set(), f"take {names}", [asdict(one) for one in found])


def _change(
    services: Services,
    crm: CrmConnection,
    added: set[str],
    dropped: set[str],
    what: str,
    evidence: Sequence[Mapping[str, Any]] = (),
) -> CrmConnection:
    def work(session: Session) -> None:
        newest = _in_force(session, services, crm.name)
        ids = sorted({*newest.owners, *added} - dropped)
        if ids != sorted(newest.owners):
            put_nobody(session, crm.name, ids, who=who(), what=what, evidence=evidence, before=newest.id)

    transact(services.engine, work)
    services.refresh()
    return services.connections()[crm.name]


def undo(services: Services, crm: CrmConnection) -> NobodyVersion:
    """Puts the list before this one in force again; again, it goes back further.

    Raises:
        OwnerNameError: there is none.
    """

    def work(session: Session) -> NobodyVersion:
        newest = _in_force(session, services, crm.name)
        target = next((one for one in nobody_versions(session, crm.name) if one.id == newest.before), None)
        if target is None:
            raise OwnerNameError("This is the first list of the connection; there is nothing before it.")
        put_nobody(session, crm.name, target.owners, who=who(), what=f"undo {newest.what}", before=target.before)
        return target

    target = transact(services.engine, work)
    services.refresh()
    return target


def _in_force(session: Session, services: Services, name: str) -> NobodyVersion:
    """The newest version. A list that came with the connection, or with a new connection under its name, becomes one."""
    present = locked_connection(session, services.vault, name)
    owners = sorted(present.options.get("nobody", ())) if present else []
    known = nobody_versions(session, name)
    if not known or sorted(known[0].owners) != owners:
        before = known[0].id if known else None
        put_nobody(session, name, owners, who=who(), what="as it was connected", before=before)
        known = nobody_versions(session, name)
    return known[0]


def _called(owner: Owner) -> str:
    return owner.name or owner.email or owner.id


def _check_reps(services: Services, added: Sequence[Owner]) -> None:
    for name, members in all_pools(services.engine).items():
        for one in added:
            if one.email and one.email.lower() in members:
                raise OwnerNameError(f"{one.email} is in pool {name}: as nobody they would lose the leads that they are given.")
