"""The routing policy's life in the store: kept whole under its version, active until another one is."""

from config.policy import Policy, load_policy
from config.policy_terms import Member
from connector.store.articles import activate
from connector.store.engine import Session, transact
from connector.store.turns import all_pools, set_pools
from connector.wiring import Services


class VacantPoolsError(ValueError):
    """A policy that would send leads to pools without a member."""


def activate_policy(services: Services, text: str) -> Policy:
    """Makes a policy the one that decides from now on, and its members those of its pools.

    A pool that the document leaves empty keeps the members it has in the store.

    Raises:
        config.policy.PolicyError: the document is wrong.
        VacantPoolsError: a pool has no member in the document nor in the store.
    """
    policy = load_policy(text)
    members = {name: {one.rep: one.weight for one in pool} for name, pool in policy.pools.items() if pool}
    _check_vacant(services, policy)

    def work(session: Session) -> None:
        set_pools(session, members)
        activate(session, "policy", policy.version, text)

    transact(services.engine, work)
    services.refresh()
    return policy


def _check_vacant(services: Services, policy: Policy) -> None:
    stored = {
        name: [Member(rep, weight) for rep, weight in members.items()]
        for name, members in all_pools(services.engine).items()
        if not policy.pools.get(name)
    }
    vacant = policy.with_pools(stored).vacant
    if vacant:
        raise VacantPoolsError(f"No member in: {', '.join(vacant)}. Name at least one under `pools`, such as `- email: ada@…`.")
