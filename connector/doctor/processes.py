"""The processes, and whether the web process is where the CRMs look for it."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import requests

from connector.bell import BellUnreachableError
from connector.doctor.finding import Finding, amber, failed, ok, unasked
from connector.doctor.visit import Visit
from connector.store.standings import heartbeat_ages

SILENT_SECONDS: Final = 90.0
"""Six beats."""

_SECONDS: Final = 5.0

_MANY: Final = 1_000


def ask_web(visit: Visit) -> Iterator[Finding]:
    url = visit.services.public_url
    try:
        answer = requests.get(f"{url}/readyz", timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        sentence = f"Nothing answers at {url} ({type(error).__name__}), where the CRMs send their webhooks."
        yield failed("web process", sentence, "leadline up, or correct LEADLINE_PUBLIC_URL and the proxy in front")
        return
    if answer.status_code == 503:
        yield failed("web process", f"It answers at {url}, and turns webhooks away for now.", "See disk, database and inbox here")
    elif answer.status_code != 200:
        sentence = f"{url}/readyz answers {answer.status_code}: something else than Leadline is there, or in between."
        yield failed("web process", sentence, "Correct LEADLINE_PUBLIC_URL, or let the proxy pass everything on unchanged")
    else:
        yield ok("web process", f"It answers at {url}.")


def ask_public_url(visit: Visit) -> Iterator[Finding]:
    parts = urlsplit(visit.services.public_url)
    crms = [crm for crm in visit.services.connections().values() if urlsplit(crm.base_url).scheme == "https"]
    if parts.scheme != "https" and crms:
        sentence = f"Real CRMs call https addresses only, and LEADLINE_PUBLIC_URL is {visit.services.public_url}."
        yield failed("public address", sentence, "Put a proxy with a certificate in front, and set LEADLINE_PUBLIC_URL to it")
    else:
        yield ok("public address", "Of a kind that the CRMs connected can call.")


def ask_clock(visit: Visit) -> Iterator[Finding]:
    age = heartbeat_ages(visit.services.engine).get("clock")
    if age is None or age > SILENT_SECONDS:
        yield failed(
            "clock", f"The clock process {_silent(age)}: nothing that waits is rung for again.", "leadline clock, or leadline up"
        )
    else:
        yield ok("clock", f"Alive {age:.0f} s ago.")


def ask_worker(visit: Visit) -> Iterator[Finding]:
    """The clock asks for a sign of life, so without a clock there is none."""
    ages = heartbeat_ages(visit.services.engine)
    age, clock = ages.get("worker"), ages.get("clock")
    if age is not None and age <= SILENT_SECONDS:
        yield ok("worker", f"One took a job {age:.0f} s ago.")
    elif clock is None or clock > SILENT_SECONDS:
        yield unasked("worker", "The clock asks for it, and there is no clock.", "See clock")
    else:
        yield failed("worker", f"No worker {_silent(age)}: no lead is decided.", "leadline worker, or leadline up")


def ask_queue(visit: Visit) -> Iterator[Finding]:
    try:
        jobs = visit.services.bell.waiting()
    except BellUnreachableError as error:
        yield unasked("queue of jobs", str(error), "See Redis")
        return
    if jobs > _MANY:
        yield amber("queue of jobs", f"{jobs} jobs wait for a worker.", "Start more workers: leadline worker")
    else:
        yield ok("queue of jobs", f"{jobs} {'job waits' if jobs == 1 else 'jobs wait'} for a worker." if jobs else "Empty.")


def _silent(age: float | None) -> str:
    return "never gave a sign of life" if age is None else f"has given no sign of life for {_span(age)}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
