"""A person at a terminal: real commands in a pseudo-terminal, each question read there and answered by typing."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connector.bench.stage import StageError

Answer = str | Callable[[], str]
"""What is typed; or what is done first, such as clicking in the CRM, and then gives it."""

INTERRUPT: Final = "\x03"
"""Typed in answer to a question, it is Ctrl-C."""

_COLUMNS: Final = 200
"""Wide enough that no click is broken over two lines."""
_PATIENCE: Final = 10.0
"""Seconds before Ctrl-C is pressed again; a busy machine may need some to say goodbye."""

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_HEADED: Final = re.compile(r"click by click|^By hand")
_NUMBER: Final = re.compile(r"^\s*\d+\. ")
_ELSEWHERE: Final = re.compile(r"\s*(\d+\. )?(this machine|another terminal|in FOLDER)\b", re.IGNORECASE)
_ASKING: Final = re.compile(r"(?:^|\n)([^\n]*: )$")


@dataclass(frozen=True, slots=True)
class Shown:
    """One command from its first letter to its end."""

    command: Sequence[str]
    text: str
    """All that appeared, as on the screen."""
    questions: Sequence[str]
    status: int

    @property
    def flowed(self) -> str:
        """The text with every line that was broken for want of room put together again."""
        return re.sub(r"\n {6,}", " ", self.text)

    @property
    def clicks(self) -> list[str]:
        """What the person is told to do by hand, one line each, from the parts of the screen that are headed so."""
        found, inside = list[str](), False
        for line in re.sub(r"\n {7,}", " ", self.text).splitlines():
            inside = bool(_HEADED.search(line)) or (inside and bool(line.strip()))
            if inside and (" ► " in line or _ELSEWHERE.match(line)):
                found.append(_NUMBER.sub("", line).strip())
        return found

    def needed(self, status: int = 0) -> "Shown":
        """
        Raises:
            StageError: the command ended otherwise.
        """
        if self.status != status:
            raise StageError(f"`leadline {' '.join(self.command)}` ended with {self.status}:\n{self.text}")
        return self


@dataclass(slots=True)
class Terminal:
    """Where commands are typed. Keeps all that was asked and shown."""

    environment: Mapping[str, str]
    seconds: float = 120.0
    """For one command."""
    history: list[Shown] = field(default_factory=list)

    def run(
        self, *command: str, answers: Mapping[str, Answer | Sequence[Answer]] | None = None, into: Path | None = None
    ) -> Shown:
        """Types the command and answers its questions.

        Args:
            answers: by the beginning of a question; several for one that is asked again.
            into: where its standard output goes, as by `>`.

        Raises:
            StageError: it asked what has no answer here, or did not end in time.
        """
        waiting = {
            text: [given] if isinstance(given, str) or callable(given) else list(given) for text, given in (answers or {}).items()
        }
        screen, keyboard = os.openpty()
        environment = {**self.environment, "COLUMNS": str(_COLUMNS), "NO_COLOR": "1", "TERM": "xterm"}
        with into.open("wb") if into else nullcontext(keyboard) as output, _as_at_a_terminal():
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "connector", *command],
                stdin=keyboard,
                stdout=output,
                stderr=keyboard,
                env=environment,
                start_new_session=True,  # so that a hidden question is read here, not from the terminal of whoever runs this
            )
        os.close(keyboard)
        try:
            text, questions = self._converse(process, screen, waiting)
        finally:
            os.close(screen)
            if process.poll() is None:
                process.kill()
                process.wait()
        shown = Shown(command, text, questions, process.returncode)
        self.history.append(shown)
        return shown

    def _converse(
        self, process: "subprocess.Popen[bytes]", screen: int, waiting: dict[str, list[Answer]]
    ) -> tuple[str, list[str]]:
        seen, questions, answered = b"", list[str](), 0
        give_up = time.monotonic() + self.seconds
        while (more := _read(screen, give_up)) is not None:
            seen += more
            asking = _ASKING.search(_text(seen[answered:]))
            if asking:
                questions.append(asking[1].strip())
                answer = _answer_to(questions[-1], waiting, _text(seen))
                answered = len(seen)
                if answer == INTERRUPT:
                    _interrupt(process, screen, give_up)
                else:
                    os.write(screen, f"{answer}\n".encode())
        process.wait(max(1.0, give_up - time.monotonic()))
        return _text(seen), questions


@contextmanager
def _as_at_a_terminal() -> Iterator[None]:
    """What is started hears Ctrl-C, also where whoever runs this does not, as in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(process: "subprocess.Popen[bytes]", screen: int, give_up: float) -> None:
    """Ctrl-C, and again if nothing happens, as anybody would: a prompt that is only about to listen does not notice the first."""
    while process.poll() is None and time.monotonic() < give_up:
        os.killpg(process.pid, signal.SIGINT)
        if select.select([screen], [], [], _PATIENCE)[0]:
            return


def _read(screen: int, give_up: float) -> bytes | None:
    """What appeared; None once the other side has closed."""
    ready, _, _ = select.select([screen], [], [], max(0.0, give_up - time.monotonic()))
    if not ready:
        raise StageError("A command did not end in time; nothing more appeared.")
    try:
        return os.read(screen, 65_536) or None
    except OSError:  # Linux says so where the last writer has closed
        return None


def _text(raw: bytes) -> str:
    """Without the terminal's colours."""
    return _COLOUR.sub("", raw.decode("utf-8", "replace")).replace("\r\n", "\n")


def _answer_to(question: str, waiting: dict[str, list[Answer]], seen: str) -> str:
    for beginning, answers in waiting.items():
        if question.startswith(beginning) and answers:
            answer = answers.pop(0)
            return answer() if callable(answer) else answer
    raise StageError(f"A command asked what nobody here can answer: {question!r}, after\n{seen}")
