"""Owners that somebody else changed after Leadline had set them: kept, and told here."""

from collections.abc import Iterator
from typing import Final

from connector.doctor.finding import Finding, amber, ok, some
from connector.doctor.visit import Visit
from connector.store.overrules import DAYS, overrules

_FIX: Final = (
    "leadline explain RECORD shows ours; if it was no person, look for a flow, a workflow or a rule that sets owners, "
    "and switch it off for these leads or put its owners on the nobody list"
)


def ask_overruled(visit: Visit) -> Iterator[Finding]:
    """A rep who takes over is fine; a flow that gives every lead to somebody else undoes the routing."""
    found = overrules(visit.services.engine, visit.crm.name)
    if found.records:
        sentence = (
            f"On {len(found.records)} of {found.set} records written in the last {DAYS} days somebody changed the owner after "
            f"Leadline had set it, and theirs stays: {some(list(found.records))}."
        )
        yield amber("owners changed after us", sentence, _FIX)
    else:
        yield ok("owners changed after us", f"None of {found.set} in the last {DAYS} days.")
