"""Each fault is found under its question, with its fix in words; and after the fix all is well again."""

from collections.abc import Iterator, Sequence

from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.doctor.examination import examine
from connector.doctor.finding import Finding
from connector.wiring import Services
from tests.connector.doctor.faults import OF_HUBSPOT, OF_SALESFORCE, OF_THE_MACHINE, Fault, World

QUIET = {"spare rights"}
"""The sandbox's user is an administrator."""


def asked(world: World, *names: str) -> Sequence[Finding]:
    world.services.refresh()
    groups = examine(world.services, [crm for name in names if (crm := world.services.crm(name))])
    return [one for group in groups for one in group.findings if one.state != "ok" and one.question not in QUIET]


def go_through(world: World, faults: Sequence[Fault], *names: str) -> None:
    assert asked(world, *names) == []
    missed = [said for fault in faults for said in tried(world, fault, names)]
    assert missed == []


def tried(world: World, fault: Fault, names: Sequence[str]) -> Iterator[object]:
    """What the doctor got wrong about one fault."""
    alive = world.beat if fault not in OF_THE_MACHINE else lambda: None  # also where a busy machine takes minutes for this
    alive()
    fault.seed(world)
    found = asked(world, *names)
    ours = [one for one in found if one.question == fault.question]
    if not ours or any(one.waits for one in ours) is not fault.waits:
        yield fault.name, "was not found as it is", found
    if lacking := [one for one in found if not (one.sentence and one.fix)]:
        yield fault.name, "is not explained", lacking
    fault.undo(world)
    alive()
    if left := asked(world, *names):
        yield fault.name, "is not over after its fix", left


def test_of_the_machine(services: Services, healthy: Portals) -> None:
    go_through(World(services, healthy), OF_THE_MACHINE)


def test_of_salesforce(services: Services, healthy: Portals) -> None:
    go_through(World(services, healthy), OF_SALESFORCE, SALESFORCE)


def test_of_hubspot(services: Services, healthy: Portals) -> None:
    go_through(World(services, healthy), OF_HUBSPOT, HUBSPOT)


def test_there_are_enough() -> None:
    assert len({fault.name for fault in (*OF_THE_MACHINE, *OF_SALESFORCE, *OF_HUBSPOT)}) >= 35
