"""Back-pressure: above a set depth of the inbox, below a floor of free disk, or without a store, webhooks are to come later."""

import shutil
import time
from dataclasses import dataclass

from connector import observe
from connector.store.engine import StoreUnavailableError
from connector.wiring import Services


@dataclass(slots=True)
class Pressure:
    """Whether more can be taken in, looked at once a second."""

    services: Services
    reason: str = ""

    def run(self) -> None:
        while True:
            self.look()
            time.sleep(1.0)

    def look(self) -> None:
        settings = self.services.settings
        free_mb = shutil.disk_usage(settings.home).free // 2**20
        if free_mb < settings.min_disk_mb:
            self.reason = f"less than {settings.min_disk_mb} MB of disk are free"
            return
        try:
            waiting = self.services.waiting()
        except StoreUnavailableError:
            self.reason = "the store does not answer"  # said at once, instead of after a time-out for each request
            return
        observe.WAITING_DELIVERIES.set(waiting)
        self.reason = f"{waiting} deliveries wait to be opened" if waiting > settings.max_waiting else ""
