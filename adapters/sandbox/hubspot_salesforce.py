"""HubSpot's own Salesforce sync, as a portal shows it: properties that only the sync writes, and their history.

Whether it is switched on is said by no API; that it runs is seen from `salesforcelastsynctime`.
"""

from random import Random
from typing import Final

from adapters.sandbox.hubspot_portal import Property, moment
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_schema import CRM, PropertySchema
from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.record import Actor, Record

GROUP: Final = "salesforceinformation"
SYNC: Final = Actor("SALESFORCE", "Salesforce Connector")


def _id(name: str, label: str) -> Property:
    return Property(name, label, "string", "text", read_only=True)


PROPERTIES: Final = (
    _id("salesforceleadid", "Salesforce Lead ID"),
    _id("salesforcecontactid", "Salesforce Contact ID"),
    _id("salesforceaccountid", "Salesforce Account ID"),
    _id("salesforceownerid", "Salesforce Owner ID"),
    _id("salesforcecampaignids", "Salesforce Campaign IDs"),
    _id("salesforceopportunitystage", "Salesforce Opportunity Stage"),
    Property("salesforcedeleted", "Salesforce Deleted", "bool", "booleancheckbox", options=("true", "false"), read_only=True),
    moment("salesforcelastsynctime", "Last Salesforce Sync Time", read_only=True),
)


def sync(schema: PropertySchema, records: Records, random: Random) -> int:
    """Connects Salesforce: the properties are there, and every live contact has been synced just now. How many."""
    schema.put_group("contacts", {"name": GROUP, "label": "Salesforce information", "displayOrder": -1, "archived": False})
    schema.add("contacts", PROPERTIES, GROUP, custom=False)
    contacts = records.store.all(CRM, "contacts")
    with records.store.transaction():
        for contact in contacts:
            records.change(contact, _synced(records, contact, random), SYNC)
    return len(contacts)


def _synced(records: Records, contact: Record, random: Random) -> dict[str, str]:
    """Customers are contacts over there, all others leads."""
    customer = contact.values.get("lifecyclestage") == "customer"
    name, prefix = ("salesforcecontactid", "003") if customer else ("salesforceleadid", "00Q")
    number = records.store.next_number("hubspot:salesforce")
    owner = {"salesforceownerid": salesforce_id("005", random.randrange(1, 20))}
    return {name: salesforce_id(prefix, number), **owner, "salesforcelastsynctime": str(records.store.clock())}
