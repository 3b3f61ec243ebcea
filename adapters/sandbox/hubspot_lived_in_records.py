"""Ninety days of records: who came in and how, who got them and when, what was done, what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from adapters.sandbox.hubspot_associations import Associations
from adapters.sandbox.hubspot_portal import KINDS
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.limits import DAY_MS
from adapters.sandbox.record import Actor, Record

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
    ("Osaka", "Japan"),
)
_TITLES: Final = ("Head of Operations", "Buyer", "CFO", "IT Manager", "Marketing Lead", "Student", "VP Sales", "Engineer")
_SIZES: Final = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000")
_STAGES: Final = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead")
_WEB: Final = ("ORGANIC_SEARCH", "PAID_SEARCH", "REFERRALS", "DIRECT_TRAFFIC", "PAID_SOCIAL")
_ENTRANCES: Final = (
    ("FORM", "form-contact-sales"),
    ("IMPORT", "import-2210"),
    ("INTEGRATION", "8830021"),
    ("CRM_UI", "userId:9000001"),
)
_ENGAGED: Final = (("calls", 35), ("emails", 35), ("meetings", 10), ("tasks", 12), ("notes", 8))


@dataclass(slots=True)
class Owned:
    """Owner ids: of those who are here, and of those who left."""

    here: Sequence[str]
    left: Sequence[str]


@dataclass(slots=True)
class Past:
    """Writes the records of one portal and counts what it wrote."""

    records: Records
    links: Associations
    owned: Owned
    random: Random
    now: int
    days: int
    rotation: str
    """Id of the workflow that hands out new contacts."""
    counts: Counter[str] = field(default_factory=Counter)
    made: list[Record] = field(default_factory=list)
    """Contacts, in order of creation."""

    def write(self, contacts: int) -> None:
        """Companies, contacts over the days, their owners, deals and engagements."""
        companies = [self._company(number) for number in range(max(1, contacts // 6))]
        moments = sorted(self.now - DAY_MS - self.random.randrange((self.days - 1) * DAY_MS) for _ in range(contacts))
        for number, at in enumerate(moments):
            contact = self._contact(number, at, self.random.choice(companies))
            self.made.append(self._followed(contact, at))

    def _company(self, number: int) -> Record:
        trade = self.random.choice(_TRADES)
        name = f"{self.random.choice(_LAST)} {trade}"
        size = self.random.choice((4, 18, 40, 80, 320, 900))
        industry = self.random.choice(("BANKING", "COMPUTER_SOFTWARE", "CONSTRUCTION", "HOSPITAL_HEALTH_CARE"))
        about = {"numberofemployees": str(size), "industry": industry, "country": self.random.choice(_PLACES)[1]}
        values = {"name": name, "domain": f"c{number}.{trade.lower()}.test", **about}
        owner = {"hubspot_owner_id": self.random.choice(self.owned.here)} if self.random.random() < 0.4 else {}
        target = {"hs_is_target_account": "true"} if size > 300 else {}
        self.counts["companies"] += 1
        return self._add(
            "companies", {**values, **owner, **target}, Actor("IMPORT", "import-1907"), self.now - self.days * DAY_MS
        )

    def _contact(self, number: int, at: int, company: Record) -> Record:
        """Every twentieth is someone who is there already, under another address."""
        old = self.random.choice(self.made) if self.made and number % 20 == 19 else None
        values = self._again(number, old) if old else self._stranger(number, company)
        source, by = self.random.choices(_ENTRANCES, (50, 20, 15, 15))[0]
        record = self._add("contacts", values, Actor(source, by), at)
        self.links.link_default(record, company)
        self.counts["contacts"] += 1
        self.counts["duplicates"] += old is not None
        return record

    def _stranger(self, number: int, company: Record) -> dict[str, str]:
        first, last = self.random.choice(_FIRST), self.random.choice(_LAST)
        city, country = self.random.choice(_PLACES)
        domain = company.values["domain"] if self.random.random() < 0.8 else "freemail.test"
        return {
            "email": f"{first}.{last}.{number}@{domain}".lower(),
            "firstname": first,
            "lastname": last,
            "phone": f"+3155501{number:05}",
            "company": company.values["name"],
            "city": city,
            "country": country,
            "lifecyclestage": self.random.choice(_STAGES),
            "hs_lead_status": "NEW",
            "hs_analytics_source": self.random.choice(_WEB),
            **self._sometimes(),
        }

    def _sometimes(self) -> dict[str, str]:
        """What only some fill in, which is what fill rates show."""
        offered = {
            "jobtitle": (0.7, self.random.choice(_TITLES)),
            "numemployees": (0.4, self.random.choice(_SIZES)),
            "my_score": (0.55, str(self.random.randrange(101))),
            "lead_rating": (0.3, self.random.choice(("Hot", "Warm", "Cold"))),
            "lead_score_old": (0.1, str(self.random.randrange(51))),
        }
        return {name: value for name, (chance, value) in offered.items() if self.random.random() < chance}

    def _again(self, number: int, old: Record) -> dict[str, str]:
        kept = ("firstname", "lastname", "phone", "company", "city", "country", "hs_analytics_source")
        again = {name: old.values[name] for name in kept}
        return {**again, "email": f"again.{number}@freemail.test", "lifecyclestage": "lead", "hs_lead_status": "NEW"}

    def _followed(self, contact: Record, at: int) -> Record:
        """The contact as it stands after it was handed out, worked on and perhaps sold to."""
        contact, owner, owned_at = self._handed_out(contact, at)
        if owner and self.random.random() < 0.6:
            contact = self._engaged(contact, owner, owned_at)
        if owner and self.random.random() < 0.2:
            self._deal(contact, owner, owned_at)
        return contact

    def _handed_out(self, contact: Record, at: int) -> tuple[Record, str, int]:
        """By the rotation within minutes, or by a person within a day; those who left got theirs early on."""
        draw = self.random.random()
        early = at < self.now - self.days * DAY_MS * 2 // 3
        if draw < 0.2:
            self.counts["unowned"] += 1
            return contact, "", at
        owner = self.random.choice(self.owned.left if early and draw < 0.5 else self.owned.here)
        by_rotation = self.random.random() < 0.7
        actor = Actor("AUTOMATION_PLATFORM", f"workflowId:{self.rotation}") if by_rotation else Actor("CRM_UI", "userId:9000001")
        owned_at = at + self.random.randrange(1, 15 if by_rotation else 1440) * _MINUTE
        self.counts["owned by those who left"] += owner in self.owned.left
        return self._change(contact, {"hubspot_owner_id": owner}, actor, owned_at), owner, owned_at

    def _engaged(self, contact: Record, owner: str, owned_at: int) -> Record:
        """A first touch and some more; the last one is kept on the contact."""
        touches = [owned_at + self.random.randrange(3, 4_000) * _MINUTE for _ in range(self.random.choice((1, 1, 2, 3)))]
        done = sorted(touch for touch in touches if touch < self.now)
        for touch in done:
            kind = self.random.choices([name for name, _ in _ENGAGED], [weight for _, weight in _ENGAGED])[0]
            self._engagement(kind, contact, owner, touch)
        if not done:
            return contact
        self.counts["touched"] += 1
        told = {"notes_last_contacted": str(done[-1]), "num_contacted_notes": str(len(done)), "hs_lead_status": "CONNECTED"}
        return self._change(contact, told, Actor("CRM", "engagements"), done[-1])

    def _engagement(self, kind: str, contact: Record, owner: str, at: int) -> None:
        about: Mapping[str, str] = {
            "calls": {"hs_call_title": "First call", "hs_call_direction": "OUTBOUND"},
            "emails": {"hs_email_subject": "Your question", "hs_email_direction": "EMAIL"},
            "meetings": {"hs_meeting_title": "Introduction", "hs_meeting_start_time": str(at), "hs_meeting_outcome": "COMPLETED"},
            "tasks": {"hs_task_subject": "Follow up", "hs_task_status": "COMPLETED", "hs_task_completion_date": str(at)},
            "notes": {"hs_note_body": "Spoke briefly."},
        }[kind]
        record = self._add(
            kind, {**about, "hs_timestamp": str(at), "hubspot_owner_id": owner}, Actor("CRM_UI", "userId:9000001"), at
        )
        self.links.link_default(record, contact)
        self.counts[kind] += 1

    def _deal(self, contact: Record, owner: str, since: int) -> None:
        at = since + self.random.randrange(2 * DAY_MS, 20 * DAY_MS)
        if at >= self.now:
            return
        outcome = self.random.choices(("closedwon", "closedlost", "qualifiedtobuy"), (30, 35, 35))[0]
        closed = outcome.startswith("closed")
        values = {
            "dealname": f"{contact.values['company']} {self.random.randrange(100, 999)}",
            "amount": str(self.random.randrange(2, 90) * 1000),
            "pipeline": "default",
            "dealstage": outcome,
            "hs_is_closed": str(closed).lower(),
            "hs_is_closed_won": str(outcome == "closedwon").lower(),
            "closedate": str(min(self.now, at + self.random.randrange(30) * DAY_MS)),
            "hubspot_owner_id": owner,
        }
        deal = self._add("deals", values, Actor("CRM_UI", "userId:9000001"), at)
        self.links.link_default(deal, contact)
        for company in self.links.of(contact, KINDS["companies"]):
            self.links.link_default(deal, self._company_of(company))
        self.counts[outcome if closed else "open deals"] += 1

    def _company_of(self, id_: str) -> Record:
        found = self.records.find(KINDS["companies"], id_)
        if found is None:
            raise LookupError(f"Company {id_} was just made and is gone.")
        return found

    def _add(self, kind: str, values: Mapping[str, Any], actor: Actor, at: int) -> Record:
        return self.records.add(KINDS[kind], values, actor, at=at)

    def _change(self, record: Record, values: Mapping[str, Any], actor: Actor, at: int) -> Record:
        return self.records.change(record, values, actor, at=at)
