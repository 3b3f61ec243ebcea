"""What the installation put into the CRM, piece by piece, and what of the customer's would stand in its way."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from adapters.kit import Step
from connector.doctor.finding import Finding, amber, failed, ok, some, unasked
from connector.doctor.visit import Visit
from connector.installing import unlisted_fields
from connector.store.installs import installation_of
from connector.store.overview import access_of_all

NEWS: Final = frozenset({"outbound message", "flow", "webhook address", "webhook subscription"})
"""How we hear of a lead."""

_FOR_REPS: Final = ("Leadline_Reps", "Leadline reps")
_NEVER: Final = frozenset({"page layout"})
"""Clicks whose effect nothing tells."""

_LATER: Final = frozenset({"assignment rule", "lead conversion mapping", "property group", "owner", "user"})
"""Without them no lead waits."""

_SAID: Final[Mapping[str, str]] = {
    "create": "missing",
    "change": "not as installed",
    "by_hand": "to be done by hand",
    "remove": "left over",
}


def ask_installation(visit: Visit) -> Iterator[Finding]:
    crm = visit.crm
    known = installation_of(visit.services.engine, crm.name)
    if known is None:
        sentence = "Leadline was never installed through this connection: nothing is written there, and decisions wait."
        yield failed("installation", sentence, f"leadline install {crm.name} --plan, then --apply")
    elif known.ended_at is None:
        what = "removal" if known.state == "removing" else "apply"
        sentence = f"The {what} that began on {known.began_at:%Y-%m-%d %H:%M} UTC did not end."
        yield failed(
            "installation",
            sentence,
            f"leadline install {crm.name} --{'remove' if what == 'removal' else 'apply'} goes on with it",
        )
    elif known.state == "removed":
        yield failed("installation", "It was removed.", f"leadline install {crm.name} --apply")
    elif unlisted := unlisted_fields(crm):
        sentence = f"Mapped and not written, since no installation listed it: {some(unlisted)}."
        fix = f"leadline install {crm.name} --plan, then --apply; or --accept, where the field is there"
        yield amber("installation", sentence, fix)
    elif known.fields != dict(crm.mapping.outputs):
        changed = sorted(set(known.fields.items()) ^ set(crm.mapping.outputs.items()))
        names = some(sorted({output for output, _ in changed}))
        yield amber("installation", f"The mapping changed since: {names}.", f"leadline install {crm.name} --plan, then --apply")
    else:
        yield ok("installation", "Applied, with the fields of today's mapping.")


def ask_parts(visit: Visit) -> Iterator[Finding]:
    """One finding for each kind of thing that is not as the installation left it."""
    kinds: dict[tuple[str, str, bool], list[Step]] = defaultdict(list)
    for step in visit.plan.steps:
        if step.action != "keep" and step.kind not in _NEVER | {"webhook subscriptions"}:
            kinds[step.kind, step.action, _waits(step)].append(step)
    for (kind, action, waits), steps in kinds.items():
        yield _part(visit, kind, action, waits, steps)
    if not kinds:
        yield ok("installed parts", f"All {sum(step.action == 'keep' for step in visit.plan.steps)} are as they should be.")


def _part(visit: Visit, kind: str, action: str, waits: bool, steps: list[Step]) -> Finding:
    lines = [line for step in steps for line in step.lines]
    detail = f" ({lines[0]})" if action == "change" and lines else ""
    sentence = f"{_SAID[action].capitalize()}: {some([step.name for step in steps])}{detail}."
    fix = "; ".join(lines[:2]) if action == "by_hand" else f"leadline install {visit.crm.name} --apply"
    return failed(kind, sentence, fix) if waits else amber(kind, sentence, fix)


def _waits(step: Step) -> bool:
    return step.kind not in _LATER and not step.name.startswith(_FOR_REPS)


def ask_subscriptions(visit: Visit) -> Iterator[Finding]:
    """Part by part above where there is an API for it; here, what nobody can ask."""
    by_hand = [step for step in visit.plan.steps if step.kind == "webhook subscriptions" and step.action == "by_hand"]
    last = access_of_all(visit.services.engine)[visit.crm.name].last_webhook
    if visit.crm.sweep_only:
        yield ok("subscriptions", "None: this connection goes by its sweep alone.")
    elif not by_hand:
        wanted = [step for step in visit.plan.steps if step.kind in NEWS]
        there = sum(step.action == "keep" for step in wanted)
        if there == len(wanted):
            yield ok("subscriptions", f"All {there} are there, active, and point here.")
    elif last:
        yield ok("subscriptions", f"No API tells; a webhook came on {last:%Y-%m-%d %H:%M} UTC.")
    else:
        yield unasked(
            "subscriptions", f"No API tells whether the {by_hand[0].name} are there, and none came yet.", by_hand[0].lines[0]
        )


def ask_surroundings(visit: Visit) -> Iterator[Finding]:
    """What would refuse our writes or undo them."""
    grave = [one for one in visit.plan.reactions if one.grave]
    for one in grave:
        yield amber(
            "surroundings",
            f"{one.kind.capitalize()} {one.name}: {one.sentence}",
            "Except the integration user there, or see the plan",
        )
    if not grave:
        yield ok("surroundings", "Nothing there refuses our writes or undoes them.")
