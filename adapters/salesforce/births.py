"""Under whom leads are born: proposed as nobody, from 90 days of history."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.errors import CallOperator, Refused
from adapters.kit import Nobody
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import Client, soql
from adapters.salesforce.mapping import is_id, to18

DAYS: Final = 90
MOST: Final = 10_000
"""Leads looked at, the newest first: five calls."""

SHOWN: Final = 3
"""Makers that are named."""

_FEW: Final = 10
"""Leads under which nothing is concluded about a person."""

_LEAVE: Final = 0.8
"""Share of a person's new leads that others were given, from which on the person is no more than where leads begin."""


@dataclass(frozen=True, slots=True)
class _Born:
    first: str
    """Owner when it was made."""
    now: str
    maker: str
    """User who made it: a person, or the one under whom a form or an integration works."""
    day: str


def nobodies(client: Client, now: Callable[[], datetime], reps: Sequence[str]) -> Sequence[Nobody]:
    """Owners who may be replaced, the most leads first.

    Args:
        reps: ids of users whom the policy names; they are somebody.
    """
    since = (now() - timedelta(days=DAYS)).astimezone(UTC)
    born = list(_born(client, since))
    counts, left = Counter(one.first for one in born), Counter(one.first for one in born if one.first != one.now)
    owners = {id_: count for id_, count in counts.items() if id_ not in reps}
    names = _names(client, sorted({*owners, *(one.maker for one in born)}))
    found = (
        Nobody(id_, names[id_][0], count, why, len(born), left[id_], **_evidence(id_, born, names))
        for id_, count in owners.items()
        if (why := _why(names.get(id_), count, left[id_]))
    )
    return sorted(found, key=lambda one: (-one.leads, one.owner_id))


def _evidence(owner: str, born: Sequence[_Born], names: Mapping[str, tuple[str, str, bool]]) -> dict[str, Any]:
    """Since when, and by whom they were made."""
    mine = [one for one in born if one.first == owner]
    makers = Counter(names[one.maker][0] if one.maker in names else "somebody who cannot be read" for one in mine)
    return {"since": min(one.day for one in mine), "made_by": tuple(makers.most_common(SHOWN))}


def _born(client: Client, since: datetime) -> Iterator[_Born]:
    first = _first_owners(client, since)
    columns = "Id, OwnerId, CreatedById, CreatedDate"
    query = f"SELECT {columns} FROM Lead WHERE CreatedDate >= {{}} ORDER BY CreatedDate DESC LIMIT {MOST}"  # noqa: S608
    for row in client.each(soql(query, since)):
        owner = to18(str(row["OwnerId"]))
        yield _Born(first.get(row["Id"], owner), owner, to18(str(row["CreatedById"])), str(row["CreatedDate"])[:10])


def _first_owners(client: Client, since: datetime) -> Mapping[str, str]:
    """By lead, the owner before the first change. Each change has two rows, one with names and one with ids. An org that keeps no
    history of its leads has none: then the present owner is all there is.
    """
    query = "SELECT LeadId, OldValue FROM LeadHistory WHERE Field IN {} AND CreatedDate >= {} ORDER BY CreatedDate, Id"
    first: dict[str, str] = {}
    try:
        for row in client.each(soql(query, ["Owner", "ownerAssignment", "ownerAccepted"], since)):
            if is_id(str(row.get("OldValue") or "")):
                first.setdefault(row["LeadId"], to18(row["OldValue"]))
    except (CallOperator, Refused):
        return {}
    return first


def _names(client: Client, ids: Sequence[str]) -> Mapping[str, tuple[str, str, bool]]:
    """By id: name, kind of user (`Queue` for a queue), active."""
    found: dict[str, tuple[str, str, bool]] = {}
    for part in chunks(ids, 200):
        for row in client.query(soql("SELECT Id, Name, UserType, IsActive FROM User WHERE Id IN {}", list(part))):
            found[row["Id"]] = (str(row["Name"]), str(row.get("UserType") or "Standard"), row.get("IsActive") is True)
        for row in client.query(soql("SELECT Id, Name FROM Group WHERE Id IN {}", list(part))):
            found[row["Id"]] = (str(row["Name"]), "Queue", True)
    return found


def _why(owner: tuple[str, str, bool] | None, count: int, left: int) -> str:
    if owner is None:
        return ""
    _, kind, active = owner
    if kind == "Queue":
        return "a queue"
    if not active:
        return "no longer active"
    if kind != "Standard":
        return f"a user of type {kind}, not a person"
    if count >= _FEW and left >= count * _LEAVE:
        return f"{left} of them were given to somebody else later"
    return ""
