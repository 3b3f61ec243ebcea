"""A small town of leads, the same in both CRMs, told once in plain words: seeded from them, and counted from them by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.demo.portals import Portals

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
"""A Friday."""

ADA, BEN, GUS = "ada@leadline.example", "ben@leadline.example", "gus@leadline.example"
"""Gus has left."""
STAFFED, EMPTY = "Leadline Nurture", "Leadline Disqualified"
"""Salesforce queues; of the second, Gus alone is a member."""
INTAKE = "intake"
"""The default lead owner, who counts as nobody."""


@dataclass(frozen=True)
class Act:
    kind: str
    after: timedelta
    by: str
    counts: bool = True
    """False: a task not completed, an incoming e-mail, a meeting yet to come, done by no person."""


@dataclass(frozen=True)
class Made:
    """One lead."""

    last: str
    days: float
    """Before NOW."""
    owner: str = ADA
    email: str = ""
    phone: str = ""
    source: str = ""
    title: str = ""
    acts: tuple[Act, ...] = ()
    converted: bool = False
    opportunity: bool = False
    won: bool = False

    @property
    def created(self) -> datetime:
        return NOW - timedelta(days=self.days)

    @property
    def first(self) -> timedelta | None:
        waits = [max(act.after, timedelta()) for act in self.acts if act.counts]
        return min(waits, default=None)


def after(**span: float) -> timedelta:
    return timedelta(**span)


MINUTES = [3, 40, 200, 1_000, 9_000]

TOWN: Sequence[Made] = (
    Made("Berg", 60, email="berg@acme.example", source="Web", title="VP Sales", converted=True, opportunity=True, won=True,
         acts=(Act("call", after(minutes=3), ADA), Act("meeting", after(days=2), ADA))),
    Made("Holm", 59, BEN, email="holm@acme.example", source="Web", title="CEO", converted=True, opportunity=True,
         acts=(Act("email", after(minutes=40), BEN),)),
    Made("Lind", 58.5, ADA, email="lind@acme.example", source="Web", acts=(Act("task", after(minutes=200), ADA),)),
    Made("Dahl", 50, ADA, email="dahl@acme.example", source="Other", converted=True,
         acts=(Act("meeting", after(minutes=1_000), BEN),)),
    Made("Falk", 49, GUS, email="falk@acme.example", source="Other", acts=(Act("call", after(minutes=9_000), GUS),)),
    # touched before the record was made: whoever called first and then typed it in
    Made("Roos", 48, BEN, email="roos@acme.example", source="Phone Inquiry", acts=(Act("call", after(minutes=-30), BEN),)),
    # nobody did anything: a task merely planned, their own e-mail, a meeting yet to come, an automatic call
    Made("Moen", 40, ADA, email="moen@acme.example", source="Web", acts=(Act("task", after(minutes=5), ADA, counts=False),)),
    Made("Vik", 39, ADA, email="vik@acme.example", acts=(Act("email", after(minutes=5), ADA, counts=False),)),
    Made("Nes", 38, BEN, email="nes@acme.example", acts=(Act("meeting", after(days=60), BEN, counts=False),)),
    Made("Aas", 37, INTAKE, email="aas@acme.example", source="Web", acts=(Act("call", after(minutes=1), INTAKE, counts=False),)),
    Made("Rud", 36, "", email="rud@acme.example", title="Intern"),
    Made("Lie", 35, GUS, email="lie@acme.example", opportunity=True, converted=True),
    Made("Boe", 34, EMPTY, email="boe@acme.example"),
    Made("Lund", 33, STAFFED, email="lund@acme.example"),
    # once more: the same phone and name, and the same address in other letters, and a role address that is no key alone
    Made("Lund", 30, ADA, phone="+49 30 901820", email="lund2@acme.example"),
    Made("Lund", 29, ADA, phone="+49 30 901820", email="lund3@acme.example"),
    Made("Hagen", 28, ADA, email="info@hagen.example"),
    Made("Bakke", 27, ADA, email="info@hagen.example"),
    Made("Solberg", 0.2, BEN, email="solberg@acme.example", source="Web"),
)  # fmt: skip

OLD: Sequence[Made] = (Made("Solberg", 200, BEN, email="solberg@acme.example"), Made("Ek", 300, ADA, email="ek@acme.example"))
"""From before the window."""

ROWS = {
    "salesforce": {"last": "LastName", "email": "Email", "phone": "Phone", "source": "LeadSource", "title": "Title"},
    "hubspot": {"last": "lastname", "email": "email", "phone": "phone", "source": "hs_analytics_source", "title": "jobtitle"},
}


def seed(portals: Portals, crm: Any, town: Sequence[Made]) -> list[str]:
    """Puts the leads into a CRM; their ids, in order."""
    return [_Seeder(portals, crm).lead(one) for one in town]


class _Seeder:
    def __init__(self, portals: Portals, crm: Any) -> None:
        self.sandbox, self.crm = portals.sandbox, crm
        people = {
            str(one.get("email") or one.get("Email")): str(one.get("id") or one.get("Id")) for one in self.sandbox.people(crm)
        }
        queues = {
            str(one.get("Name") or one.get("firstName")): str(one.get("id") or one.get("Id")) for one in self.sandbox.queues(crm)
        }
        self.owners = {**people, **queues, INTAKE: portals.intake[crm]}

    def lead(self, one: Made) -> str:
        fields = {theirs: getattr(one, ours) for ours, theirs in ROWS[self.crm].items() if getattr(one, ours)}
        return self._salesforce(one, fields) if self.crm == "salesforce" else self._hubspot(one, fields)

    def _salesforce(self, one: Made, fields: Mapping[str, Any]) -> str:
        row = {
            **fields,
            "Company": "Acme",
            "CreatedDate": text(one.created),
            "OwnerId": self.owners.get(one.owner, one.owner or None),
        }
        contact = ""
        if one.converted:
            (contact,) = self.sandbox.create("salesforce", "Contact", [{"LastName": one.last}])
            row |= {"IsConverted": True, "ConvertedContactId": contact}
        if one.opportunity:
            deal = {"Name": one.last, "CloseDate": "2026-12-31", "IsWon": one.won, "IsClosed": one.won}
            (row["ConvertedOpportunityId"],) = self.sandbox.create("salesforce", "Opportunity", [deal])
        (id_,) = self.sandbox.create("salesforce", "Lead", [row])
        for act in one.acts:
            self._salesforce_act(contact or id_, one.created + act.after, act)
        return id_

    def _salesforce_act(self, who: str, at: datetime, act: Act) -> None:
        owner = {"WhoId": who, "OwnerId": self.owners[act.by]}
        if act.kind == "meeting":
            self.sandbox.create("salesforce", "Event", [{**owner, "StartDateTime": text(at)}])
            return
        subtype = {"call": "Call", "email": "Email" if act.counts else "ListEmail", "task": "Task"}[act.kind]
        done = act.counts or act.kind != "task"
        row = {
            **owner,
            "TaskSubtype": subtype,
            "CreatedDate": text(at),
            "IsClosed": done,
            "Status": "Completed" if done else "Not Started",
        }
        self.sandbox.create("salesforce", "Task", [{**row, "CompletedDateTime": text(at) if done else None}])

    def _hubspot(self, one: Made, fields: Mapping[str, Any]) -> str:
        row = {**fields, "createdate": text(one.created), "hubspot_owner_id": self.owners.get(one.owner, one.owner or None)}
        (id_,) = self.sandbox.create("hubspot", "contacts", [row])
        if one.opportunity:
            won = "true" if one.won else "false"
            self.sandbox.create("hubspot", "deals", [{"dealname": one.last, "hs_is_closed_won": won, "contact": id_}])
        for act in one.acts:
            self._hubspot_act(id_, one.created + act.after, act)
        return id_

    def _hubspot_act(self, contact: str, at: datetime, act: Act) -> None:
        row = {"hs_timestamp": text(at), "hubspot_owner_id": self.owners[act.by], "contact": contact}
        more = {
            "call": {},
            "email": {"hs_email_direction": "EMAIL" if act.counts else "INCOMING_EMAIL"},
            "meeting": {"hs_meeting_start_time": text(at)},
            "task": {"hs_task_status": "COMPLETED" if act.counts else "NOT_STARTED", "hs_task_completion_date": text(at)},
        }
        self.sandbox.create("hubspot", f"{act.kind}s", [{**row, **more[act.kind]}])


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def staff(portals: Portals) -> None:
    """Gus leaves. In Salesforce one queue keeps an active member."""
    portals.sandbox.add_people([{"email": GUS, "firstName": "Gus", "lastName": "Leadline", "active": False}])
    people = {str(one["Email"]): str(one["Id"]) for one in portals.sandbox.people("salesforce")}
    queues = {str(one["Name"]): str(one["Id"]) for one in portals.sandbox.queues("salesforce")}
    members = [(STAFFED, ADA), (STAFFED, GUS), (EMPTY, GUS)]
    rows = [{"GroupId": queues[queue], "UserOrGroupId": people[person]} for queue, person in members]
    portals.sandbox.create("salesforce", "GroupMember", rows)
