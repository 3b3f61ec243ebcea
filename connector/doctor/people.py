"""Who may own a lead: pool members, named people, queues and who watches them."""

from collections.abc import Iterator

from config.policy_terms import Destination
from connector.doctor.finding import Finding, amber, failed, ok, some
from connector.doctor.visit import Visit
from connector.store.connections import LEADLINE, RULE, CrmConnection
from connector.wanted import DEFAULT_QUEUE, REVIEW_QUEUE

_FIX = "{} in the CRM, or take them out of the pool; then `leadline install {} --apply` reads the owners anew"


def ask_pools(visit: Visit) -> Iterator[Finding]:
    """A pool that somebody is sent to has somebody in it."""
    policy = visit.services.policy
    used = sorted({one.pool for one in policy.destinations.values() if one.pool})
    empty = [name for name in used if not policy.pools.get(name)]
    if empty:
        sentence = f"Nobody is in {some(empty)}, to which the policy sends leads."
        fix = "leadline policy show > policy.yaml, name members under `pools:`, then leadline policy activate policy.yaml"
        if any(acts_somewhere(crm) for crm in visit.services.connections().values()):
            yield failed("pool", sentence, fix)
        else:
            yield amber("pool", f"{sentence} In shadow no lead waits for that; live it would.", fix)
    else:
        yield ok("pool", f"Each of {len(used)} has members.")


def acts_somewhere(crm: CrmConnection) -> bool:
    """Whether any source there is out of shadow, so that owners are set."""
    return any(mode in {"partial", "full"} for mode in (crm.mode_of(""), *crm.modes.values()))


def ask_members(visit: Visit) -> Iterator[Finding]:
    """By the CRM's own list of owners as it is now."""
    able = {one.email.lower() for one in visit.owners if one.kind == "person" and one.active}
    pools, lost = visit.services.policy.pools, 0
    for name, members in sorted(pools.items()):
        unable = sorted(member.rep for member in members if member.rep.lower() not in able)
        lost += len(unable)
        if unable:
            sentence = f"{some(unable)} of pool {name} cannot own a lead in {visit.crm.name}."
            fix = _FIX.format("Activate or add", visit.crm.name)
            last = len(unable) == len(members)
            yield Finding("pool member", "failed", f"{sentence} Nobody is left in it." if last else sentence, fix, waits=last)
    if not lost:
        yield ok("pool member", "Everybody in a pool can own a lead here.")


def ask_named_owners(visit: Visit) -> Iterator[Finding]:
    able = {one.email.lower() for one in visit.owners if one.kind == "person" and one.active}
    named = {one.person for one in visit.services.policy.destinations.values() if one.kind == "person" and one.person}
    unable = sorted(person for person in named if person.lower() not in able)
    if unable:
        yield failed(
            "named owner",
            f"{some(unable)}, whom the policy names, cannot own a lead here.",
            _FIX.format("Activate", visit.crm.name),
        )
    else:
        yield ok("named owner", "Whomever the policy names can own a lead here.")


def ask_seats(visit: Visit) -> Iterator[Finding]:
    """What we read of owners, against what the CRM says now."""
    known = {owner.id: owner.active for owner in visit.services.seats(visit.crm.name).by_owner.values()}
    moved = [one.name or one.id for one in visit.owners if known.get(one.id) != one.active]
    gone = [id_ for id_ in known if id_ not in {one.id for one in visit.owners}]
    if moved or gone:
        sentence = f"{len(moved) + len(gone)} owners came, went or changed since they were read: {some([*moved, *gone])}."
        yield failed("owners", sentence, f"leadline install {visit.crm.name} --apply reads them anew")
    else:
        yield ok("owners", f"{len(known)}, as they were read.")


def ask_queues(visit: Visit) -> Iterator[Finding]:
    if visit.crm.owner_by not in {LEADLINE, RULE}:
        yield ok("queue", "Owners are not ours to set here.")
        return
    there = {one.name for one in visit.owners if one.kind == "queue"}
    wanted = {one.queue for one in visit.services.policy.destinations.values() if _own(one)}
    missing = sorted(name for name in wanted if name not in there)
    if missing:
        yield failed(
            "queue", f"There is no queue {some(missing)}, which the policy names.", f"leadline install {visit.crm.name} --apply"
        )
    else:
        yield ok("queue", f"All {len(wanted)} that the policy names are there.")


def ask_watchers(visit: Visit) -> Iterator[Finding]:
    """A lane of last resort counts only where somebody active looks at it."""
    watched = visit.watchers
    alone = [name for name in (REVIEW_QUEUE, DEFAULT_QUEUE) if watched.get(name) == 0]
    if alone:
        sentence = f"Nobody active watches {some(alone)}, where unsure leads go."
        yield failed("queue members", sentence, "Setup ► Queues ► the queue ► Queue Members: add somebody who is active")
    elif unwatched := [name for name, count in watched.items() if not count and "nurture" in name.lower()]:
        yield ok("queue members", f"Whoever must look is there; {some(unwatched)} is for nobody to watch.")
    else:
        yield ok("queue members", "Where somebody must look, somebody does.")


def ask_nobody(visit: Visit) -> Iterator[Finding]:
    """Owners that count as nobody are there."""
    listed = set(visit.crm.options.get("nobody", ()))
    missing = sorted(listed - {one.id for one in visit.owners})
    if missing:
        yield amber(
            "nobody list",
            f"{some(missing)} on the list of owners who count as nobody are no owners here.",
            f"leadline install {visit.crm.name} --plan proposes a list",
        )
    else:
        yield ok("nobody list", f"{len(listed)} owners count as nobody.")


def _own(one: Destination) -> bool:
    return one.kind in {"queue", "nurture", "disqualify"} and bool(one.queue)
