"""The most memory that processes ever had, though they are killed and started again meanwhile."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from connector.bench.meter import peak_memory_mb

_EVERY: Final = 0.5
"""Seconds between two looks: the kernel keeps each process's peak, so only what it had in its last moments can be missed."""


@dataclass(slots=True)
class Peaks:
    """By kind of process (worker, backfill, ...), the most that any one of them had, in MB."""

    running: Callable[[], Iterable[tuple[str, int]]]
    """Kind and process id of what runs now."""
    most: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        for kind, pid in list(self.running()):
            found = peak_memory_mb([pid])
            if found is not None:
                self.most[kind] = max(found, self.most.get(kind, 0.0))

    def document(self) -> Mapping[str, int]:
        """In MB; empty where there is no /proc."""
        return {kind: round(most) for kind, most in sorted(self.most.items())}


@contextmanager
def watched(peaks: Peaks) -> Iterator[None]:
    """Looks again and again within the block."""
    stopping = threading.Event()

    def watch() -> None:
        while not stopping.wait(_EVERY):
            peaks.look()

    thread = threading.Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        peaks.look()
        stopping.set()
        thread.join()
