"""The port for looking after a connection: what `doctor` and `safety` ask of a CRM that no lead needs. Every verb only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Right:
    """One right of our user or app, in the CRM's own word."""

    name: str
    held: bool | None
    """None: the CRM does not tell."""
    need: Literal["leads", "setup", "less", "none"]
    """leads: without it a lead waits · setup: the installation needs it, leads do not · less: without it less can be done, as
    `without` says · none: it is one too many."""
    about: str
    """What it allows."""
    fix: str
    without: str = ""
    """What does not work without it, as a sentence."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One of the CRM's own rules that find owners for leads handed over to it."""

    id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Served:
    """An API version, and whether the CRM still answers it."""

    asked: str
    there: bool
    newest: str = ""


class Checkup(Protocol):
    """Every verb raises only `adapters.errors`."""

    def served(self) -> Served:
        """Whether the API version that this connection speaks is there."""

    def skew(self) -> float | None:
        """Seconds by which this machine's clock was ahead of the CRM's at its last answer; None before the first."""

    def rights(self) -> Sequence[Right]:
        """What our user or app may do, needed or not."""

    def watchers(self) -> Mapping[str, int]:
        """Queue name to active people who watch it; empty where the CRM has no such thing."""

    def rules(self) -> Sequence[Rule]:
        """The CRM's own rules that find owners for leads handed over to it; empty where there is no such thing."""

    def close(self) -> None:
        """Gives back connections."""
