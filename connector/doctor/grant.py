"""Whether the CRM lets us in, and whether it is the one that was connected."""

from collections.abc import Iterator

from adapters.errors import CallOperator, Refused
from connector.connecting.health import grant_problem
from connector.crms import same_account
from connector.doctor.finding import Finding, failed, ok, unasked
from connector.doctor.machine import SKEW_SECONDS
from connector.doctor.visit import Visit
from connector.store.tokens import refusal_of


def ask_grant(visit: Visit) -> Iterator[Finding]:
    """One call with the token, and a fresh one if that is refused."""
    crm = visit.crm
    if problem := grant_problem(crm, refusal_of(visit.services.engine, crm.name)):
        yield failed("grant", problem.what, problem.fix)
        return
    try:
        visit.services.adapter(crm).identify()
    except (CallOperator, Refused) as error:
        if isinstance(error, CallOperator) and not _lets_in(visit):
            yield failed("grant", str(error), f"leadline connect {crm.kind} {crm.name}")
        elif visit.checkup.served.there:
            raise
        else:
            yield unasked("grant", "No call can be made in an API version that is not served.", "See API version")
        return
    yield ok("grant", "The CRM takes our token.")


def _lets_in(visit: Visit) -> bool:
    """Whether the CRM takes the token, for all that it refuses the call."""
    try:
        return bool(visit.checkup)
    except CallOperator:
        return False


def ask_account(visit: Visit) -> Iterator[Finding]:
    crm = visit.crm
    found = visit.services.adapter(crm).identify()
    if not same_account(found.id, crm.account):
        sentence = (
            f"The token belongs to {found.id}, and {crm.account} was connected; a refreshed sandbox, for one, is a new org."
        )
        yield failed("account", sentence, f"leadline connect {crm.kind} {crm.name}")
    else:
        yield ok("account", f"It is {found.name} ({found.id}).")


def ask_environment(visit: Visit) -> Iterator[Finding]:
    crm = visit.crm
    found = visit.services.adapter(crm).identify().environment
    if crm.environment and found != crm.environment:
        sentence = f"It was declared as {crm.environment}, and says of itself that it is {found}."
        yield failed("environment", sentence, f"leadline connect {crm.kind} {crm.name}, with the environment that it is")
    else:
        yield ok("environment", f"{found.title()}{', as declared' if crm.environment else ''}.")


def ask_version(visit: Visit) -> Iterator[Finding]:
    served = visit.checkup.served
    if not served.there:
        newest = f"; the newest is {served.newest}" if served.newest else ""
        sentence = f"API version {served.asked} is not served{newest}."
        yield failed(
            "API version", sentence, f"leadline connect {visit.crm.kind} {visit.crm.name} --api {served.newest or 'VERSION'}"
        )
    else:
        yield ok("API version", f"{served.asked} is served.")


def ask_crm_clock(visit: Visit) -> Iterator[Finding]:
    ahead = visit.checkup.skew
    if ahead is not None and abs(ahead) > SKEW_SECONDS:
        way = "ahead of" if ahead > 0 else "behind"
        sentence = f"This machine's clock is {abs(ahead):.0f} s {way} the CRM's: signatures are refused."
        yield failed("clock of the CRM", sentence, "Let this machine take its time from NTP (timedatectl set-ntp true)")
    else:
        yield ok("clock of the CRM", "It agrees with this machine's.")
