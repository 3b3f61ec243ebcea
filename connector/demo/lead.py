"""A lead as the demo makes it, before any CRM has it."""

from dataclasses import dataclass
from typing import Literal

from config.fields import Values

CRMName = Literal["salesforce", "hubspot"]

CRMS: tuple[CRMName, CRMName] = ("salesforce", "hubspot")


@dataclass(frozen=True, slots=True)
class DemoLead:
    """One record that a form or a rep makes in one CRM."""

    number: int
    """Of the row, or of the generated lead; a repeat has the number of the lead it repeats."""
    crm: CRMName
    values: Values
    """Canonical fields. `account_owner` is a rep's e-mail address here: only the CRM knows its own ids."""
    repeats: bool = False
    """Another record of this person stands before it."""

    @property
    def name(self) -> str:
        return " ".join(str(part) for word in ("first_name", "last_name") if (part := self.values.get(word))) or "no name"
