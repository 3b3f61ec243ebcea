"""This machine: keys, database, Redis, disk, clocks."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from connector.doctor.finding import Finding, amber, failed, ok
from connector.doctor.visit import Visit
from connector.store.standings import database_now

SKEW_SECONDS: Final = 60.0
"""A signature's stamp may be so far ahead, and no more."""


def ask_secret_keys(visit: Visit) -> Iterator[Finding]:
    """Whatever is sealed has to open with the keys at hand."""
    lost = sorted(name for name, crm in visit.services.connections().items() if crm.unreadable)
    if lost:
        yield failed(
            "secret keys",
            f"The secrets of {', '.join(lost)} do not open with the keys at hand, so nothing is read or written there.",
            "Put the old key behind the new one in LEADLINE_SECRET_KEYS (or back into secret.key in the home folder), "
            "or connect again: leadline connect",
        )
    else:
        yield ok("secret keys", "What is sealed opens.")


def ask_database(visit: Visit) -> Iterator[Finding]:
    if visit.services.database_answers():
        yield ok("database", "PostgreSQL answers.")
    else:
        yield failed(
            "database", "PostgreSQL does not answer: webhooks are turned away.", "Start it, or check LEADLINE_DATABASE_URL"
        )


def ask_database_clock(visit: Visit) -> Iterator[Finding]:
    ahead = (datetime.now(UTC) - database_now(visit.services.engine)).total_seconds()
    if abs(ahead) > SKEW_SECONDS:
        sentence = f"This machine's clock and PostgreSQL's are {abs(ahead):.0f} s apart; due times and leases do not fit."
        yield amber("clock of the database", sentence, "Let both take their time from the same NTP servers (timedatectl)")
    else:
        yield ok("clock of the database", "It agrees with this machine's.")


def ask_redis(visit: Visit) -> Iterator[Finding]:
    if visit.services.bell.alive():
        yield ok("Redis", "It answers.")
    else:
        sentence = "Redis does not answer: nothing is lost, but no worker hears of a lead."
        yield failed("Redis", sentence, "Start it, or check LEADLINE_REDIS_URL")


def ask_disk(visit: Visit) -> Iterator[Finding]:
    settings = visit.services.settings
    free = shutil.disk_usage(settings.home).free // 2**20
    if free < settings.min_disk_mb:
        sentence = f"{free} MB are free under {settings.home}, and below {settings.min_disk_mb} MB webhooks are turned away."
        yield failed("disk", sentence, "Free some space, or set LEADLINE_MIN_DISK_MB")
    else:
        yield ok("disk", f"{free // 1024} GB are free.")
