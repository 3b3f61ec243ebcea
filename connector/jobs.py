"""The jobs that RQ may run, by name. They take a connection's name and give an outcome in words; no more travels in Redis."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from adapters.errors import AdapterError
from connector.crms import StoredTokens
from connector.pipeline import Drain
from connector.scene import scene_of
from connector.store.connections import CrmConnection, breaker_of
from connector.store.engine import StoreUnavailableError, transact
from connector.store.singleton import only_one
from connector.store.standings import note_heartbeat
from connector.sweeping import sweep_now
from connector.wiring import Services
from connector.writeback import Deliverer

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Process:
    """The services of this worker process, opened at its start."""

    services: Services | None = None


_process = _Process()


def start(services: Services) -> None:
    """Called once by the worker process before it takes jobs."""
    _process.services = services


def drain(name: str) -> str:
    """Opens and decides whatever is due on one connection."""
    return _alone("drain", name)


def deliver(name: str) -> str:
    """Writes whatever may go to one CRM."""
    return _alone("deliver", name)


def renew(name: str) -> str:
    """Gets a new access token before the old one ends. A portal that has uninstalled us sends no webhook either, so that
    nothing else would find it out.
    """
    return _alone("renew", name)


def sweep(name: str) -> str:
    """Reads what changed in one CRM and no webhook told us."""
    return _alone("sweep", name)


def beat(name: str) -> str:
    """Says that a worker took a job, and could tell the store so."""
    services = _process.services
    if services is None:
        raise RuntimeError("This process was not started as a Leadline worker.")
    services.bell.answer("beat", name)
    try:
        transact(services.engine, lambda session: note_heartbeat(session, "worker"))
    except StoreUnavailableError:
        return "the store does not answer"
    return "alive"


def _alone(job: str, name: str) -> str:
    services = _process.services
    if services is None:
        raise RuntimeError("This process was not started as a Leadline worker.")
    try:
        return _run(services, job, name)
    except StoreUnavailableError:
        return "the store does not answer"
    except Exception as error:
        log.exception("job failed", connection=name, exc_info=error)
        return "failed"


def _run(services: Services, job: str, name: str) -> str:
    services.bell.answer(job, name)  # type: ignore[arg-type]
    crm = services.crm(name)
    if crm is None:
        return "no such connection"
    breaker = breaker_of(services.engine, name)
    if breaker == "open":
        return "the CRM is left alone for a while"
    if breaker == "ajar":
        services.on_trial(crm)
    with only_one(services.engine, f"{job}:{name}") as mine:
        if not mine:
            return "another worker is at it"
        return _WORK[job](services, crm)


def _drained(services: Services, crm: CrmConnection) -> str:
    progress = Drain(services, crm).run()
    return f"opened {progress.opened}, decided {progress.decided}, echoes {progress.echoes}"


def _delivered(services: Services, crm: CrmConnection) -> str:
    if crm.paused:
        return "paused"
    if not crm.installed:
        return "nothing is installed there, so nothing is written"
    return f"finished {Deliverer(services, crm, scene_of(services)).run()}"


def _swept(services: Services, crm: CrmConnection) -> str:
    found = sweep_now(services, crm, services.adapter(crm))
    return f"seen {found.seen}, new {found.fresh}" + ("" if found.through else f"; {found.problem or 'goes on'}")


def _renewed(services: Services, crm: CrmConnection) -> str:
    try:
        StoredTokens(services.engine, services.vault, crm).current()
    except AdapterError as error:
        log.warning("token not renewed", connection=crm.name, status=error.status, code=error.code, kind=type(error).__name__)
        return "not renewed"
    return "renewed"


_WORK: Final[Mapping[str, Callable[[Services, CrmConnection], str]]] = {
    "drain": _drained,
    "deliver": _delivered,
    "renew": _renewed,
    "sweep": _swept,
}
