"""HubSpot's own Salesforce sync at work between the two sandbox CRMs, one round at a time.

Contacts and leads are paired by e-mail; who is missing on one side is made there. Fields follow HubSpot's default rule (prefer
Salesforce unless blank); the owner goes both ways, and the newer choice wins, whatever rule a portal shows for it
(knowledge.hubspot.com, "Map HubSpot properties to Salesforce fields"). Converted leads and contacts of Salesforce are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.sandbox.hubspot_salesforce import SYNC
from adapters.sandbox.record import Record
from adapters.sandbox.store import Store
from adapters.sandbox.world import CRMSide

FIELDS: Final[Mapping[str, str]] = {
    "email": "Email",
    "firstname": "FirstName",
    "lastname": "LastName",
    "company": "Company",
    "jobtitle": "Title",
    "country": "Country",
    "industry": "Industry",
    "phone": "Phone",
    "hand_raise": "Hand_Raise__c",
}
"""HubSpot's property to Salesforce's field."""

_OWNER: Final = "hubspot_owner_id"
_PAIR: Final = "salesforce_sync"
"""Kind of document: contact id to what was seen of the pair when it was last in step."""
_NOT_PROVIDED: Final = "[not provided]"


@dataclass(slots=True)
class Round:
    """What one round did, in records."""

    made: int = 0
    to_hubspot: int = 0
    to_salesforce: int = 0

    def document(self) -> dict[str, int]:
        return {"made": self.made, "to_hubspot": self.to_hubspot, "to_salesforce": self.to_salesforce}


@dataclass(slots=True)
class _Owners:
    """Owners of both, matched by e-mail. Queues have none in HubSpot."""

    users: Mapping[str, str]
    """E-mail to the user's id in Salesforce."""
    owners: Mapping[str, str]
    """E-mail to the owner's id in HubSpot."""

    def user(self, owner: str | None) -> str | None:
        return next((self.users.get(email) for email, id_ in self.owners.items() if id_ == owner), None)

    def owner(self, user: str | None) -> str | None:
        return next((self.owners.get(email) for email, id_ in self.users.items() if id_ == user), None)


@dataclass(slots=True)
class SalesforceSync:
    store: Store
    sides: Mapping[str, CRMSide]
    _round: Round = field(default_factory=Round)

    def round(self) -> dict[str, int]:
        """Brings both in step once; how many records were made and changed. HubSpot's own command `salesforce_sync` comes first:
        it makes the properties in which the sync leaves its traces."""
        self._round = Round()
        owners = self._owners()
        with self.store.transaction():
            for contact, lead in list(self._pairs(owners)):
                self._align(contact, lead, owners)
        return self._round.document()

    def _owners(self) -> _Owners:
        users = {str(one.values["Email"]): one.id for one in self.store.all("salesforce", "User") if one.values.get("Email")}
        owners = self.store.documents("hubspot:owner")
        return _Owners(users, {str(one["email"]): id_ for id_, one in owners.items()})

    def _pairs(self, owners: _Owners) -> Iterator[tuple[Record, Record]]:
        leads = {_email(one, "Email"): one for one in self.store.all("salesforce", "Lead") if not one.values.get("IsConverted")}
        contacts = {_email(one, "email"): one for one in self.store.all("hubspot", "contacts")}
        for email in dict.fromkeys([*contacts, *leads]):
            if email:
                yield from self._pair(contacts.get(email), leads.get(email), owners)

    def _pair(self, contact: Record | None, lead: Record | None, owners: _Owners) -> Iterator[tuple[Record, Record]]:
        if lead is not None:
            yield contact or self._contact(lead, owners), lead
        elif contact is not None:
            yield contact, self._lead(contact, owners)

    def _contact(self, lead: Record, owners: _Owners) -> Record:
        values = {ours: lead.values.get(theirs) for ours, theirs in FIELDS.items()}
        return self._made("hubspot", "contacts", values | {_OWNER: owners.owner(lead.values.get("OwnerId"))})

    def _lead(self, contact: Record, owners: _Owners) -> Record:
        values = {theirs: contact.values.get(ours) for ours, theirs in FIELDS.items()}
        required = {name: values.get(name) or _NOT_PROVIDED for name in ("LastName", "Company")}
        return self._made("salesforce", "Lead", values | required | {"OwnerId": owners.user(contact.values.get(_OWNER))})

    def _made(self, crm: str, table: str, values: Mapping[str, Any]) -> Record:
        self._round.made += 1
        [id_] = self.sides[crm].create(table, [{name: value for name, value in values.items() if value is not None}], SYNC)
        return self._now(crm, table, id_)

    def _align(self, contact: Record, lead: Record, owners: _Owners) -> None:
        seen = self.store.document(_PAIR, contact.id)
        if seen == _seen(contact, lead):
            return
        there = {ours: lead.values[theirs] for ours, theirs in FIELDS.items() if lead.values.get(theirs) not in (None, "")}
        to_hubspot = {ours: value for ours, value in there.items() if contact.values.get(ours) != value}
        to_salesforce = {
            theirs: contact.values[ours] for ours, theirs in FIELDS.items() if ours not in there and contact.values.get(ours)
        }
        if (owner := owners.owner(lead.values.get("OwnerId"))) != contact.values.get(_OWNER):
            user = owners.user(contact.values.get(_OWNER))
            if _newer_in_hubspot(contact, lead, seen) and user:
                to_salesforce["OwnerId"] = user
            elif owner:
                to_hubspot[_OWNER] = owner
        self._write(contact, lead, to_hubspot, to_salesforce, first=seen is None)

    def _write(
        self, contact: Record, lead: Record, to_hubspot: Mapping[str, Any], to_salesforce: Mapping[str, Any], *, first: bool
    ) -> None:
        if to_hubspot or first:
            traces = {"salesforceleadid": lead.id, "salesforcelastsynctime": str(self.store.clock())}
            self.sides["hubspot"].update("contacts", contact.id, {**to_hubspot, **traces}, SYNC)
        if to_salesforce:
            self.sides["salesforce"].update("Lead", lead.id, to_salesforce, SYNC)
        self._round.to_hubspot += bool(to_hubspot)
        self._round.to_salesforce += bool(to_salesforce)
        after = _seen(self._now("hubspot", "contacts", contact.id), self._now("salesforce", "Lead", lead.id))
        self.store.put(_PAIR, contact.id, after)

    def _now(self, crm: str, table: str, id_: str) -> Record:
        found = self.store.exactly(crm, table, id_)
        if found is None:
            raise LookupError(f"There is no {table} {id_} in {crm}.")
        return found


def _seen(contact: Record, lead: Record) -> list[Any]:
    return [contact.modified_at, lead.modified_at, contact.values.get(_OWNER), lead.values.get("OwnerId")]


def _newer_in_hubspot(contact: Record, lead: Record, seen: Sequence[Any] | None) -> bool:
    """Whose choice of an owner is the newer one: the side that changed since both were in step; of two, the later one."""
    if seen is None:
        return contact.modified_at > lead.modified_at
    ours, theirs = contact.values.get(_OWNER) != seen[2], lead.values.get("OwnerId") != seen[3]
    return ours and (not theirs or contact.modified_at > lead.modified_at)


def _email(record: Record, name: str) -> str:
    return str(record.values.get(name) or "").strip().lower()
