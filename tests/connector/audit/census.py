"""A census: every figure of an audit counted once more from the raw records, in plain loops that share no code with the audit."""

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import requests
from scipy.stats import binomtest

from adapters.sandbox.client import SandboxClient

Raw = Mapping[str, Any]

NO_ANSWER = {"", "unknown", "select", "not provided", "n/a", "na", "none", "null", "-", "--none--"}
ROLES = {"info", "sales", "office", "contact", "support", "hello"}


def moment(text: str) -> datetime:
    """`2026-11-20T18:00:00.000+0000`, or with Z, or milliseconds as digits."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return datetime.fromisoformat(text.replace("+0000", "+00:00").replace("Z", "+00:00")).astimezone(UTC)


@dataclass
class One:
    """A record in the window."""

    id: str
    created: datetime
    owner: str
    email: str
    phone: str
    last: str
    source: str
    raw: Raw
    converted: bool | None = None
    opportunity: bool = False
    won: bool = False
    touches: list[tuple[datetime, str, str]] = field(default_factory=list)
    """When, how, by which owner id."""


@dataclass
class World:
    """One CRM, raw."""

    everybody: list[One]
    """All records that exist, of any age."""
    people: Mapping[str, tuple[str, bool]]
    """Owner id to name and whether they are active."""
    queues: Mapping[str, str]
    manned: Mapping[str, bool] | None
    """None: the CRM does not tell."""
    changed_at: list[datetime]


def salesforce(client: SandboxClient) -> World:
    def rows(table: str) -> list[Raw]:
        return [one["properties"] for one in client.records("salesforce", table) if not one["archived"] and not one["mergedInto"]]

    activities = _activities(rows("Task"), rows("Event"))
    won = {row["Id"]: bool(row.get("IsWon")) for row in rows("Opportunity")}
    by_contact: dict[str, list[bool]] = defaultdict(list)
    for row in rows("OpportunityContactRole"):
        by_contact[row["ContactId"]].append(won.get(row["OpportunityId"], False))
    found, leads = [], rows("Lead")
    for row in leads:
        contact = row.get("ConvertedContactId") or ""
        one = One(
            id=row["Id"],
            created=moment(row["CreatedDate"]),
            owner=row.get("OwnerId") or "",
            email=row.get("Email") or "",
            phone=row.get("Phone") or "",
            last=row.get("LastName") or "",
            source=row.get("LeadSource") or "",
            raw=row,
            converted=bool(row.get("IsConverted")),
        )
        one.touches = activities[row["Id"]] + (activities[contact] if contact else [])
        opportunity = row.get("ConvertedOpportunityId") or ""
        if opportunity in won:
            one.opportunity, one.won = True, won[opportunity]
        elif not opportunity and contact and by_contact[contact]:
            one.opportunity, one.won = True, any(by_contact[contact])
        found.append(one)
    users = {row["Id"]: row for row in rows("User") if row.get("UserType") == "Standard"}
    queues = {row["Id"]: row["Name"] for row in rows("Group") if row.get("Type") == "Queue"}
    members: dict[str, list[str]] = defaultdict(list)
    for row in rows("GroupMember"):
        members[row["GroupId"]].append(row["UserOrGroupId"])
    active = {id_ for id_, row in users.items() if row.get("IsActive")}
    return World(
        everybody=found,
        people={id_: (row["Name"], id_ in active) for id_, row in users.items()},
        queues=queues,
        manned={queue: any(not one.startswith("005") or one in active for one in members[queue]) for queue in queues},
        changed_at=[moment(row["SystemModstamp"]) for row in leads],
    )


def _activities(tasks: Sequence[Raw], events: Sequence[Raw]) -> Mapping[str, list[tuple[datetime, str, str]]]:
    """By whom they concern."""
    activities: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for row in tasks:
        if row.get("IsClosed") and row.get("TaskSubtype") != "ListEmail" and row.get("WhoId"):
            kind = {"Call": "call", "Email": "e-mail"}.get(row.get("TaskSubtype") or "", "completed task")
            done = row.get("CompletedDateTime") or row["LastModifiedDate"]
            activities[row["WhoId"]].append((moment(done), kind, row.get("OwnerId") or ""))
    for row in events:
        if row.get("WhoId") and row.get("StartDateTime"):
            activities[row["WhoId"]].append((moment(row["StartDateTime"]), "meeting", row.get("OwnerId") or ""))
    return activities


def hubspot(client: SandboxClient) -> World:
    """Records by the back door, what hangs on what by plain calls of the API."""
    token = "pat-na1-00000000-0000-4000-8000-0000c0ffee00"
    client.command("hubspot", "tokens", token=token, scopes=client.settings("hubspot")["scopes"])
    alive = {
        kind: {
            one["id"]: one["properties"]
            for one in client.records("hubspot", kind)
            if not one["archived"] and not one["mergedInto"]
        }
        for kind in ("contacts", "calls", "emails", "meetings", "tasks", "deals")
    }
    links = {
        kind: _links(client.url, token, kind, list(alive["contacts"]))
        for kind in ("calls", "emails", "meetings", "tasks", "deals")
    }
    found = []
    for id_, row in alive["contacts"].items():
        one = One(
            id=id_,
            created=moment(row["createdate"]),
            owner=row.get("hubspot_owner_id") or "",
            email=row.get("email") or "",
            phone=row.get("phone") or "",
            last=row.get("lastname") or "",
            source=row.get("hs_analytics_source") or "",
            raw=row,
        )
        for kind in ("calls", "emails", "meetings", "tasks"):
            for activity in (alive[kind][other] for other in links[kind].get(id_, ()) if other in alive[kind]):
                if done := _done(kind, activity):
                    said = {"calls": "call", "emails": "e-mail", "meetings": "meeting", "tasks": "completed task"}[kind]
                    one.touches.append((done, said, activity.get("hubspot_owner_id") or ""))
        deals = [alive["deals"][other] for other in links["deals"].get(id_, ()) if other in alive["deals"]]
        one.opportunity, one.won = bool(deals), any(deal.get("hs_is_closed_won") == "true" for deal in deals)
        found.append(one)
    people = {
        str(one["id"]): (f"{one.get('firstName') or ''} {one.get('lastName') or ''}".strip() or one["email"], not one["archived"])
        for one in client.people("hubspot")
    }
    return World(found, people, {}, None, [moment(row["lastmodifieddate"]) for row in alive["contacts"].values()])


def _done(kind: str, row: Raw) -> datetime | None:
    at = row.get("hs_timestamp")
    if kind == "emails" and row.get("hs_email_direction") == "INCOMING_EMAIL":
        return None
    if kind == "meetings":
        if row.get("hs_meeting_outcome") == "CANCELED":
            return None
        at = row.get("hs_meeting_start_time") or at
    if kind == "tasks":
        if row.get("hs_task_status") != "COMPLETED":
            return None
        at = row.get("hs_task_completion_date") or at
    return moment(str(at)) if at else None


def _links(url: str, token: str, kind: str, ids: Sequence[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for start in range(0, len(ids), 100):
        answer = requests.post(
            f"{url}/crm/v4/associations/contacts/{kind}/batch/read",
            json={"inputs": [{"id": id_} for id_ in ids[start : start + 100]]},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert answer.status_code in {200, 207}, answer.text
        for row in answer.json()["results"]:
            found[str(row["from"]["id"])] += [str(one["toObjectId"]) for one in row["to"]]
    return found


# --- counting


@dataclass
class Counted:
    """A figure as counted by hand: count and total of its rate, further numbers, and its lines."""

    rate: tuple[int, int] | None = None
    values: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] | None = None
    rates: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass
class Census:
    world: World
    since: datetime
    until: datetime
    zone: ZoneInfo
    days: frozenset[int]
    opens: time
    closes: time
    nobody: frozenset[str]
    mapping: Mapping[str, str]
    """Canonical field to the CRM's."""

    def __post_init__(self) -> None:
        inside = [one for one in self.world.everybody if self.since <= one.created < self.until]
        self.inside = sorted(inside, key=lambda one: (one.created, one.id))
        self.first = {one.id: touch for one in self.inside if (touch := self._first(one))}

    def _is_person(self, owner: str) -> bool:
        return owner in self.world.people and owner not in self.nobody

    def _first(self, one: One) -> tuple[datetime, str, str] | None:
        done = [touch for touch in one.touches if touch[0] <= self.until and self._is_person(touch[2])]
        return min(done, default=None)

    def _wait(self, one: One) -> int:
        return max(0, int((self.first[one.id][0] - one.created).total_seconds()))

    def figures(self) -> dict[str, Counted]:
        found = {
            "created": self._created(),
            "first_touch": self._first_touch(),
            "first_touch_kind": Counted(parts=dict(Counter(kind for _, kind, _ in self.first.values()))),
            "never_touched": self._never(),
            "touch_logged": self._logged(),
            "owned_by_leavers": self._owned("leaver"),
            "owned_by_unmanned_queues": self._owned("unmanned"),
            "owned_by_nobody": self._owned("nobody"),
            "share_per_rep": self._shares(),
            "duplicates_inside": self._duplicates(),
            "sources": self._sources(),
        }
        return {
            name: one for name, one in found.items() if not (name == "owned_by_unmanned_queues" and self.world.manned is None)
        }

    def _created(self) -> Counted:
        per_day = Counter(one.created.astimezone(self.zone).date() for one in self.inside)
        return Counted(
            values={
                "records": len(self.inside),
                "busiest_day": max(per_day.values(), default=0),
                "changed_in_the_last_day": sum(at >= self.until - timedelta(days=1) for at in self.world.changed_at),
            }
        )

    def _first_touch(self) -> Counted:
        touched = [one for one in self.inside if one.id in self.first]
        waits = [self._wait(one) for one in touched]
        working = [self._open_seconds(one.created, one.created + timedelta(seconds=self._wait(one))) for one in touched]
        values = {"before_creation": sum(self.first[one.id][0] < one.created for one in touched)}
        for name, numbers in (("seconds", waits), ("working_seconds", working)):
            if numbers:
                values |= {f"p{p}_{name}": sorted(numbers)[math.ceil(len(numbers) * p / 100) - 1] for p in (50, 95)}
        ends = [300, 3_600, 28_800, 86_400, 604_800, 10**12]
        labels = [
            "up to 5 minutes", "5 minutes to 1 hour", "1 to 8 hours", "8 to 24 hours", "1 to 7 days", "more than 7 days",
        ]  # fmt: skip
        parts = dict.fromkeys([*labels, "never"], 0)
        for wait in waits:
            parts[labels[next(place for place, end in enumerate(ends) if wait <= end)]] += 1
        parts["never"] = len(self.inside) - len(touched)
        return Counted((len(touched), len(self.inside)), values, parts)

    def _open_seconds(self, start: datetime, end: datetime) -> int:
        """Day by day, the part of the opening hours that lies between."""
        total, day = 0.0, start.astimezone(self.zone).date()
        while day <= end.astimezone(self.zone).date():
            if day.weekday() in self.days:
                opens, closes = (self._at(day, clock) for clock in (self.opens, self.closes))
                total += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
            day += timedelta(days=1)
        return int(total)

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _never(self) -> Counted:
        never = [one for one in self.inside if one.id not in self.first]
        young = sum((self.until - one.created).total_seconds() < 86_400 for one in never)
        return Counted((len(never), len(self.inside)), {"younger_than_a_day": young})

    def _logged(self) -> Counted:
        worked = [one for one in self.inside if one.converted or one.opportunity]
        return Counted((sum(one.id in self.first for one in worked), len(worked)))

    def _standing(self, owner: str) -> str:
        if not owner or owner in self.nobody:
            return "nobody"
        if owner in self.world.people:
            return "person" if self.world.people[owner][1] else "leaver"
        if owner in self.world.queues:
            assert self.world.manned is not None
            return "queue" if self.world.manned[owner] else "unmanned"
        return "leaver"

    def _name(self, owner: str) -> str:
        if not owner:
            return "no owner at all"
        if owner in self.world.people:
            return self.world.people[owner][0].partition("@")[0]
        return self.world.queues.get(owner, "an owner who is not among the CRM's users")

    def _owned(self, standing: str) -> Counted:
        held = Counter(self._name(one.owner) for one in self.inside if self._standing(one.owner) == standing)
        return Counted((held.total(), len(self.inside)), parts=dict(held))

    def _shares(self) -> Counted:
        held: dict[str, list[One]] = defaultdict(list)
        for one in self.inside:
            if self._standing(one.owner) == "person":
                held[one.owner].append(one)
        total = sum(map(len, held.values()))
        values = {"reps": len(held), "records": total}
        if held:
            most = max(map(len, held.values()))
            values |= {"most_to_fair_percent": round(100 * most / (total / len(held))), "beyond_fair": most - total // len(held)}
        rates = {self._name(id_): {"touched": sum(one.id in self.first for one in some)} for id_, some in held.items()}
        return Counted(None, values, {self._name(id_): len(some) for id_, some in held.items()}, rates)

    def _sources(self) -> Counted:
        groups: dict[str, list[One]] = defaultdict(list)
        for one in self.inside:
            said = " ".join(one.source.split())
            groups["(no source)" if said.lower() in NO_ANSWER else said].append(one)
        rates = {name: self._outcomes(some) for name, some in groups.items()}
        none = len(groups.get("(no source)", ()))
        parts = {name: len(some) for name, some in groups.items()}
        return Counted((none, len(self.inside)), {"without_source": none}, parts, rates)

    def _outcomes(self, some: Sequence[One]) -> dict[str, int]:
        found = {
            "touched": sum(one.id in self.first for one in some),
            "opportunity": sum(one.opportunity for one in some),
            "won": sum(one.won for one in some),
        }
        return found | ({"converted": sum(one.converted is True for one in some)} if some[0].converted is not None else {})

    def _duplicates(self) -> Counted:
        emails = {one.email.strip().lower() for one in self.inside if "@" in one.email}
        outside = [one for one in self.world.everybody if one not in self.inside and one.email.strip().lower() in emails]
        everybody = sorted([*self.inside, *outside], key=lambda one: (one.created, one.id))
        ids = {one.id for one in self.inside}
        holders: dict[tuple[str, str], int] = {}
        older: set[int] = set()
        copies = of_older = torn = 0
        kinds: Counter[str] = Counter()
        for person, one in enumerate(everybody):
            keys = _keys(one)
            held = {holders[key] for key in keys if key in holders}
            who = person if len(held) != 1 else held.pop()
            if one.id in ids and len(held) > 1:
                torn += 1
            elif one.id in ids and who != person:
                copies += 1
                kinds.update({key[0] for key in keys if key in holders})
                of_older += who in older
            if len(held) <= 1:
                for key in keys:
                    holders.setdefault(key, who)
            if one.id not in ids and one.created < self.since:
                older.add(who)
        return Counted((copies, len(self.inside)), {"of_older_records": of_older, "torn_between_two": torn}, dict(kinds))

    def across(self, other: World) -> Counted:
        """Of another CRM, whoever came in the same window, or at any time under one of our addresses."""
        emails = {one.email.strip().lower() for one in self.inside if "@" in one.email}
        theirs = [one for one in other.everybody if self.since <= one.created < self.until or one.email.strip().lower() in emails]
        keys = {key for one in theirs for key in _keys(one)}
        return Counted((sum(not keys.isdisjoint(_keys(one)) for one in self.inside), len(self.inside)))

    def filled(self, name: str) -> int:
        """How many say something in the field behind a canonical name."""
        theirs = self.mapping.get(name, "")
        return sum(self._says(one.raw.get(theirs)) for one in self.inside)

    @staticmethod
    def _says(value: Any) -> bool:
        return value.strip().lower() not in NO_ANSWER if isinstance(value, str) else value is not None


def _keys(one: One) -> list[tuple[str, str]]:
    family = "".join(letter for letter in unicodedata.normalize("NFKD", one.last.casefold()) if letter.isalnum())
    local, at, domain = one.email.strip().lower().rpartition("@")
    keys = []
    if local and at and "." in domain:
        if local.partition("+")[0] not in ROLES:
            keys.append(("same e-mail address", f"{local}@{domain}"))
        elif family:
            keys.append(("same e-mail address", f"{local}@{domain}|{family}"))
    if family and one.phone.startswith("+"):
        number = phonenumbers.parse(one.phone, None)
        if phonenumbers.is_possible_number(number):
            keys.append(("same phone and family name", f"{number.country_code}-{number.national_number}|{family}"))
    return keys


def wilson(count: int, of: int) -> tuple[int, int]:
    """Per mille, by somebody else's code."""
    interval = binomtest(count, of).proportion_ci(0.95, method="wilson")
    return round(1000 * interval.low), round(1000 * interval.high)


def hours_in(text: str) -> tuple[frozenset[int], time, time]:
    """`Mon Tue Wed Thu Fri 09:00-17:00` as the page says it."""
    *names, span = text.split()
    opens, _, closes = span.partition("-")
    return (
        frozenset("Mon Tue Wed Thu Fri Sat Sun".split().index(name) for name in names),
        time.fromisoformat(opens),
        time.fromisoformat(closes),
    )


def differing(audit: Any, counted: Mapping[str, Counted]) -> Iterable[str]:
    """One line for each number that is not the same."""
    for name, mine in counted.items():
        figure = audit.figure(name)
        if figure.unread:
            yield f"{name} was not read: {figure.unread}"
            continue
        if mine.rate:
            there = (figure.rate.count, figure.rate.of)
            if there != mine.rate:
                yield f"{name}: {there}, counted {mine.rate}"
            elif mine.rate[1] and any(
                abs(a - b) > 1 for a, b in zip((figure.rate.low, figure.rate.high), wilson(*mine.rate), strict=True)
            ):
                yield f"{name}: interval {figure.rate.low}-{figure.rate.high}, counted {wilson(*mine.rate)}"
        yield from (
            f"{name}.{key}: {figure.values.get(key)}, counted {value}"
            for key, value in mine.values.items()
            if figure.values.get(key) != value
        )
        if mine.parts is not None:
            there_parts = {part.label: part.count for part in figure.parts if part.count}
            here = {label: count for label, count in mine.parts.items() if count}
            if there_parts != here:
                yield f"{name}: {there_parts}, counted {here}"
        for label, rates in mine.rates.items():
            part = next((one for one in figure.parts if one.label == label), None)
            shown = {key: rate.count for key, rate in part.rates.items()} if part else {}
            if shown != rates:
                yield f"{name} {label}: {shown}, counted {rates}"
