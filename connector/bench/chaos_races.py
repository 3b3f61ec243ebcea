"""Races that a storm seldom meets, brought about on purpose: a person in both CRMs at once, a CRM that hangs, slow senders."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from adapters.records import ObjectName, RecordRef
from config.fields import Value
from connector.bench.arithmetic import percentile
from connector.bench.chaos_crowd import TABLES, Kind
from connector.bench.chaos_findings import NAMES, Aftermath, findings, look
from connector.bench.chaos_world import World, open_world
from connector.bench.stage import StageError
from connector.pipeline import Drain
from connector.ports import HOST
from connector.recording import Ready
from connector.scene import scene_of
from connector.store.dues import Batch, make_due
from connector.store.engine import transact
from connector.wiring import Services
from connector.writeback import Deliverer

OBJECTS: Final[Mapping[Kind, ObjectName]] = {"hubspot": "contact", "salesforce": "lead"}
_PATIENCE: Final = 60.0
_TRICKLERS: Final = 200
_ROOMY: Final = (("burst", 2_000, 10.0), ("search", 50, 1.0))
"""One lead after the other, as fast as they are done: HubSpot's limit would be measured, not us."""


@dataclass(slots=True)
class RaceReport:
    """`ms` are milliseconds, by what was measured."""

    name: str
    count: int
    ms: dict[str, float | None] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "count": self.count, "ms": self.ms, "findings": self.findings}


# --- one person, released from both CRMs at the same moment


class _Gate:
    """Lets both workers into `record` together, once a round."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2, timeout=_PATIENCE)
        self._passed = threading.local()

    def begin(self) -> None:
        self._passed.round = False

    def pass_together(self) -> None:
        if not self._passed.round:
            self._passed.round = True
            self._barrier.wait()


@dataclass(frozen=True)
class _GatedDrain(Drain):
    """A drain that waits for the other CRM's right before it records."""

    gate: _Gate

    def _record(self, batch: Batch, ready: Sequence[Ready]) -> int:
        self.gate.pass_together()
        return super()._record(batch, ready)


def race_for_persons(world: World, count: int) -> RaceReport:
    """Releases `count` persons, one after the other, from both CRMs on two workers; then delivers what was decided."""
    refs = {kind: _same_persons(world, kind, count) for kind in TABLES}
    gate, failures = _Gate(), list[str]()

    def work(kind: Kind) -> None:
        try:
            with closing(world.another()) as services:
                for ref in refs[kind]:
                    gate.begin()
                    _release(services, ref)
                    _GatedDrain(services, services.connections()[NAMES[kind]], gate).run()
        except Exception as error:  # noqa: BLE001 - told to whoever waits for this thread
            failures.append(f"the worker for {kind} stopped: {type(error).__name__}")

    workers = [threading.Thread(target=work, args=(kind,)) for kind in TABLES]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    _deliver_all(world)
    after = look(world)
    return RaceReport("barrier", count, findings=[*failures, *_torn_persons(after, refs), *findings(after)])


def _same_persons(world: World, kind: Kind, count: int) -> Sequence[RecordRef]:
    inputs = world.portals.mappings[kind].inputs
    owner: dict[str, Value] = {"OwnerId": world.portals.intake[kind]} if kind == "salesforce" else {}
    rows = []
    for number in range(count):
        person: dict[str, Value] = {
            "first_name": "Kim",
            "last_name": f"Race{number}",
            "company": f"Race {number} GmbH",
            "email": f"kim@race{number}.example",
            "title": "VP Sales",
            "employees": 320 if kind == "salesforce" else "320",
            "industry": "Software",
            "country": "Germany",
            "hand_raise": "demo",
        }
        rows.append({inputs[name]: value for name, value in person.items()} | owner)
    ids = world.portals.sandbox.create(kind, TABLES[kind], rows)
    return [RecordRef(NAMES[kind], OBJECTS[kind], id_) for id_ in ids]


def _release(services: Services, ref: RecordRef) -> None:
    moment = datetime.now(UTC)
    transact(services.engine, lambda session: make_due(session, ref.connection, [(ref.object, ref.id, moment)]))


def _deliver_all(world: World) -> None:
    """Both CRMs, twice: the decision of one may have come after the other was done."""
    for _ in range(2):
        for crm in world.services.connections().values():
            Deliverer(world.services, crm, scene_of(world.services)).run()


def _torn_persons(after: Aftermath, refs: Mapping[Kind, Sequence[RecordRef]]) -> Iterator[str]:
    tasks = sum(map(len, after.tasks.values()))
    if tasks != len(refs["hubspot"]):
        yield f"{tasks} tasks for {len(refs['hubspot'])} persons"
    for here, there in zip(refs["hubspot"], refs["salesforce"], strict=True):
        one, other = after.booked.get(here), after.booked.get(there)
        if one is None or other is None or one.person_id != other.person_id:
            yield f"{here.id} and {there.id} are one person, and are booked as two"
        elif one.packet_id != other.packet_id:
            yield f"{here.id} and {there.id} are one person under two decisions"
        elif _owner_email(after, here) != _owner_email(after, there):
            yield f"{here.id} and {there.id} are one person with two owners"


def _owner_email(after: Aftermath, ref: RecordRef) -> str | None:
    return after.world.services.seats(ref.connection).rep_of(after.leads[ref].owner_id)


# --- one CRM hangs


def beside_a_hung_crm(world: World, count: int) -> RaceReport:
    """Salesforce takes every call and never answers, while leads come in from both; HubSpot's must be written as ever."""
    sandbox = world.portals.sandbox
    sandbox.add_fault("hang", crm="salesforce")
    written = []
    for number in range(count):
        _create(world, "salesforce", f"hung{number}")
        began = time.monotonic()
        id_ = _create(world, "hubspot", f"free{number}")
        written.append(1000 * _until_written(world, id_, began))
    sandbox.clear_faults()
    ms = {f"written_p{rank}": percentile(written, rank) for rank in (50, 99)}
    return RaceReport("hung-crm", count, {name: None if value is None else round(value, 1) for name, value in ms.items()})


def _create(world: World, kind: Kind, name: str) -> str:
    inputs = world.portals.mappings[kind].inputs
    person = {"first_name": "Lea", "last_name": name.title(), "company": f"{name} Inc", "email": f"lea@{name}.example"}
    (id_,) = world.portals.sandbox.create(kind, TABLES[kind], [{inputs[field]: value for field, value in person.items()}])
    return id_


def _until_written(world: World, id_: str, began: float) -> float:
    """Seconds from `began` until the contact has its route."""
    while time.monotonic() - began < _PATIENCE:
        (record,) = world.portals.sandbox.read("hubspot", TABLES["hubspot"], [id_])
        if record and record["properties"].get("leadline_route"):
            return time.monotonic() - began
        time.sleep(0.005)
    raise StageError(f"A HubSpot lead was not written within {_PATIENCE:.0f} s while Salesforce hung.")


# --- two hundred slow senders


@contextmanager
def trickling(port: int, count: int = _TRICKLERS) -> Iterator[Sequence[socket.socket]]:
    """Connections that have sent half a webhook and go on a byte at a time."""
    head = b"POST /webhooks/hubspot/acme-hubspot HTTP/1.1\r\nHost: leadline\r\nContent-Length: 100000\r\n\r\n["
    senders = [socket.create_connection((HOST, port), 10) for _ in range(count)]
    stopping = threading.Event()

    def trickle() -> None:
        while not stopping.wait(0.5):
            for sender in senders:
                sender.sendall(b" ")

    for sender in senders:
        sender.sendall(head)
    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    try:
        yield senders
    finally:
        stopping.set()
        thread.join()
        for sender in senders:
            sender.close()


def beside_slow_senders(world: World, count: int) -> RaceReport:
    """Good webhooks between two hundred that never end: milliseconds from the person's edit to our 2xx."""
    taken = []
    with trickling(world.ports[0]):
        for number in range(count):
            began = time.monotonic()
            _create(world, "hubspot", f"between{number}")
            if world.portals.sandbox.pending(wait=_PATIENCE):
                return RaceReport("slow-senders", count, findings=["a good webhook was not acknowledged between slow senders"])
            taken.append(1000 * (time.monotonic() - began))
    ms = {f"acknowledged_p{rank}": percentile(taken, rank) for rank in (50, 99)}
    return RaceReport("slow-senders", count, {name: None if value is None else round(value, 1) for name, value in ms.items()})


# --- all three


def run_races(count: int) -> Sequence[RaceReport]:
    """`count` persons through the barrier; then a hundred leads beside a hung CRM, and a hundred between slow senders.

    Raises:
        connector.bench.stage.StageError: something could not be started, or a lead was never written.
    """
    with open_world(workers=0, webs=1) as world:
        world.portals.sandbox.remove_targets()
        barrier = race_for_persons(world, count)
    with open_world(workers=5, webs=2, options={"total_seconds": 10.0, "buckets": _ROOMY}) as world:
        world.portals.sandbox.settings("hubspot", limits=False)
        return [barrier, beside_slow_senders(world, 100), beside_a_hung_crm(world, 100)]
