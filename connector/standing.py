"""How owners stand at the moment of a decision: who may own, whose turn it is, whom a person chose already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.policy import Member, Policy
from connector.case import Case
from connector.hydration import Hydrated
from connector.routing.owners import OwnerStanding, Sticky
from connector.scene import Scene
from connector.store.connections import CrmConnection
from connector.store.people import Person
from connector.store.seats import Seats
from connector.store.turns import Pool, TakenTurn


@dataclass(frozen=True, slots=True)
class Standings:
    """The pools as locked, counting on as turns are taken within the batch."""

    policy: Policy
    scene: Scene
    pools: Mapping[str, Pool]

    def of(self, crm: CrmConnection, hydrated: Hydrated, case: Case, person: Person) -> OwnerStanding:
        """One lead's standing in the CRM that woke it."""
        seats = self.scene.seats[crm.name]
        owner_id = hydrated.lead.owner_id
        return OwnerStanding(
            active=frozenset(seats.by_email),
            eligible={name: self._members(pool, seats) for name, pool in self.pools.items()},
            taken={name: dict(pool.taken) for name, pool in self.pools.items()},
            queues=frozenset(seats.queues),
            present_owner=seats.rep_of(owner_id) or owner_id,
            present_owner_is_person_set=self.scene.set_by_person(crm.name, owner_id, hydrated.our_owners),
            known_owner=person.rep,
            account_owner=seats.rep_of(_text(case.values.get("account_owner"))),
            sticky=Sticky(person.rep, person.route) if person.rep and person.route else None,
        )

    def _members(self, pool: Pool, seats: Seats) -> list[Member]:
        return [Member(rep, weight) for rep, weight in sorted(pool.members.items()) if rep in seats.by_email]

    def take(self, name: str, rep: str, person_id: str, packet_id: str) -> TakenTurn:
        """Counts a turn within this batch and gives the row for the ledger."""
        pool = self.pools[name]
        pool.taken[rep] = pool.taken.get(rep, 0) + 1
        return TakenTurn(name, pool.span, rep, person_id, packet_id)

    def document(self, standing: OwnerStanding) -> dict[str, Any]:
        """The standing as it goes into the packet; `standing_from` reads it back."""
        return {
            "active": sorted(standing.active),
            "eligible": {name: [[m.rep, m.weight] for m in members] for name, members in standing.eligible.items()},
            "taken": {name: dict(taken) for name, taken in standing.taken.items()},
            "queues": sorted(standing.queues),
            "present_owner": standing.present_owner,
            "present_owner_is_person_set": standing.present_owner_is_person_set,
            "known_owner": standing.known_owner,
            "account_owner": standing.account_owner,
            "opportunity_owner": standing.opportunity_owner,
            "sticky": [standing.sticky.rep, standing.sticky.route] if standing.sticky else None,
        }


def standing_from(document: Mapping[str, Any]) -> OwnerStanding:
    """The standing out of an opened packet."""
    return OwnerStanding(
        active=frozenset(document["active"]),
        eligible={name: [Member(rep, weight) for rep, weight in members] for name, members in document["eligible"].items()},
        taken=document["taken"],
        queues=frozenset(document["queues"]),
        present_owner=document["present_owner"],
        present_owner_is_person_set=document["present_owner_is_person_set"],
        known_owner=document["known_owner"],
        account_owner=document["account_owner"],
        opportunity_owner=document["opportunity_owner"],
        sticky=Sticky(*document["sticky"]) if document["sticky"] else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
