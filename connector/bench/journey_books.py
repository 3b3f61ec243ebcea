"""What Leadline did, by the CRMs' own books: their journals, the histories of their records, the members of their lists.

Nothing here asks Leadline's store.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from adapters.salesforce.calls import chunks
from adapters.sandbox.client import CRMName, SandboxClient
from adapters.sandbox.record import OWNER_FIELDS, TASK_OBJECTS
from adapters.sandbox.salesforce_org import INTEGRATION_USER
from config.mapping import is_own, shipped_mapping
from connector.bench.journey_leads import TABLES, Came

_CRMS: Final[tuple[CRMName, CRMName]] = ("salesforce", "hubspot")
_TELLING: Final = ("/actions/", "/chatter/", "/emails", "/communications", "/notifications")
"""Parts of addresses by which a program would tell a person something."""

_OWNERS: Final = OWNER_FIELDS | {"hubspot_owner_assigneddate"}
"""With the date that HubSpot itself sets beside an owner."""

_OBSERVER: Final = "pat-na1-journey-observer"
_QUIET: Final = 3.0
"""Seconds without a write, after which nothing more is expected."""

Named = Mapping[tuple[CRMName, str], int]
"""CRM and lead source to a count."""


@dataclass(frozen=True, slots=True)
class Effects:
    """By Leadline's hand, from one moment on."""

    owners: Named
    """Leads whose owner was changed; in HubSpot, those put into a lane, which has no owner, too."""
    tasks: Named
    """Tasks made, by the lead that they are about."""
    notifications: int
    """All that tells a person: owner changes, tasks, joining a list (on which workflows wait), any other record made, any call
    that sends something."""
    other_fields: Mapping[str, int] = field(default_factory=dict)
    """Fields of leads that are neither Leadline's own nor the owner, and were written."""

    @property
    def owned(self) -> int:
        return sum(self.owners.values())

    @property
    def made(self) -> int:
        """Tasks."""
        return sum(self.tasks.values())


@dataclass(slots=True)
class Books:
    """Reads the books from the moment on at which it was opened or turned over."""

    crms: SandboxClient
    hubspot_app: str
    _mark: int = 0
    _lanes: frozenset[str] = frozenset()

    def turn_over(self) -> None:
        """What stands until now does not count."""
        self._mark = max((entry["seq"] for entry in self.crms.journal()), default=0)
        self._lanes = self._in_lanes()
        self.crms.reset_stats()

    def ours(self, entry: Mapping[str, Any], crm: CRMName) -> bool:
        return bool(entry["actor"] == (INTEGRATION_USER if crm == "salesforce" else self.hubspot_app))

    def effects(self, leads: Sequence[Came]) -> Effects:
        """What was done since, to these leads and around them."""
        stats = self.crms.stats()
        entries = [one for one in self.crms.journal(self._mark) if one["crm"] in _CRMS and self.ours(one, one["crm"])]
        given: set[tuple[CRMName, str]] = {
            (one["crm"], one["id"]) for one in entries if not OWNER_FIELDS.isdisjoint(one["changed"]) and not _task(one)
        }
        joined = self._in_lanes() - self._lanes
        tasks = [one for one in entries if _task(one) and one["kind"] == "created"]
        others = sum(one["count"] for one in stats["writes"] if _besides(one))
        told = sum(one["count"] for one in stats["calls"] if any(part in one["route"] for part in _TELLING))
        return Effects(
            owners=_by_source(leads, given | {("hubspot", id_) for id_ in joined}),
            tasks=_by_source(leads, self._about(tasks)),
            notifications=len(given) + len(joined) + len(tasks) + others + told,
            other_fields=self._other_fields(leads),
        )

    def scored(self, leads: Sequence[Came]) -> int:
        """Leads that carry a fit score."""
        return sum(self._scored(crm, [one.id for one in leads if one.crm == crm]) for crm in _CRMS)

    def wait(self, leads: Sequence[Came], seconds: float) -> None:
        """Until all have their scores and nothing is written any more; at most so long. Who has none by then, is in limbo."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up and self.scored(leads) < len(leads):
            time.sleep(0.5)
        self._wait_until_quiet(give_up)

    def _wait_until_quiet(self, give_up: float) -> None:
        seen, since = None, time.monotonic()
        while time.monotonic() < give_up and time.monotonic() - since < _QUIET:
            self.crms.pending(wait=1.0)
            writes = self.crms.stats()["writes"]
            if writes != seen:
                seen, since = writes, time.monotonic()
            time.sleep(0.25)

    def _scored(self, crm: CRMName, ids: Sequence[str]) -> int:
        fit = shipped_mapping(crm).outputs["fit_score"]
        found = self.crms.read(crm, TABLES[crm], ids) if ids else []
        return sum(one is not None and one["properties"].get(fit) not in {None, ""} for one in found)

    def _about(self, tasks: Sequence[Mapping[str, Any]]) -> list[tuple[CRMName, str]]:
        """The lead of each task; an empty id where it is about none."""
        whom = [str(one["changed"].get("WhoId", (None, ""))[1]) for one in tasks if one["crm"] == "salesforce"]
        found: list[tuple[CRMName, str]] = [("salesforce", id_) for id_ in whom]
        ids = [str(one["id"]) for one in tasks if one["crm"] == "hubspot"]
        for some in chunks(ids, 100):
            inputs = {"inputs": [{"id": id_} for id_ in some]}
            rows = self._ask("POST", "/crm/v4/associations/tasks/contacts/batch/read", json=inputs)["results"]
            contacts = {str(row["from"]["id"]): str(row["to"][0]["toObjectId"]) for row in rows if row["to"]}
            found += [("hubspot", contacts.get(id_, "")) for id_ in some]
        return found

    def _other_fields(self, leads: Sequence[Came]) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for one in leads:
            for entry in self.crms.history(one.crm, TABLES[one.crm], one.id):
                if self.ours(entry, one.crm):
                    found.update(f"{one.crm} {name}" for name in entry["changed"] if not is_own(name) and name not in _OWNERS)
        return dict(found)

    def _in_lanes(self) -> frozenset[str]:
        """Contacts in any of Leadline's lists, by HubSpot's own API."""
        search = self._ask("POST", "/crm/v3/lists/search", json={"query": "Leadline", "count": 100})
        return frozenset(id_ for one in search["lists"] for id_ in self._members(one["listId"]))

    def _members(self, list_id: str) -> list[str]:
        found, after = list[str](), ""
        while True:
            page = self._ask(
                "GET", f"/crm/v3/lists/{list_id}/memberships", params={"limit": 250, **({"after": after} if after else {})}
            )
            found += [str(one["recordId"]) for one in page["results"]]
            after = page.get("paging", {}).get("next", {}).get("after", "")
            if not after:
                return found

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {_OBSERVER}"}
        answer = requests.request(method, f"{self.crms.url}{path}", headers=headers, timeout=30, **more)
        answer.raise_for_status()
        return dict(answer.json())


def _task(entry: Mapping[str, Any]) -> bool:
    return entry["object"] in TASK_OBJECTS


def _besides(write: Mapping[str, Any]) -> bool:
    """A record by the API that is neither a lead nor a task, which are counted by themselves."""
    return bool(write["source"] == "API" and write["object"] not in {*TABLES.values(), *TASK_OBJECTS})


def _by_source(leads: Sequence[Came], found: Iterable[tuple[CRMName, str]]) -> Named:
    """Every source, also where nothing was done. What is none of these leads is counted under a source of no name."""
    known: dict[tuple[CRMName, str], str] = {(one.crm, one.id): one.source for one in leads}
    counts: Counter[tuple[CRMName, str]] = Counter({(one.crm, one.source): 0 for one in leads})
    for crm, id_ in found:
        counts[crm, known.get((crm, id_), "")] += 1
    return dict(counts)
