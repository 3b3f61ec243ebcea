"""Owners who count as nobody: Leadline may replace these, and never an owner whom a person chose."""

from collections.abc import Iterable, Sequence

from adapters.records import Owner
from connector.store.acts import note_act
from connector.store.connections import CrmConnection, locked_connection, set_option
from connector.store.engine import Session, transact
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
    dropped = {owner_named(listed(services, crm), name).id for name in drop}
    _check_reps(services, added)

    def work(session: Session) -> None:
        present = locked_connection(session, services.vault, crm.name) or crm
        ids = {*present.options.get("nobody", ()), *(one.id for one in added)} - dropped
        set_option(session, crm.name, "nobody", sorted(ids))
        note_act(session, "command line", "nobody", crm.name)

    transact(services.engine, work)
    services.refresh()
    return services.connections()[crm.name]


def _check_reps(services: Services, added: Sequence[Owner]) -> None:
    for name, members in all_pools(services.engine).items():
        for one in added:
            if one.email and one.email.lower() in members:
                raise OwnerNameError(f"{one.email} is in pool {name}: as nobody they would lose the leads that they are given.")
