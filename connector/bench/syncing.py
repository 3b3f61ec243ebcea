"""Leads in both CRMs while HubSpot's own Salesforce sync copies everything between them: written once, and nothing in circles."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from adapters.sandbox.client import CRMName
from connector.bench.chaos import waiting
from connector.bench.chaos_world import World, open_world
from connector.bench.crowd import people
from connector.bench.mirror_people import Population
from connector.bench.mirror_report import some
from connector.bench.stage import StageError
from connector.bench.town import KINDS, TABLES
from connector.demo.portals import HUBSPOT
from connector.store.audit import consequences
from connector.store.connections import put_connection
from connector.store.engine import transact

_WAVES: Final = 10
_ROUNDS: Final = 8
"""So many rounds of the sync after the last lead have to be enough for it to come to rest."""
_SETTLE: Final = 600.0
_STILL: Final = {"made": 0, "to_hubspot": 0, "to_salesforce": 0}
_EMAIL: Final[Mapping[CRMName, str]] = {"salesforce": "Email", "hubspot": "email"}
_OWNER: Final[Mapping[CRMName, str]] = {"salesforce": "OwnerId", "hubspot": "hubspot_owner_id"}
_OURS: Final = "API"


@dataclass(slots=True)
class SyncReport:
    leads: int
    seed: int
    rounds: int = 0
    """Of the sync, until it came to rest."""
    copied: Counter[str] = field(default_factory=Counter)
    """Records that the sync made and changed."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """Persons, rows of what was decided about them, owners set and writes made by us."""
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "name": "sync",
            "leads": self.leads,
            "seed": self.seed,
            "rounds": self.rounds,
            "copied": dict(self.copied),
            "counted": dict(self.counted),
            "seconds": round(self.seconds, 1),
            "findings": self.findings,
        }


def run_sync(leads: int, seed: int, told: Callable[[str], None] = lambda _: None) -> SyncReport:
    """So many leads, half of them born in each CRM, in waves; the sync runs after each wave, as the workers do all the time.

    Raises:
        StageError: something did not come up, or did not finish.
    """
    report, began = SyncReport(leads, seed), time.monotonic()
    with open_world(workers=3, webs=1, options={"total_seconds": 10.0}) as world:
        _connect_sync(world)
        population = Population(world.portals, Random(seed))  # noqa: S311 - repeatable choices, no secret
        told(f"{leads:,} leads in {_WAVES} waves")
        for wave in range(_WAVES):
            _create(world, population, leads, wave)
            report.copied.update(world.portals.sandbox.sync())
        told("until nothing moves")
        _until_still(world, report)
        _judge(world, report)
    report.seconds = time.monotonic() - began
    return report


def _connect_sync(world: World) -> None:
    """Salesforce is connected in HubSpot, and `install` has found that."""
    world.portals.sandbox.command("hubspot", "salesforce_sync")
    crm = world.services.connections()[HUBSPOT]
    synced = replace(crm, options={**crm.options, "owner_by": "salesforce_sync"})
    transact(world.services.engine, lambda session: put_connection(session, world.services.vault, synced))
    world.services.refresh()


def _create(world: World, population: Population, leads: int, wave: int) -> None:
    for kind in KINDS:
        count = leads // len(KINDS) // _WAVES
        crowd = people(count, prefix=f"{kind[0]}w{wave}x", seed=population.rng.randrange(2**32))
        rows = [
            {**population.fields(kind, person), population.portals.mappings[kind].inputs["hand_raise"]: "demo"}
            for person in crowd
        ]
        world.portals.sandbox.create(kind, TABLES[kind], rows)


def _until_still(world: World, report: SyncReport) -> None:
    while True:
        _settle(world)
        done = world.portals.sandbox.sync()
        report.rounds += 1
        report.copied.update(done)
        if done == _STILL and not any(waiting(world).values()):
            return
        if report.rounds > _ROUNDS:
            report.findings.append(f"it goes in circles: the sync still copied {done} in round {report.rounds}")
            return


def _settle(world: World) -> None:
    began, quiet = time.monotonic(), 0
    while quiet < 2:
        quiet = 0 if any(waiting(world).values()) else quiet + 1
        if time.monotonic() - began > _SETTLE:
            raise StageError(f"Not settled after {_SETTLE:.0f} s; the logs of the processes say why.")
        time.sleep(0.5)


# --- what must hold


def _judge(world: World, report: SyncReport) -> None:
    rows = {kind: {_email(kind, row): row for row in world.portals.sandbox.records(kind, TABLES[kind])} for kind in KINDS}
    writes = {kind: {row["id"]: _our_writes(world, kind, row["id"]) for row in rows[kind].values()} for kind in KINDS}
    owners = {kind: sum(_OWNER[kind] in one for some_ in writes[kind].values() for one in some_) for kind in KINDS}
    report.counted = {
        "persons": len(rows["salesforce"]),
        **consequences(world.services.engine),
        **{f"owners set by us, {kind}": count for kind, count in owners.items()},
        **{f"writes by us, {kind}": sum(map(len, writes[kind].values())) for kind in KINDS},
    }
    report.findings += some(_unlike(world, rows))
    report.findings += some(_twice(writes))


def _email(kind: CRMName, row: Mapping[str, Any]) -> str:
    return str(row["properties"].get(_EMAIL[kind]) or "").lower()


def _our_writes(world: World, kind: CRMName, id_: str) -> list[Mapping[str, Any]]:
    return [one["changed"] for one in world.portals.sandbox.history(kind, TABLES[kind], id_) if one["source"] == _OURS]


def _unlike(world: World, rows: Mapping[CRMName, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Whoever is not in both, or has another route or another owner here than there."""
    people_in = {kind: {_id(one): _mail(one) for one in world.portals.sandbox.people(kind)} for kind in KINDS}
    for email in sorted(rows["salesforce"].keys() | rows["hubspot"].keys()):
        both = [rows[kind].get(email) for kind in KINDS]
        if not all(both):
            yield f"{email}: is not in both CRMs"
            continue
        shown = {kind: rows[kind][email]["properties"] for kind in KINDS}
        routes = {shown[kind].get(world.portals.mappings[kind].outputs["route"]) for kind in KINDS}
        if len(routes) > 1 or None in routes:
            yield f"{email}: has not one route in both CRMs"
        if len({people_in[kind].get(shown[kind].get(_OWNER[kind])) for kind in KINDS}) > 1:
            yield f"{email}: has not one owner in both CRMs"


def _twice(writes: Mapping[CRMName, Mapping[str, list[Mapping[str, Any]]]]) -> Iterator[str]:
    for kind, by_id in writes.items():
        for id_, changes in by_id.items():
            if len(changes) != 1:
                yield f"{kind} {id_}: was written {len(changes)} times by us"
            owners = sum(_OWNER[kind] in one for one in changes)
            if owners != (kind == "salesforce"):
                yield f"{kind} {id_}: its owner was set {owners} times by us"


def _id(person: Mapping[str, Any]) -> str:
    return str(person.get("id") or person.get("Id"))


def _mail(person: Mapping[str, Any]) -> str:
    return str(person.get("email") or person.get("Email"))
