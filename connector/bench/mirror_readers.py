"""The commands that read: real processes, killed without warning, and typed again until one comes through."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from connector.bench.chaos_world import World

_PATIENCE: Final = 1_800.0
_AGAIN: Final = 0.5
"""Seconds before a command that ended badly is typed again."""
_TRACE: Final = "Traceback"


class ReaderError(RuntimeError):
    """A command did not come through at all; the sentence says how it ended last."""


@dataclass(slots=True)
class Reader:
    """One command for one connection, started again whenever it dies."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    killed: int = 0
    unasked: int = 0
    """How often it ended badly though nobody killed it: a server was away."""
    answer: Mapping[str, Any] | None = None
    """What it said in the end, in JSON."""
    problem: str = ""

    def run(self) -> None:
        """Until it comes through."""
        give_up = time.monotonic() + _PATIENCE
        while self.answer is None and not self.problem:
            if time.monotonic() > give_up:
                self.problem = f"{self.name} did not come through within {_PATIENCE:.0f} s; it said last: {self.last_words()}"
                return
            self._once()

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kills it, if it runs."""
        if self.process is not None:
            self.killed += 1
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return lines[-1] if lines else "nothing"

    def tracebacks(self) -> int:
        """A person at a terminal must never see one."""
        return self.log.read_text(encoding="utf-8", errors="replace").count(_TRACE) if self.log.exists() else 0

    def _once(self) -> None:
        killed = self.killed
        with self.log.open("ab") as log:
            status, said = self._typed(log)
        if status == 0:
            self.answer = json.loads(said)
            return
        self.unasked += self.killed == killed
        time.sleep(_AGAIN)

    def _typed(self, log: IO[bytes]) -> tuple[int, bytes]:
        command = [sys.executable, "-m", "connector", *self.command]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            command, env=dict(self.environment), stdout=subprocess.PIPE, stderr=log
        )
        said, _ = self.process.communicate()
        return self.process.returncode, said


@dataclass(slots=True)
class Readers:
    """Several at once, each in a thread that waits for it."""

    readers: Sequence[Reader]
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=one.run, name=one.name, daemon=True) for one in self.readers]
        for thread in self._threads:
            thread.start()

    def under_way(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def end(self) -> None:
        """Waits for all.

        Raises:
            ReaderError: one did not come through.
        """
        for thread in self._threads:
            thread.join()
        for one in self.readers:
            if one.problem:
                raise ReaderError(one.problem)


def reader(world: World, name: str, *command: str) -> Reader:
    """A command as an admin of this installation would type it."""
    environment = world.supervisor.processes[0].environment
    log = world.logs / f"{command[0]}-{name}.log"
    return Reader(f"leadline {command[0]} {name}", [command[0], name, *command[1:], "--json"], environment, log)
