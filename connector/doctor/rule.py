"""The CRM's own assignment rule, where the policy hands leads over to it: is there one, and does it run on an update?"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.checkup import Rule
from connector.doctor.finding import Finding, amber, failed, ok
from connector.doctor.visit import Visit
from connector.handover import ASKED, PROOF, asked_of, chosen
from connector.store.connections import RULE

_ACTIVATE: Final = "Setup ► Lead Assignment Rules ► the rule ► Edit ► Active"


def ask_rule(visit: Visit) -> Iterator[Finding]:
    """Whether the rule that the connection would name is there, and whether it was seen to run on an update."""
    used = [name for name, one in visit.services.policy.destinations.items() if one.kind == "assignment_rule"]
    if visit.crm.owner_by == RULE:
        used = ["every destination"]
    if not used or visit.crm.kind != "salesforce":
        yield ok("assignment rule", "No lead is handed over to one.")
        return
    asked, names = asked_of(visit.crm), ", ".join(used)
    found = chosen(visit.rules, asked)
    if found is None:
        yield _missing(names, asked, visit.crm.name)
    elif _proven(visit.crm.options.get(PROOF), asked, found):
        yield ok("assignment rule", f"{found.name} decides for {names}, and was seen to do so on an update.")
    else:
        sentence = f"{found.name} is to decide for {names}; that an update sets it to work was not seen here yet."
        fix = f"leadline doctor {visit.crm.name} --prove-rule LEAD, with a lead of your own making"
        yield amber("assignment rule", sentence, fix)


def _missing(names: str, asked: str, connection: str) -> Finding:
    if asked == "TRUE":
        sentence = f"{names} hands leads over to the org's rule, and none is active: they would keep their owner."
        return failed("assignment rule", sentence, _ACTIVATE)
    sentence = f"{names} hands leads over to rule {asked}, and the org has no lead assignment rule of that id."
    return failed("assignment rule", sentence, f"Correct or take out {ASKED} of connection {connection}")


def _proven(proof: object, asked: str, found: Rule) -> bool:
    known: Mapping[str, Any] = proof if isinstance(proof, Mapping) else {}
    return (known.get("asked"), known.get("rule")) == (asked, found.id)
