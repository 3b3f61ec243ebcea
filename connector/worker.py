"""The worker process: services opened and models loaded once, then RQ jobs until told to stop."""

import os
import signal
import socket
import time
from collections.abc import Callable

from connector import jobs
from connector.bell import run_worker
from connector.wiring import Services


def work(services: Services, redis_url: str) -> None:
    """Works until SIGTERM or SIGINT, which let the job in hand finish. Redis may go away and come back meanwhile."""
    jobs.start(services)
    _load(services)
    while not run_worker(redis_url, f"{socket.gethostname()}-{os.getpid()}-{time.time_ns()}"):
        time.sleep(0.2)


def _load(services: Services) -> None:
    """Imports the vendors' SDKs and reads policy and profile now, so that the first lead does not wait for them."""
    for crm in services.connections().values():
        services.adapter(crm)


def on_stop(stop: Callable[[], None]) -> None:
    """Calls `stop` on SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
