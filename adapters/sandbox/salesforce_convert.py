"""Converting a lead: an account, a contact and, unless told not to, an opportunity, with the fields that are mapped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_catalogue import Catalogue
from adapters.sandbox.salesforce_errors import SalesforceError, refused
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import Schema
from adapters.sandbox.salesforce_tree import text, trees
from adapters.sandbox.salesforce_write import Writer
from adapters.sandbox.store import Store

_STANDARD: Final[Mapping[str, Mapping[str, str]]] = {
    "Account": {
        "Company": "Name", "Phone": "Phone", "Website": "Website", "Industry": "Industry", "AnnualRevenue": "AnnualRevenue",
        "NumberOfEmployees": "NumberOfEmployees", "Street": "BillingStreet", "City": "BillingCity", "State": "BillingState",
        "PostalCode": "BillingPostalCode", "Country": "BillingCountry",
    },
    "Contact": {
        "FirstName": "FirstName", "LastName": "LastName", "Salutation": "Salutation", "Title": "Title", "Email": "Email",
        "Phone": "Phone", "MobilePhone": "MobilePhone", "LeadSource": "LeadSource", "Description": "Description",
        "Street": "MailingStreet", "City": "MailingCity", "State": "MailingState", "PostalCode": "MailingPostalCode",
        "Country": "MailingCountry", "HasOptedOutOfEmail": "HasOptedOutOfEmail", "DoNotCall": "DoNotCall",
    },
    "Opportunity": {},
}  # fmt: skip
"""Standard fields go over by themselves; custom ones only where LeadConvertSettings map them."""

_DAYS_TO_CLOSE: Final = 90


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is asked for. Without an id a new record is made."""

    lead: str
    status: str
    account: str = ""
    contact: str = ""
    opportunity: str = ""
    """The new opportunity's name; empty: the company's."""
    make_opportunity: bool = True
    owner: str = ""
    overwrite_source: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    lead: str
    account: str
    contact: str
    opportunity: str


@dataclass(frozen=True, slots=True)
class _By:
    """Who converts, and when."""

    actor: Actor
    at: int


class Converter:
    def __init__(self, store: Store, schema: Schema, writer: Writer, catalogue: Catalogue) -> None:
        self._store = store
        self._schema = schema
        self._writer = writer
        self._catalogue = catalogue

    def convert(self, asked: Conversion, actor: Actor, *, at: int | None = None) -> Converted:
        """`at` backdates all of it.

        Raises:
            SalesforceError: the platform's refusal; nothing has been done then.
        """
        lead = self._lead(asked)
        owner = asked.owner or str(lead.values.get("OwnerId", ""))
        if not owner.startswith("005"):
            raise refused("INVALID_CROSS_REFERENCE_KEY", "Converted objects can only be owned by users.", "OwnerId")
        by = _By(actor, self._store.clock() if at is None else at)
        with self._store.transaction():
            account = self._into("Account", asked.account, lead, {"OwnerId": owner}, by)
            contact = self._into("Contact", asked.contact, lead, {"OwnerId": owner, "AccountId": account.id}, by)
            opportunity = self._opportunity(asked, lead, owner, account, contact, by)
            self._close(lead, asked.status, account, contact, opportunity, by)
        return Converted(lead.id, account.id, contact.id, opportunity)

    def _lead(self, asked: Conversion) -> Record:
        spec = self._schema.whole("Lead")
        if spec is None:
            raise SalesforceError(400, "INVALID_TYPE", "This org has no leads")
        lead = self._writer.find(spec, asked.lead)
        if lead.values.get("IsConverted"):
            raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        statuses = {row.values["ApiName"] for row in self._store.all(CRM, "LeadStatus") if row.values.get("IsConverted")}
        if asked.status not in statuses:
            raise refused("INVALID_STATUS", f"invalid convertedStatus: {asked.status}", "convertedStatus")
        return lead

    def _into(self, table: str, id_: str, lead: Record, extra: Mapping[str, Any], by: _By) -> Record:
        """A new record, or an old one in which only what was empty is filled."""
        values = {**self._carried(table, lead), **extra}
        if not id_:
            return self._store.create(CRM, table, self._new_id(table), values, by.actor, at=by.at)
        spec = self._schema.whole(table)
        record = self._writer.find(spec, id_) if spec else None
        if record is None:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        blanks = {name: value for name, value in values.items() if record.values.get(name) is None}
        return self._store.update(record, blanks, by.actor, at=by.at)

    def _carried(self, table: str, lead: Record) -> dict[str, Any]:
        pairs = dict(_STANDARD[table])
        settings = self._catalogue.get("LeadConvertSettings", "LeadConvertSettings")
        for mapping in trees(settings.tree, "objectMapping") if settings else ():
            if text(mapping, "outputObject") == table:
                pairs |= {text(pair, "inputField"): text(pair, "outputField") for pair in trees(mapping, "mappingFields")}
        return {target: lead.values[source] for source, target in pairs.items() if lead.values.get(source) is not None}

    def _opportunity(self, asked: Conversion, lead: Record, owner: str, account: Record, contact: Record, by: _By) -> str:
        if not asked.make_opportunity:
            return ""
        closes = datetime.fromtimestamp(by.at / 1000 + _DAYS_TO_CLOSE * 86_400, UTC).date().isoformat()
        values = {
            **self._carried("Opportunity", lead),
            "Name": asked.opportunity or f"{lead.values.get('Company', '')}-",
            "AccountId": account.id,
            "StageName": "Prospecting",
            "CloseDate": closes,
            "OwnerId": owner,
        }
        made = self._store.create(CRM, "Opportunity", self._new_id("Opportunity"), values, by.actor, at=by.at)
        role = {"OpportunityId": made.id, "ContactId": contact.id, "IsPrimary": True}
        self._store.create(CRM, "OpportunityContactRole", self._new_id("OpportunityContactRole"), role, by.actor, at=by.at)
        return made.id

    def _close(self, lead: Record, status: str, account: Record, contact: Record, opportunity: str, by: _By) -> None:
        today = datetime.fromtimestamp(by.at / 1000, UTC).date().isoformat()
        values = {
            "IsConverted": True,
            "Status": status,
            "ConvertedDate": today,
            "ConvertedAccountId": account.id,
            "ConvertedContactId": contact.id,
            "ConvertedOpportunityId": opportunity or None,
        }
        self._store.update(lead, values, by.actor, at=by.at)
        for task in self._store.lookup(CRM, "Task", "WhoId", lead.id):
            self._store.update(task, {"WhoId": contact.id, "WhatId": opportunity or account.id}, by.actor, at=by.at)

    def _new_id(self, table: str) -> str:
        spec = self._schema.whole(table)
        if spec is None:
            raise SalesforceError(400, "INVALID_TYPE", f"This org has no {table}")
        return self._writer.new_id(spec)
