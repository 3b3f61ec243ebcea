"""What is wrong with a connection's grant, for `connections` and `doctor`."""

from adapters.records import Problem
from connector.store.connections import CrmConnection
from connector.store.tokens import Refusal


def grant_problem(crm: CrmConnection, refusal: Refusal | None) -> Problem | None:
    """Fatal: no lead is read or written until somebody connects it again. Webhooks are taken in, leads wait."""
    if crm.unreadable:
        return Problem(what=f"{crm.name} cannot be used. {crm.unreadable}", fix=f"leadline connect {crm.kind} {crm.name}")
    if refusal is None:
        return None
    return Problem(
        what=f"{crm.name} needs to be connected again since {refusal.since:%Y-%m-%d %H:%M} UTC: {refusal.because}",
        fix=f"leadline connect {crm.kind} {crm.name}",
    )
