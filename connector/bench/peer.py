"""The pipeline's peer: one RQ job per lead, in a fork of its own, as such connectors are commonly built.

The same code does the same work on the same store, but for one lead: one read, one commit of its decision, one write of its
fields and owner, one task, one receipt. The adapters are given batches of one, which makes as many calls as a client library's
single-record calls would. Only what forks cannot share is made anew: database sessions, HTTP connections, what was remembered.
"""

import os
from dataclasses import dataclass
from typing import Final

from adapters.records import RecordRef
from config.settings import load_settings
from connector import observe
from connector.bell import Bell, Job
from connector.pipeline import Drain, Progress
from connector.scene import scene_of
from connector.store.bare import claim_one
from connector.store.outbox import next_writes
from connector.wiring import Services, open_services
from connector.writeback import Deliverer

_OTHERS: Final = 50
"""Writes of other jobs that may stand before ours in the outbox."""


class _Mute(Bell):
    """Rings for nobody: a peer's job delivers by itself."""

    def ring(self, job: Job, connection: str) -> bool:  # noqa: ARG002 - the signature is the bell's
        return False


@dataclass(slots=True)
class _Process:
    services: Services | None = None


_process = _Process()


def prepare() -> None:
    """Called once before any fork: imports everything and reads what changes seldom. Sessions are closed again, since two
    processes must not share one."""
    observe.configure(level="warning")  # RQ's command has not, and each lead would be told on the bench's own output
    services = open_services(load_settings(), os.environ["LEADLINE_DATABASE_URL"], os.environ["LEADLINE_REDIS_URL"], pool_size=2)
    services.bell = _Mute(services.bell.client, services.bell.queue)
    for crm in services.connections().values():
        services.adapter(crm)
    services.engine.dispose()
    _process.services = services


def lead(name: str, object_: str, record_id: str) -> None:
    """The job: one due lead, from reading it to its receipt."""
    services = _process.services
    crm = services.crm(name) if services else None
    if services is None or crm is None:
        raise RuntimeError("The peer's worker was not started with its settings module.")
    ref = RecordRef(name, object_, record_id)  # type: ignore[arg-type]  # enqueued by the benchmark, which knows
    Drain(services, crm).work(claim_one(services.engine, ref), Progress())
    mine = [write for write in next_writes(services.engine, name, _OTHERS) if write.ref == ref]
    Deliverer(services, crm, scene_of(services)).write(mine)
