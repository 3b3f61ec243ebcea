"""Kills processes without warning, measures until they are back, and keeps the ledger."""

import os
import signal
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from subprocess import Popen
from typing import Final

from connector.bench.arithmetic import percentile
from connector.bench.chaos_world import World
from connector.bench.stage import StageError
from connector.ports import HOST
from connector.store.servers import Child
from connector.supervisor import Process

_PATIENCE: Final = 60.0
"""Seconds in which whatever was killed has to be back."""

_AT_ONCE: Final = (1, 1, 1, 1, 2, 2, 3)


@dataclass(frozen=True, slots=True)
class Kill:
    victim: str
    after: float
    """Seconds since the beginning."""
    back: float
    """Seconds until it was there again: a server when it answers, web when it is healthy, others when they run."""


@dataclass(slots=True)
class Ledger:
    kills: list[Kill] = field(default_factory=list)

    def summary(self) -> Mapping[str, Mapping[str, float | int | None]]:
        """By victim: how often, and the seconds until it was back, median and worst."""
        victims = sorted({kill.victim for kill in self.kills})
        return {victim: _summed([kill.back for kill in self.kills if kill.victim == victim]) for victim in victims}


def _summed(back: Sequence[float]) -> Mapping[str, float | int | None]:
    middle = percentile(back, 50)
    return {"kills": len(back), "back_p50": None if middle is None else round(middle, 2), "back_worst": round(max(back), 2)}


@dataclass(frozen=True, slots=True)
class _Victim:
    name: str
    running: Callable[[], "Popen[bytes] | None"]
    healthy: Callable[[], bool]


@dataclass(slots=True)
class Killer:
    """Who dies and when follows from `rng`; how long the survivors need does not."""

    world: World
    rng: Random
    ledger: Ledger = field(default_factory=Ledger)
    began: float = field(default_factory=time.monotonic)

    def strike(self, most: int) -> int:
        """Kills one to three victims in the same moment, at most `most`, and waits until they are back.

        Returns:
            How many were killed.

        Raises:
            StageError: one did not come back.
        """
        count = min(most, self.rng.choice(_AT_ONCE))
        return self._kill(self.rng.sample(self._victims(), count))

    def fell(self, kind: str) -> int:
        """Kills one whose name begins so (worker, clock, PostgreSQL, ...), and waits until it is back.

        Raises:
            StageError: it did not come back.
        """
        return self._kill([self.rng.choice([victim for victim in self._victims() if victim.name.startswith(kind)])])

    def _kill(self, chosen: Sequence[_Victim]) -> int:
        killed = [(victim, process) for victim in chosen if (process := victim.running()) is not None]
        at = time.monotonic()
        for _, process in killed:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self._wait_for(killed, at)
        return len(killed)

    def pause(self, longest: float) -> None:
        time.sleep(self.rng.uniform(0.0, longest))

    def _victims(self) -> list[_Victim]:
        supervisor = self.world.supervisor
        servers = [_server(child) for child in supervisor.servers.children]
        return [*servers, *(_process(process) for process in supervisor.processes)]

    def _wait_for(self, killed: Sequence[tuple[_Victim, "Popen[bytes]"]], at: float) -> None:
        missing = list(killed)
        while missing:
            for victim, before in list(missing):
                now = victim.running()
                if now is not None and now is not before and now.poll() is None and victim.healthy():
                    self.ledger.kills.append(Kill(victim.name, round(at - self.began, 2), round(time.monotonic() - at, 2)))
                    missing.remove((victim, before))
            if missing and time.monotonic() - at > _PATIENCE:
                names = ", ".join(victim.name for victim, _ in missing)
                raise StageError(f"Not back {_PATIENCE:.0f} s after a kill: {names}; its log says why.")
            time.sleep(0.05)


def _server(child: Child) -> _Victim:
    return _Victim(child.name, lambda: child.process, child.answers)


def _process(process: Process) -> _Victim:
    if process.arguments[0] != "web":
        return _Victim(process.name, lambda: process.running, lambda: True)
    url = f"http://{HOST}:{process.arguments[-1]}/healthz"
    return _Victim(process.name, lambda: process.running, lambda: _answers(url))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own process
            return bool(answer.status == 200)
    except OSError:
        return False
