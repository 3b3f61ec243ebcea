"""What our user or app may do, right by right; and each mapped field."""

from collections.abc import Iterator

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


def ask_fields(visit: Visit) -> Iterator[Finding]:
    found = [problem for problem in visit.problems if problem.name]
    for problem in found:
        yield Finding("field", "failed" if problem.fatal else "amber", problem.what, problem.fix, waits=problem.fatal)
    if not found:
        yield ok("field", f"All {len(list(visit.crm.mapping.rows()))} mapped fields exist and fit.")


def ask_reading(visit: Visit) -> Iterator[Finding]:
    found = [problem for problem in visit.problems if not problem.name]
    for problem in found:
        yield Finding("reading", "failed" if problem.fatal else "amber", problem.what, problem.fix, waits=problem.fatal)
    if not found:
        yield ok("reading", "Records, fields and owners can be read.")
