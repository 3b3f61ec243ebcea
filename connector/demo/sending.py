"""Leads into the sandbox CRMs, as forms and imports make them there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from adapters.sandbox.client import SandboxError
from config.fields import Value, Values
from connector.demo.lead import CRMS, CRMName, DemoLead
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals

TABLES: Mapping[CRMName, str] = {"salesforce": "Lead", "hubspot": "contacts"}
CONNECTIONS: Mapping[CRMName, str] = {"salesforce": SALESFORCE, "hubspot": HUBSPOT}


_REQUIRED: Mapping[str, Value] = {"LastName": "Not provided", "Company": "Not provided"}
"""Salesforce takes no Lead without these; a form writes this where nobody answered."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A lead that stands in a CRM."""

    lead: DemoLead
    id: str


def send(portals: Portals, leads: Sequence[DemoLead], *, bulk: int) -> Iterator[Sequence[Sent]]:
    """Creates the leads in order, at most `bulk` in one call for each CRM, and leaves out those with a value that it refuses."""
    waiting = iter(leads)
    while some := list(islice(waiting, bulk)):
        for crm in CRMS:
            if mine := [lead for lead in some if lead.crm == crm]:
                yield _created(portals, crm, mine)


def _created(portals: Portals, crm: CRMName, leads: Sequence[DemoLead]) -> Sequence[Sent]:
    """A CRM takes a call whole or not at all: where it refuses, each half is tried alone."""
    try:
        ids = portals.sandbox.create(crm, TABLES[crm], [crm_values(portals, lead) for lead in leads])
    except SandboxError:
        middle = len(leads) // 2
        halves = (leads[:middle], leads[middle:]) if middle else ()
        return [one for half in halves for one in _created(portals, crm, half)]
    return [Sent(lead, id_) for lead, id_ in zip(leads, ids, strict=True)]


def crm_values(portals: Portals, lead: DemoLead) -> dict[str, Value]:
    """The CRM's own field names and forms. In Salesforce a form's lead belongs to the default lead owner."""
    inputs = portals.mappings[lead.crm].inputs
    known = _known_there(portals, lead)
    values = {inputs[field]: value for field, value in known.items() if field in inputs and value is not None}
    if lead.crm == "hubspot":
        return {name: _property_text(value) for name, value in values.items()}
    return {**_REQUIRED, **values, "OwnerId": portals.intake["salesforce"]}


def _known_there(portals: Portals, lead: DemoLead) -> Values:
    """With the account's owner by the id of this CRM."""
    rep = lead.values.get("account_owner")
    if rep is None:
        return lead.values
    seat = portals.services.seats(CONNECTIONS[lead.crm]).by_email.get(str(rep))
    return {**lead.values, "account_owner": seat.id if seat else None}


def _property_text(value: Value) -> str | None:
    """HubSpot keeps text only."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
