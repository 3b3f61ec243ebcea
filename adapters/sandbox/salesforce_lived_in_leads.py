"""Ninety days of leads: who came in and how, who got them and when, what was done, what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from adapters.sandbox.limits import DAY_MS
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_convert import Conversion, Converter
from adapters.sandbox.salesforce_lived_in_setup import RATINGS, REASONS, REGIONS
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import Schema
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.salesforce_write import Writer
from adapters.sandbox.store import Store

_MINUTE: Final = 60_000

_FIRST: Final = (
    "Ada Bram Chloe Dilek Emil Fatima Goran Hana Ivo Jonas Karin Luca Mina Noor Olaf Petra Quirin Rosa Sami Tess".split()
)
_LAST: Final = "Abara Bakker Conti Dahl Eriksen Fischer Garcia Horvat Ilves Jensen Kaya Larsen Moreau Novak Okafor Petrov".split()
_TRADES: Final = "Logistics Foods Robotics Energy Textiles Software Clinics Metals Paper Travel".split()
_PLACES: Final = (
    ("Delft", "Netherlands"),
    ("Turin", "Italy"),
    ("Aarhus", "Denmark"),
    ("Austin", "United States"),
    ("Toronto", "Canada"),
    ("Osaka", "Japan"),
)
_TITLES: Final = ("Head of Operations", "Buyer", "CFO", "IT Manager", "Marketing Lead", "Student", "VP Sales", "Engineer")
_SOURCES: Final = (("Web", 55), ("Partner Referral", 15), ("Purchased List", 15), ("Phone Inquiry", 10), ("Other", 5))
_AGAIN: Final = ("FirstName", "LastName", "Company", "Phone", "City", "Country")


@dataclass(frozen=True, slots=True)
class Staff:
    """Ids: of users who are here, of those who left, of queues by name, of record types by name, and of the integration."""

    here: Sequence[str]
    left: Sequence[str]
    queues: Mapping[str, str]
    record_types: Mapping[str, str]
    integration: str


@dataclass(slots=True)
class Past:
    """Writes the leads of one org and counts what it wrote."""

    store: Store
    schema: Schema
    writer: Writer
    converter: Converter
    staff: Staff
    random: Random
    days: int
    counts: Counter[str] = field(default_factory=Counter)
    made: list[Record] = field(default_factory=list)

    def write(self, leads: int) -> None:
        now = self.store.clock()
        moments = sorted(now - DAY_MS - self.random.randrange((self.days - 1) * DAY_MS) for _ in range(leads))
        for number, at in enumerate(moments):
            lead, owned_at = self._handed_over(self._born(number, at), at, early=at < now - self.days * DAY_MS * 2 // 3)
            self.made.append(lead)
            self._worked(lead, owned_at, now)

    def _born(self, number: int, at: int) -> Record:
        """Every twentieth is someone who is there already; half of these under the same address."""
        old = self.random.choice(self.made) if self.made and number % 20 == 19 else None
        values = self._again(number, old) if old else self._stranger(number)
        source = self.random.choices([word for word, _ in _SOURCES], [weight for _, weight in _SOURCES])[0]
        kind = {"Partner Referral": "Partner", "Web": "Inbound"}.get(source, "Event")
        born = {"LeadSource": source, "RecordTypeId": self.staff.record_types[kind], "OwnerId": self._first_owner(source)}
        self.counts["leads"] += 1
        self.counts["duplicates"] += old is not None
        return self._create("Lead", {**values, **born}, Actor("API", self.staff.integration), at)

    def _first_owner(self, source: str) -> str:
        """As the active rule would have it; lists are loaded under the integration's own name."""
        if source == "Purchased List":
            return self.staff.integration
        return self.staff.queues[{"Web": "Inbound Leads", "Partner Referral": "Partner Leads"}.get(source, "Unassigned")]

    def _stranger(self, number: int) -> dict[str, Any]:
        first, last, trade = self.random.choice(_FIRST), self.random.choice(_LAST), self.random.choice(_TRADES)
        city, country = self.random.choice(_PLACES)
        company = f"{self.random.choice(_LAST)} {trade}"
        domain = f"{company.replace(' ', '-').lower()}.test" if self.random.random() < 0.8 else "freemail.test"
        return {
            "FirstName": first,
            "LastName": last,
            "Company": company,
            "Email": f"{first}.{last}.{number}@{domain}".lower(),
            "City": city,
            "Country": country,
            "Status": "Open - Not Contacted",
            "Imported_Id__c": f"I-{number:05}",
            **self._sometimes(number),
        }

    def _sometimes(self, number: int) -> dict[str, Any]:
        """What only some fill in, which is what fill rates show."""
        score = float(self.random.randrange(101))
        offered = {
            "Title": (0.7, self.random.choice(_TITLES)),
            "Phone": (0.6, f"+3155501{number:05}"),
            "NumberOfEmployees": (0.4, self.random.choice((4, 18, 40, 80, 320, 900))),
            "Lead_Rating__c": (0.3, self.random.choice(RATINGS)),
            "Region__c": (0.5, self.random.choice(REGIONS)),
            "Campaign_Code__c": (0.2, f"C{self.random.randrange(40):03}"),
            "Lead_Score_Old__c": (0.1, float(self.random.randrange(51))),
        }
        filled = {name: value for name, (chance, value) in offered.items() if self.random.random() < chance}
        scored = {"Score__c": score, "Score_Band__c": "High" if score >= 70 else "Low"} if self.random.random() < 0.55 else {}
        return {**filled, **scored}

    def _again(self, number: int, old: Record) -> dict[str, Any]:
        again = {name: old.values[name] for name in _AGAIN if name in old.values}
        same = self.random.random() < 0.5
        email = old.values["Email"] if same else f"again.{number}@freemail.test"
        self.counts["duplicates by e-mail"] += same
        return {**again, "Email": email, "Status": "Open - Not Contacted", "Imported_Id__c": f"I-{number:05}"}

    # what people did

    def _handed_over(self, lead: Record, at: int, *, early: bool) -> tuple[Record, int]:
        """To a person within minutes or days, or to nobody yet; those who left got theirs early on."""
        draw = self.random.random()
        if draw < 0.2:
            self.counts["never handed over"] += 1
            return lead, at
        owner = self.random.choice(self.staff.left if early and draw < 0.45 else self.staff.here)
        minutes = self.random.randrange(2, 240) if draw < 0.7 else self.random.randrange(240, 4 * 1440)
        owned_at = min(at + minutes * _MINUTE, self.store.clock() - _MINUTE)
        self.counts["handed over"] += 1
        self.counts["owned by people who left"] += owner in self.staff.left
        return self.store.update(lead, {"OwnerId": owner}, self._by(owner), at=owned_at), owned_at

    def _worked(self, lead: Record, owned_at: int, now: int) -> None:
        owner = lead.values["OwnerId"]
        if not owner.startswith("005") or owner == self.staff.integration:
            return
        draw = self.random.random()
        touched_at = owned_at + self.random.randrange(5, 3 * 1440) * _MINUTE
        if draw < 0.35 or touched_at >= now:
            self.counts["never touched"] += 1
            return
        self._touch(lead, owner, touched_at)
        lead = self.store.update(lead, {"Status": "Working - Contacted"}, self._by(owner), at=touched_at)
        self._ended(lead, owner, touched_at, now)

    def _touch(self, lead: Record, owner: str, at: int) -> None:
        """A completed call or e-mail, or a meeting; and sometimes a task that is still open."""
        if self.random.random() < 0.75:
            subtype = self.random.choice(("Call", "Email"))
            values = {"Subject": subtype, "TaskSubtype": subtype, "Status": "Completed", "IsClosed": True, "Priority": "Normal"}
            self._activity("Task", {**values, "CompletedDateTime": stamp(at)}, lead, owner, at)
        else:
            ends = {"EndDateTime": stamp(at + 30 * _MINUTE), "DurationInMinutes": 30}
            self._activity("Event", {"Subject": "Meeting", "StartDateTime": stamp(at), **ends}, lead, owner, at)
        if self.random.random() < 0.3:
            values = {"Subject": "Send offer", "TaskSubtype": "Task", "Status": "Not Started", "IsClosed": False}
            self._activity("Task", {**values, "Priority": "Normal"}, lead, owner, at)

    def _activity(self, table: str, values: Mapping[str, Any], lead: Record, owner: str, at: int) -> None:
        day = {"ActivityDate": stamp(at)[:10]}
        self._create(table, {**values, **day, "WhoId": lead.id, "OwnerId": owner}, self._by(owner), at)
        self.counts["open tasks" if values.get("IsClosed") is False else f"{table.lower()}s done"] += 1

    def _ended(self, lead: Record, owner: str, touched_at: int, now: int) -> None:
        draw = self.random.random()
        at = touched_at + self.random.randrange(1, 20) * DAY_MS
        if draw > 0.45 or at >= now:
            return
        if draw < 0.2:
            values = {"Status": "Closed - Not Converted", "Disqualified_Reason__c": self.random.choice(REASONS)}
            self.store.update(lead, values, self._by(owner), at=at)
            self.counts["disqualified"] += 1
            return
        done = self.converter.convert(Conversion(lead=lead.id, status="Closed - Converted"), self._by(owner), at=at)
        self.counts["converted"] += 1
        self._settled(done.opportunity, owner, at + self.random.randrange(2, 30) * DAY_MS, now)

    def _settled(self, opportunity: str, owner: str, at: int, now: int) -> None:
        record = self.store.exactly(CRM, "Opportunity", opportunity)
        if record is None or at >= now:
            return
        won = self.random.random() < 0.4
        stage = {"StageName": "Closed Won" if won else "Closed Lost", "IsWon": won, "IsClosed": True}
        amount = {"Amount": float(self.random.randrange(2_000, 90_000))}
        self.store.update(record, {**stage, **amount, "CloseDate": stamp(at)[:10]}, self._by(owner), at=at)
        self.counts["won" if won else "lost"] += 1

    def _by(self, user: str) -> Actor:
        return Actor("CRM_UI", user)

    def _create(self, table: str, values: Mapping[str, Any], actor: Actor, at: int) -> Record:
        whole = self.schema.whole(table)
        if whole is None:
            raise LookupError(f"There is no Salesforce object {table}.")
        defaults = {one.name: one.default for one in whole.fields.values() if one.custom and one.default is not None}
        return self.store.create(CRM, table, self.writer.new_id(whole), {**defaults, **values}, actor, at=at)
