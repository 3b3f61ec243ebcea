"""What the questions of one examination share, read once: the services, one connection, and what its CRM says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from adapters.checkup import Right, Rule, Served
from adapters.kit import Plan
from adapters.records import Owner, Problem
from connector import installing
from connector.store.connections import CrmConnection
from connector.wiring import Services


@dataclass
class Visit:
    """Without a connection, of the installation as a whole."""

    services: Services
    connection: CrmConnection | None = None

    @property
    def crm(self) -> CrmConnection:
        if self.connection is None:
            raise LookupError("This question is asked of a connection.")
        return self.connection

    @cached_property
    def plan(self) -> Plan:
        return installing.plan(self.services, self.crm)

    @cached_property
    def owners(self) -> Sequence[Owner]:
        """As the CRM has them now, whatever we read before."""
        return self.services.adapter(self.crm).owners()

    @cached_property
    def problems(self) -> Sequence[Problem]:
        return self.services.adapter(self.crm).check()

    @cached_property
    def checkup(self) -> "Checked":
        with self.services.checkup(self.crm) as checkup:
            return Checked(checkup.served(), checkup.skew())

    @cached_property
    def rights(self) -> Sequence[Right]:
        with self.services.checkup(self.crm) as checkup:
            return checkup.rights()

    @cached_property
    def rules(self) -> Sequence[Rule]:
        with self.services.checkup(self.crm) as checkup:
            return checkup.rules()

    @cached_property
    def watchers(self) -> dict[str, int]:
        with self.services.checkup(self.crm) as checkup:
            return dict(checkup.watchers())


@dataclass(frozen=True, slots=True)
class Checked:
    served: Served
    skew: float | None
