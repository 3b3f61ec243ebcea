"""What is being done, while it is done: alive on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything for a person's eyes that is no result."""

    console: Console

    def say(self, sentence: str = "") -> None:
        self.console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Says it at the beginning, and how long it took at the end."""
        start = time.monotonic()
        if not self.console.is_terminal:
            self.say(f"{doing} ...")
            yield
            self.say(f"  {time.monotonic() - start:.1f} s")
            return
        with self.console.status(f"{doing} ..."):
            yield
        self.console.print(f"[green]✓[/] {doing} [dim]{time.monotonic() - start:.1f} s[/]", highlight=False)

    @contextmanager
    def progress(self, doing: str, total: int) -> Iterator[Callable[[int], None]]:
        """Gives a function to be called with how many are done."""
        if not self.console.is_terminal:
            yield self._lines(doing, total)
            return
        bar = Progress(
            TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=self.console, transient=True
        )
        with bar:
            task = bar.add_task(doing, total=total)
            yield lambda done: bar.update(task, completed=done)

    def _lines(self, doing: str, total: int) -> Callable[[int], None]:
        """One line for every tenth."""
        start, said = time.monotonic(), -1

        def update(done: int) -> None:
            nonlocal said
            tenth = done * 10 // max(total, 1)
            if tenth > said:
                said = tenth
                self.say(f"{doing}: {done} of {total} after {time.monotonic() - start:.0f} s")

        return update
