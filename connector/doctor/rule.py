"""The org's own assignment rule, where the policy hands leads over to it."""

from collections.abc import Iterator

from connector.doctor.finding import Finding, failed, ok
from connector.doctor.visit import Visit
from connector.store.connections import RULE


def ask_rule(visit: Visit) -> Iterator[Finding]:
    """Leadline's writes go out with `Sforce-Auto-Assign: TRUE` there, which runs the active rule, and no other."""
    used = [name for name, one in visit.services.policy.destinations.items() if one.kind == "assignment_rule"]
    if visit.crm.owner_by == RULE:
        used = ["every destination"]
    if not used or visit.crm.kind != "salesforce":
        yield ok("assignment rule", "No lead is handed over to one.")
        return
    if visit.active_rules:
        yield ok("assignment rule", f"{', '.join(visit.active_rules)} decides for {', '.join(used)}.")
    else:
        sentence = f"{', '.join(used)} hands leads over to the org's rule, and none is active: they would keep their owner."
        yield failed("assignment rule", sentence, "Setup ► Lead Assignment Rules ► the rule ► Edit ► Active")
