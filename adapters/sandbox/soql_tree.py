"""A SOQL query as data: what the grammar makes of a statement, and the evaluation works through."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from adapters.sandbox.soql_tokens import Text

Operator = Literal["=", "!=", "<", ">", "<=", ">=", "LIKE"]


@dataclass(frozen=True, slots=True)
class Period:
    """`TODAY`, `LAST_N_DAYS:30`: a span of days, as long as `count` where the name has an N."""

    name: str
    count: int = 0


Value = Text | bool | Decimal | date | datetime | Period | None
"""A `datetime` is aware and in UTC."""


@dataclass(frozen=True, slots=True)
class Comparison:
    field: str
    """A path, or one in a function: `COUNT(Id)`."""
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Membership:
    """`field IN (values)`."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """`field IN (SELECT …)`."""

    field: str
    query: "Query"


@dataclass(frozen=True, slots=True)
class Includes:
    """`field INCLUDES ('A;B', 'C')`: all values of one of the texts are picked."""

    field: str
    choices: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    terms: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    terms: tuple["Condition", ...]


Condition = Comparison | Membership | Join | Includes | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Path:
    """A field, relationship steps included, or a function of one: `CALENDAR_YEAR(CreatedDate)`."""

    name: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    function: str
    """COUNT, COUNT_DISTINCT, MIN, MAX, SUM or AVG."""
    path: str
    """Empty for COUNT()."""
    alias: str = ""

    @property
    def name(self) -> str:
        """As HAVING and ORDER BY refer to it."""
        return f"{self.function}({self.path})"


@dataclass(frozen=True, slots=True)
class Children:
    """A subquery in SELECT; the object of its query is the name of a relationship."""

    query: "Query"


Selected = Path | Aggregate | Children


@dataclass(frozen=True, slots=True)
class Query:
    select: tuple[Selected, ...]
    object: str
    where: Condition | None = None
    group: tuple[str, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths that are selected, as typed."""
        return tuple(one.name for one in self.select if isinstance(one, Path))

    @property
    def counts(self) -> bool:
        """COUNT() by itself: its answer is a number, not a row."""
        return self.select == (Aggregate("COUNT", ""),) and not self.group

    @property
    def grouped(self) -> bool:
        """Its rows are groups of records."""
        return not self.counts and bool(self.group or any(isinstance(one, Aggregate) for one in self.select))
