"""The port for putting Leadline into a CRM, looking at what is there, and taking it out again.

Each vendor folder fulfils `Kit` in its `install.py`. Planning only reads; a plan says what would be done before anything is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from config.fields import Kind
from config.mapping import FieldMapping

Action = Literal["create", "change", "keep", "remove", "by_hand"]
"""by_hand: no API does it; `lines` are the clicks, each as a path through the CRM's own menus."""


@dataclass(frozen=True, slots=True)
class OutputField:
    """One of our fields as it has to be in the CRM, whatever the vendor calls its types."""

    output: str
    """`fit_score`"""
    field: str
    """The CRM's API name, from the mapping."""
    kind: Kind
    label: str
    help: str
    length: int = 255
    choices: tuple[str, ...] = ()
    """Values of a picklist; empty for any text."""
    ours: bool = True
    """Made by the installation; False where the mapping names a field that the customer already has."""


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One line of the lead assignment rule that `install` generates from the policy: this route goes to this owner."""

    route: str
    """The value that `by` must have."""
    owner: str
    """A queue's name or a person's e-mail."""
    by: str = "route"
    """The output that is looked at; empty: whatever no earlier entry took."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an installation consists of, in the house's words."""

    mapping: FieldMapping
    fields: tuple[OutputField, ...]
    queues: tuple[str, ...]
    rule: tuple[RuleEntry, ...]
    webhook_url: str
    """Where the CRM tells us of changes; with its secret, so it is never shown whole."""
    service_user: str = ""
    """User name or id under which Leadline works there; empty: whoever the token belongs to."""
    watchers: tuple[str, ...] = ()
    """E-mail addresses of the people who watch the queues: a queue that nobody watches is no destination."""
    also: Mapping[str, tuple[OutputField, ...]] = field(default_factory=dict)
    """By object, its fields, where a further object has outputs in other places than the main one."""
    made: frozenset[tuple[str, str]] = frozenset()
    """Kind and name of what an earlier `apply` created: a thing that was there before is never removed."""

    def on(self, object_: str) -> tuple[OutputField, ...]:
        """The fields of one object."""
        return self.also.get(object_, self.fields)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing in the CRM, and what is to be done to it."""

    kind: str
    """The CRM's own word: custom field, permission set, queue, property, list, webhook subscription."""
    name: str
    action: Action
    lines: tuple[str, ...] = ()
    """What differs (`length 80 ► 255`), or the clicks."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """Something of the customer's that reads what Leadline writes, reacts to it, or decides about a lead before it."""

    kind: str
    name: str
    sentence: str
    """What it does, and what to do about it."""
    grave: bool = False
    """It would refuse our writes, or undo them."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """An owner under whom leads are born, proposed for the *nobody* list."""

    owner_id: str
    name: str
    leads: int
    """Leads of the last 90 days that began with this owner."""
    why: str
    of: int = 0
    """Of so many that were looked at."""
    passed_on: int = 0
    """Of its leads, those that somebody else has now."""
    since: str = ""
    """Day of the first of them, `2026-08-27`."""
    made_by: tuple[tuple[str, int], ...] = ()
    """Who or what made them, and how many, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Step, ...]
    reactions: tuple[Reaction, ...] = ()
    nobody: tuple[Nobody, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing is left to do by program."""
        return all(step.action in {"keep", "by_hand"} for step in self.steps)


@dataclass(frozen=True, slots=True)
class Usage:
    """Somebody's use of one of our fields, which stands in the way of removing it."""

    field: str
    kind: str
    """report, list view, flow, workflow, form"""
    name: str


class Kit(Protocol):
    """Installation into one CRM. Every verb that meets the network raises only `adapters.errors`."""

    def plan(self, wanted: Wanted) -> Plan:
        """What `apply` would do, and who would notice. Writes nothing."""

    def apply(self, wanted: Wanted, done: Callable[[Step], None]) -> None:
        """Does whatever the plan of this moment still names, and tells each step once it is done. Again, it changes nothing."""

    def plan_removal(self, wanted: Wanted, *, purge: bool) -> Plan:
        """What `remove` would do. Writes nothing."""

    def remove(self, wanted: Wanted, done: Callable[[Step], None], *, heir: str, purge: bool) -> None:
        """Takes out everything but fields that hold values; with `purge` those too.

        Args:
            heir: id of the owner to whom leads in our queues go.

        Raises:
            adapters.errors.CallOperator: with `purge`, while somebody uses one of our fields.
        """

    def close_tasks(self, ids: Sequence[str]) -> int:
        """Closes those of our own tasks that are still open; returns how many were."""

    def files(self, wanted: Wanted) -> Mapping[str, bytes]:
        """The installation as files, by path within a folder that the vendor's own command line takes."""

    def owner_elsewhere(self) -> str | None:
        """What decides about owners there in place of Leadline (`salesforce_sync`); empty: nothing. None: it cannot be told."""

    def usages(self, wanted: Wanted) -> Sequence[Usage]:
        """Who uses our fields."""

    def values(self, wanted: Wanted) -> Iterator[Mapping[str, str]]:
        """Every record that holds a value in one of our fields, as `id` and CRM field to text: exported before a purge."""

    def close(self) -> None:
        """Gives back connections."""
