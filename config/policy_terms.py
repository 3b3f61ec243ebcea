"""What a routing policy consists of, after it was read and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Final, Literal

from config.conditions import Check, Condition

Kind = Literal[
    "person",
    "pool",
    "territory",
    "account_owner",
    "opportunity_owner",
    "present_owner",
    "queue",
    "assignment_rule",
    "nurture",
    "ai_sdr",
    "disqualify",
    "review",
]

HUMAN: Final[frozenset[Kind]] = frozenset(
    {"person", "pool", "territory", "account_owner", "opportunity_owner", "present_owner", "queue", "review"}
)
"""Kinds where somebody looks at the lead. An unsure lead goes nowhere else, and every fallback of these is one of these."""

LANES_OF_LAST_RESORT: Final[frozenset[Kind]] = frozenset({"person", "pool", "review"})
"""Kinds that `unsure`, `default` and the sample may name: they end with a named person in every CRM."""

COLUMNS: Final = ("1", "2", "3", "not_measured", "hand_raise")
"""Engagement high, medium, low; not measured; not measured but they asked to talk to sales."""

CELLS: Final = tuple(f"{row}{column}" if len(column) == 1 else f"{row}_{column}" for row in "ABC" for column in COLUMNS)
"""The matrix: row = fit (A high), column = engagement."""


@dataclass(frozen=True, slots=True)
class Clock:
    """When the first touch is due. Neither minutes nor same day: nobody has to act (nurture, disqualified)."""

    name: str
    minutes: int | None
    same_day: bool
    task: bool
    """Whether the owner also gets a CRM task."""

    @property
    def runs(self) -> bool:
        return self.same_day or self.minutes is not None


@dataclass(frozen=True, slots=True)
class Member:
    """Someone in a pool.

    Raises:
        ValueError: the weight or the cap is below 1.
    """

    rep: str
    """The rep's id, the same in every CRM: in a policy document their e-mail address, in lower case."""
    weight: int = 1
    cap: int | None = None
    """The most turns in one working day; None = no limit."""

    def __post_init__(self) -> None:
        if self.weight < 1 or (self.cap is not None and self.cap < 1):
            raise ValueError("A pool member needs a weight and a cap of at least 1; take them out of the pool instead.")


@dataclass(frozen=True, slots=True)
class Area:
    """One territory: whose leads they are when the condition holds. The first that holds wins."""

    name: str
    when: Condition
    pool: str
    check: Check = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Destination:
    name: str
    kind: Kind
    clock: str
    fallback: str
    """Where to when nobody can be found here; empty = the default lane."""
    pool: str = ""
    person: str = ""
    queue: str = ""
    areas: tuple[Area, ...] = ()
    locked: bool = False

    @property
    def target(self) -> str:
        return self.pool or self.person or self.queue


@dataclass(frozen=True, slots=True)
class Lane:
    """A destination as one rule or cell uses it."""

    destination: str
    reason_code: str
    clock: str


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    when: Condition
    lane: Lane
    judged: bool
    """Looks at a score, or at how sure it is."""
    check: Check = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Hours:
    """The company's working hours. Minutes count from midnight on the wall clock of `zone`."""

    zone: tzinfo
    days: frozenset[int]
    """Monday is 0."""
    opens: int
    closes: int
    """Up to 1440, the end of the day; after `opens`."""
    grace: int
    """Minutes after opening by which a lead that came out of hours is due."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The share of nurture and disqualified leads that a person looks at all the same, so that "bad" is ever measured."""

    percent: int
    salt: str
    """Changing it draws other leads."""
    lane: Lane


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the routing policy."""

    version: str
    """The first 16 hex digits of the SHA-256 of the document. Pool members that `with_pools` brings are not part of it."""
    name: str
    hours: Hours
    clocks: Mapping[str, Clock]
    pools: Mapping[str, Sequence[Member]]
    destinations: Mapping[str, Destination]
    segments: Mapping[str, Condition]
    rules: tuple[Rule, ...]
    matrix: Mapping[str, Lane]
    """By cell (`CELLS`): all of them, or none where the policy has no matrix."""
    unsure: Lane
    if_unanswered: str
    """The destination that applies when a review's clock runs out."""
    default: Lane
    sample: Sample
    nobody: frozenset[str]
    """Owners, in lower case, that count as nobody: they may be replaced."""

    def with_pools(self, people: Mapping[str, Sequence[Member]]) -> "Policy":
        """The same policy with its pools filled from a list of people; pools that the list does not name stay as they are."""
        return replace(self, pools={**self.pools, **{name: tuple(members) for name, members in people.items()}})

    @property
    def vacant(self) -> tuple[str, ...]:
        """Pools without a member, in order of name: to be filled before the policy may act."""
        return tuple(sorted(name for name, members in self.pools.items() if not members))
