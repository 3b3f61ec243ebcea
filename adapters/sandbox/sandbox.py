"""Putting the sandbox together, and starting it."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.sandbox.control import Control
from adapters.sandbox.faults import Faults
from adapters.sandbox.front import Front
from adapters.sandbox.hubspot import HubSpot
from adapters.sandbox.outbound import Outbound
from adapters.sandbox.salesforce import Salesforce
from adapters.sandbox.server import Server
from adapters.sandbox.stats import Stats
from adapters.sandbox.store import Clock, Store
from adapters.sandbox.world import CRMSide, World

_MARK: Final = "lived_in"


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that listens."""

    url: str
    world: World
    _server: Server
    _outbound: Outbound

    def stop(self) -> None:
        """Stops listening and delivering, and closes the file. Webhooks not yet taken stay in it."""
        self._server.stop()
        self._outbound.stop()
        self.world.store.close()


def start(
    home: Path,
    port: int = 0,
    *,
    seed: int = 1,
    clock: Clock = wall_clock,
    install: bool = False,
    lived_in: bool = False,
    host: str = "127.0.0.1",
) -> RunningSandbox:
    """Starts both CRMs on one port (0: any free one).

    Args:
        install: makes the custom fields in both, as the control call does.
        lived_in: gives both a past, once, as the control calls do.

    Raises:
        OSError: the port is taken.
    """
    store = Store(home, clock)
    chance = random.Random(seed)  # noqa: S311 - reproducible chaos, not secrets
    world = World(store, Faults(chance), clock, chance)
    sides: Sequence[CRMSide] = (HubSpot(world), Salesforce(world))
    outbound = Outbound(store, {side.crm: side.channel for side in sides}, chance)
    world.deliveries = outbound
    server = Server(host, port, _front(world, sides, outbound).respond, clock)
    world.url = f"http://{host}:{server.server_address[1]}"
    for side in sides if install else ():
        side.install()
    if lived_in and store.document(_MARK, "made") is None:
        for side in sides:
            side.command("POST", ["lived_in"], {"seed": seed})
        store.put(_MARK, "made", seed)
    server.start()
    return RunningSandbox(world.url, world, server, outbound)


def _front(world: World, sides: Sequence[CRMSide], outbound: Outbound) -> Front:
    stats = Stats()
    world.store.listen(stats.written)
    latency_ms = {side.crm: 0.0 for side in sides}
    control = Control(world, sides, outbound=outbound, stats=stats, latency_ms=latency_ms)
    return Front(sides, control.answer, world.faults, stats, latency_ms)
