"""Several hundred leads of varied history, drawn from a seed, the awkward ones among them; the same draw for both CRMs."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from adapters.sandbox.client import SandboxClient
from connector.demo.portals import Portals
from tests.connector.audit.town import ADA, BEN, EMPTY, GUS, NOW, STAFFED, text

SINCE = NOW - timedelta(days=90)

_SOURCES = ("Web", "Partner Referral", "Phone Inquiry", "  Trade   Fair ", "N/A", "-", "", "unknown")
_BORDERS = (
    SINCE,
    SINCE - timedelta(seconds=1),
    NOW - timedelta(seconds=1),
    NOW,
    NOW + timedelta(hours=1),
    NOW - timedelta(days=1),
)
"""In, out, in, out, out, and just a day old."""
_AROUND_MIDNIGHT = tuple(datetime(2026, 10, 25, hour, minute, tzinfo=UTC) for hour in (3, 4, 5, 6) for minute in (0, 59))
"""The clocks of Europe go back on that day, and New York's midnight lies there."""


class Crowd:
    def __init__(self, portals: Portals, crm: Any, seed: int = 7) -> None:
        self.client: SandboxClient = portals.sandbox
        self.crm, self.random = crm, Random(seed)
        people = {
            str(one.get("email") or one.get("Email")): str(one.get("id") or one.get("Id")) for one in self.client.people(crm)
        }
        queues = {str(one.get("Name") or ""): str(one.get("Id") or "") for one in self.client.queues(crm)}
        self.people = [people[one] for one in (ADA, BEN, GUS)]
        places = [queues[one] for one in (STAFFED, EMPTY)] if crm == "salesforce" else [None, "987654321"]
        self.owners = [*self.people, portals.intake[crm], *places]
        self.intake = portals.intake[crm]

    def fill(self, count: int = 300) -> None:
        moments = [*_BORDERS, *_AROUND_MIDNIGHT]
        moments += [NOW - timedelta(seconds=self.random.randrange(1, 110 * 86_400)) for _ in range(count - len(moments))]
        rows = [self._row(number, at) for number, at in enumerate(moments)]
        table = "Lead" if self.crm == "salesforce" else "contacts"
        ids = self.client.create(self.crm, table, rows)
        for id_, at in zip(ids, moments, strict=True):
            self._history(id_, at)
        for one in self.random.sample(ids, 8):
            self.client.delete(self.crm, table, one)
        self._merge([one["id"] for one in self.client.records(self.crm, table) if not one["archived"]], table)

    def _merge(self, there: list[str], table: str) -> None:
        converted = {one["id"] for one in self.client.records(self.crm, table) if one["properties"].get("IsConverted")}
        free = [one for one in there if one not in converted]
        for winner, loser in zip(free[20:26], free[40:46], strict=True):
            self.client.merge(self.crm, table, winner, loser)

    def _row(self, number: int, at: datetime) -> dict[str, Any]:
        draw = self.random
        last = draw.choice(("Berg", "Holm", "Lind", "Dahl", "Müller", "O'Neil"))
        email = draw.choice(
            (f"x{number}@acme.example", f"x{number}@acme.example", self._shared(number), f"info@firm{number % 9}.example", "")
        )
        phone = draw.choice(("", "", f"+49 30 9018{number % 30:02}0", f"+493090{number:05}"))
        source = draw.choice(_SOURCES)
        title = draw.choice(("", "CEO", "n/a", "VP Sales"))
        owner = draw.choice(self.owners)
        if self.crm == "salesforce":
            return {
                "LastName": last, "Company": "Acme", "Email": email or None, "Phone": phone or None, "LeadSource": source or None,
                "Title": title or None, "OwnerId": owner, "CreatedDate": text(at),
                "NumberOfEmployees": draw.choice((None, 0, 40)),
            }  # fmt: skip
        if email and "@acme" not in email:
            email = f"{email.partition('@')[0]}.{number}@firm.example"  # HubSpot knows an address once
        row = {
            "lastname": last, "email": email, "phone": phone, "hs_analytics_source": source, "jobtitle": title,
            "hubspot_owner_id": owner, "createdate": text(at), "numemployees": draw.choice(("", "0", "40")),
        }  # fmt: skip
        return {name: value for name, value in row.items() if value}

    def _shared(self, number: int) -> str:
        """The same few addresses again and again, in other letters."""
        address = f"again{number % 12}@acme.example" if self.crm == "salesforce" else f"again{number}@acme.example"
        return self.random.choice((address, address.upper(), address.title()))

    def _history(self, id_: str, at: datetime) -> None:
        draw = self.random
        who, contact = id_, ""
        if self.crm == "salesforce" and draw.random() < 0.15:
            who = contact = self._converted(id_)
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            seconds = draw.choice((-900, 0, 299, 300, 301, 3_600, 30_000, 86_400, 86_401, 700_000, 9_000_000))
            self._act(who, at + timedelta(seconds=seconds), draw.choice([*self.people, self.people[0], self.intake]))
        if self.crm == "hubspot" and draw.random() < 0.1:
            won = draw.choice(("true", "false"))
            self.client.create("hubspot", "deals", [{"dealname": "D", "hs_is_closed_won": won, "contact": id_}])
        elif contact and draw.random() < 0.3:
            (deal,) = self.client.create(
                "salesforce", "Opportunity", [{"Name": "D", "CloseDate": "2026-12-31", "IsWon": draw.random() < 0.5}]
            )
            self.client.create("salesforce", "OpportunityContactRole", [{"OpportunityId": deal, "ContactId": contact}])

    def _converted(self, id_: str) -> str:
        """Now and then two leads are converted to one contact."""
        (found,) = self.client.read("salesforce", "Lead", [id_])
        assert found
        if not found["properties"]["OwnerId"].startswith("005"):
            self.client.update("salesforce", "Lead", id_, {"OwnerId": self.people[0]})
        known = [one["id"] for one in self.client.records("salesforce", "Contact")]
        into = known[-1] if known and self.random.random() < 0.3 else ""
        more = {"contact": into} if into else {}
        done = self.client.command(
            "salesforce", "convert", lead=id_, status="Closed - Converted", makeOpportunity=self.random.random() < 0.5, **more
        )
        return str(done["contact"])

    def _act(self, who: str, at: datetime, by: str) -> None:
        draw = self.random
        kind = draw.choice(("call", "email", "meeting", "task", "open", "incoming"))
        if self.crm == "hubspot":
            self._hubspot_act(kind, {"hs_timestamp": text(at), "hubspot_owner_id": by, "contact": who}, at)
            return
        mine = {"WhoId": who, "OwnerId": by}
        if kind == "meeting":
            self.client.create("salesforce", "Event", [{**mine, "StartDateTime": text(at)}])
            return
        done = kind != "open"
        subtype = {"call": "Call", "email": "Email", "incoming": "ListEmail"}.get(kind, "Task")
        row = {**mine, "TaskSubtype": subtype, "IsClosed": done, "Status": "Completed" if done else "Not Started"}
        self.client.create(
            "salesforce", "Task", [{**row, "CreatedDate": text(at), "CompletedDateTime": text(at) if done else None}]
        )

    def _hubspot_act(self, kind: str, row: dict[str, Any], at: datetime) -> None:
        table = {"call": "calls", "meeting": "meetings", "task": "tasks", "open": "tasks"}.get(kind, "emails")
        more = {
            "call": {},
            "email": {"hs_email_direction": "EMAIL"},
            "incoming": {"hs_email_direction": "INCOMING_EMAIL"},
            "meeting": {"hs_meeting_start_time": text(at), "hs_meeting_outcome": self.random.choice(("COMPLETED", "CANCELED"))},
            "task": {"hs_task_status": "COMPLETED", "hs_task_completion_date": text(at)},
            "open": {"hs_task_status": "NOT_STARTED"},
        }[kind]
        self.client.create("hubspot", table, [{**row, **more}])
