"""The same person once more, as another form or another CRM has them."""

from config.fields import Value, Values
from connector.demo.draws import drawn, in_a_hundred
from connector.demo.identity import plain_words
from connector.demo.lead import CRMName, DemoLead

_E_MAIL_KEPT = 80
"""Percent of those who come by another CRM with the same e-mail address."""


def again(lead: DemoLead, crm: CRMName) -> DemoLead:
    """The same person in `crm`, mistyped.

    The telephone number stays, and with it the family name or the e-mail address, so that an exact key still leads to the
    person. A HubSpot portal takes an e-mail address only once: there a second contact has another one.
    """
    number, values = lead.number, dict(lead.values)
    keeps_email = not values.get("phone") or in_a_hundred(_E_MAIL_KEPT, number, "e-mail kept")
    if not keeps_email or lead.crm == crm == "hubspot":
        values["email"] = _other_address(values)
    else:
        values["last_name"] = _perhaps_mistyped(values.get("last_name"), number, "last name")
    for field in ("first_name", "company", "title"):
        values[field] = _perhaps_mistyped(values.get(field), number, field)
    return DemoLead(number, crm, values, repeats=True)


def _other_address(values: Values) -> str | None:
    """The private one. Gmail gives out no address with a hyphen, so it is nobody's."""
    names = [word for name in ("first_name", "last_name") for word in plain_words(str(values.get(name) or ""))]
    digits = "".join(letter for letter in str(values.get("phone") or "") if letter.isdigit())
    return f"{'-'.join(names)}-{digits}@gmail.com" if names and digits else None


def _perhaps_mistyped(value: Value, number: int, field: str) -> Value:
    if isinstance(value, str) and in_a_hundred(50, number, field, "mistyped"):
        return mistyped(value, number, field)
    return value


def mistyped(text: str, *drawn_by: object) -> str:
    """One slip of a finger: two letters swapped, one left out, or one twice. The first letter stays."""
    if len(text) < 4:
        return text
    at = 1 + drawn(len(text) - 2, *drawn_by, "at")
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    left_out = text[:at] + text[at + 1 :]
    twice = text[:at] + text[at] + text[at:]
    return (swapped, left_out, twice)[drawn(3, *drawn_by, "slip")]
