"""Proof that the CRM's own assignment rule runs when we update a lead.

Salesforce documents `Sforce-Auto-Assign: TRUE` for updates, and the id of a rule for created records only
(developer.salesforce.com, REST API Developer Guide, Assignment Rule Header). Whether an org goes by it can only be seen: on
one lead that an admin names, which its rule would give to somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.base import CRM
from adapters.checkup import Rule
from adapters.records import Change, Gone, Lead, RecordRef
from config.fields import PERSONS_OUTPUTS
from connector.moments import moment_text
from connector.store.connections import CrmConnection, set_option
from connector.store.engine import transact
from connector.store.singleton import only_one
from connector.wiring import Services, utc_now

ASKED: Final = "assignment_rule"
"""The connection's option: id of the rule to name on a hand-over; without it, whichever rule is active."""

PROOF: Final = "assignment_rule_proof"


class ProofError(RuntimeError):
    """It could not be tried; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What an update with the assignment header did to one lead."""

    rule: str
    before: str | None
    after: str | None
    """Owner ids."""

    @property
    def proven(self) -> bool:
        """Only a change proves something: the rule might choose whoever owns the lead already."""
        return self.after != self.before


def asked_of(crm: CrmConnection) -> str:
    """What the assignment header says: `TRUE`, or a rule's id."""
    return str(crm.options.get(ASKED) or "TRUE")


def chosen(rules: Sequence[Rule], asked: str) -> Rule | None:
    """The rule that the header names: `TRUE` is whichever is active; one that is named by its id may be inactive."""
    return next((one for one in rules if (one.active if asked == "TRUE" else one.id[:15] == asked[:15])), None)


def prove(services: Services, crm: CrmConnection, lead: str) -> Proof:
    """Hands one lead over to the rule, by writing a value of ours that stands there already, and looks who owns it then.

    Raises:
        ProofError: there is no such rule or lead, or nothing of ours stands on it.
        adapters.errors.AdapterError: the CRM could not be asked.
    """
    rule = _rule(services, crm)
    with only_one(services.engine, f"deliver:{crm.name}") as quiet:
        if not quiet:
            raise ProofError(f"{crm.name} is being written to just now; try again in a minute.")
        adapter, ref = services.adapter(crm), RecordRef(crm.name, "lead", lead.strip())
        before = _read(adapter, ref)
        (outcome,) = adapter.write([Change(ref, outputs=_standing(crm, before), owner_id=None, hand_over=True)])
        if outcome.state != "written":
            raise ProofError(f"The update was {outcome.state}: {outcome.reason}")
        proof = Proof(rule.name, before.owner_id, _read(adapter, ref).owner_id)
    if proof.proven:
        known = {"asked": asked_of(crm), "rule": rule.id, "lead": ref.id, "at": moment_text(utc_now())}
        transact(services.engine, lambda session: set_option(session, crm.name, PROOF, known))
        services.refresh()
    return proof


def _rule(services: Services, crm: CrmConnection) -> Rule:
    if crm.kind != "salesforce":
        raise ProofError("HubSpot has no assignment rule that a lead could be handed over to.")
    if not crm.installed:
        raise ProofError(f"Nothing is installed in {crm.name}, so nothing is written there: leadline install {crm.name} --plan.")
    with services.checkup(crm) as checkup:
        found = chosen(checkup.rules(), asked_of(crm))
    if found is None:
        raise ProofError("The org has no such rule: Setup ► Lead Assignment Rules ► the rule ► Edit ► Active.")
    return found


def _read(adapter: CRM, ref: RecordRef) -> Lead:
    found = adapter.fetch([ref])[ref]
    if isinstance(found, Gone):
        raise ProofError(f"Lead {ref.id} cannot be worked on: {found.reason.replace('_', ' ')}.")
    return found


def _standing(crm: CrmConnection, lead: Lead) -> dict[str, Any]:
    """One value of ours that is there, so that the update changes nothing by itself."""
    names = crm.writable.for_record("lead").outputs.keys() - PERSONS_OUTPUTS
    held = sorted((name, value) for name, value in lead.outputs.items() if name in names and value is not None)
    if not held:
        raise ProofError(f"Leadline has written nothing on lead {lead.ref.id} yet; name one that carries its values.")
    return dict(held[:1])
