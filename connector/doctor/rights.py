"""What our user or app may do, right by right; and each mapped field."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.records import Problem
from config.fields import OUTPUTS
from connector.doctor.finding import Finding, amber, failed, ok, some, unasked
from connector.doctor.visit import Visit


def ask_rights(visit: Visit) -> Iterator[Finding]:
    lacking = [one for one in visit.rights if one.held is False and one.need == "leads"]
    unknown = [one.name for one in visit.rights if one.held is None]
    for one in lacking:
        yield failed("right", f"{one.name} is missing, which it takes to {one.about}.", one.fix)
    for one in visit.rights:
        if one.held is False and one.need == "less":
            yield amber("right", f"{one.name} is not granted. {one.without}", one.fix)
    if unknown:
        yield unasked(
            "right", f"The CRM does not tell whether a fixed token has {some(unknown)}.", "See reading, which tries it out"
        )
    elif not lacking:
        held = [one for one in visit.rights if one.held and one.need == "leads"]
        yield ok("right", f"All {len(held)} that leads need are held.")


def ask_spare_rights(visit: Visit) -> Iterator[Finding]:
    spare = [one.name for one in visit.rights if one.held and one.need == "none"]
    if spare:
        yield amber(
            "spare rights",
            f"Held and not needed: {some(spare)}.",
            f"leadline safety {visit.crm.name} names each with its way out",
        )
    else:
        yield ok("spare rights", "Nothing is held that is not needed.")


_A_FEW: Final = 3


def ask_fields(visit: Visit) -> Iterator[Finding]:
    """Whatever lacks many fields for one reason is told once: before an installation all of ours, and of the shipped mapping's
    inputs those that this CRM never had."""
    found = [problem for problem in visit.problems if problem.name]
    ours = [one for one in found if one.absent and one.name in OUTPUTS]
    theirs = [one for one in found if one.absent and not one.fatal and one.name not in OUTPUTS]
    if len(ours) > _A_FEW:
        waits = any(one.fatal for one in ours)
        sentence = f"{len(ours)} fields that Leadline writes are not there: {_names(ours)}."
        yield Finding("field", "failed" if waits else "amber", sentence, ours[0].fix, waits=waits)
    if len(theirs) > _A_FEW:
        sentence = f"{len(theirs)} mapped fields are not there, or hidden from us, and are read as empty: {_names(theirs)}."
        yield amber("field", sentence, f"leadline map {visit.crm.name} suggest looks for others; show lists all")
    told = [one for some_ in (ours, theirs) if len(some_) > _A_FEW for one in some_]
    for problem in [one for one in found if one not in told]:
        yield Finding("field", "failed" if problem.fatal else "amber", problem.what, problem.fix, waits=problem.fatal)
    if not found:
        yield ok("field", f"All {len(list(visit.crm.mapping.rows()))} mapped fields exist and fit.")


def _names(problems: Sequence[Problem]) -> str:
    return some(list(dict.fromkeys(one.name for one in problems)))


def ask_reading(visit: Visit) -> Iterator[Finding]:
    found = [problem for problem in visit.problems if not problem.name]
    for problem in found:
        yield Finding("reading", "failed" if problem.fatal else "amber", problem.what, problem.fix, waits=problem.fatal)
    if not found:
        yield ok("reading", "Records, fields and owners can be read.")
