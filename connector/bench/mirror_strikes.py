"""Who dies in which part of `bench mirror`: commands, processes and servers in turn, killed with -9."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

from connector.bench.chaos_killer import Killer
from connector.bench.mirror_readers import Reader

Part = Literal["backfill", "changes", "sweep"]

_TURNS: Final[dict[Part, Sequence[str]]] = {
    "backfill": ("backfill", "PostgreSQL", "worker", "backfill", "Valkey", "clock"),
    "changes": ("worker", "PostgreSQL"),
    "sweep": ("sweep", "worker"),
}


@dataclass(slots=True)
class Strikes:
    """So many kills in all: most of them while everything is read, a fifth each while leads are decided and while it sweeps."""

    count: int
    killer: Killer
    rng: Random
    done: list[str] = field(default_factory=list)
    """Who died, in order."""

    def of(self, part: Part) -> list[str]:
        """Who is to die in a part, in order."""
        late = self.count // 5
        sweep = max(late, min(1, self.count - 1))
        counts: dict[Part, int] = {"backfill": self.count - late - sweep, "changes": late, "sweep": sweep}
        turns = _TURNS[part]
        return [turns[place % len(turns)] for place in range(max(0, counts[part]))]

    def strike(self, victim: str, readers: Sequence[Reader]) -> None:
        """Kills one of this kind and, where it is a server or a process, waits until it is back. Where the command is over
        already, a worker dies in its place."""
        running = [one for one in readers if one.command[0] == victim and one.runs()]
        if running:
            self.rng.choice(running).kill()
        else:
            victim = "worker" if victim in _TURNS else victim
            self.killer.fell(victim)
        self.done.append(victim)
