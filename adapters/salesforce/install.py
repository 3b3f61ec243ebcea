"""Leadline's installation in a Salesforce org. Fulfils `adapters.kit.Kit`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from adapters.base import Budget, Endpoint, Tokens
from adapters.kit import Plan, Step, Usage, Wanted
from adapters.salesforce.client import Client
from adapters.salesforce.metadata import Metadata
from adapters.salesforce.package.archive import files_of
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.fields import field_components
from adapters.salesforce.package.tree import differences


class SalesforceKit:
    """One org. What there is to do is always worked out from what the org has, so that an interrupted `apply` goes on."""

    def __init__(self, endpoint: Endpoint, tokens: Tokens, budget: Budget) -> None:
        self._endpoint = endpoint
        self._client = Client(endpoint, tokens, budget)
        self._metadata = Metadata(self._client, endpoint.api)

    def plan(self, wanted: Wanted) -> Plan:
        return Plan(tuple(step for step, _ in self._steps(field_components(wanted))))

    def apply(self, wanted: Wanted, done: Callable[[Step], None]) -> None:
        todo = [(step, one) for step, one in self._steps(field_components(wanted)) if step.action != "keep"]
        if todo:
            self._metadata.deploy([one for _, one in todo])
        for step, _ in todo:
            done(step)

    def _steps(self, components: Iterable[Component]) -> Iterator[tuple[Step, Component]]:
        ones = list(components)
        present = self._metadata.read("CustomField", (one.name for one in ones))
        for one in ones:
            if one.name not in present:
                yield Step(one.kind, one.name, "create"), one
            else:
                lines = tuple(differences(present[one.name], one.body))
                yield Step(one.kind, one.name, "change" if lines else "keep", lines), one

    def plan_removal(self, wanted: Wanted, *, purge: bool) -> Plan:
        raise NotImplementedError

    def remove(self, wanted: Wanted, done: Callable[[Step], None], *, heir: str, purge: bool) -> None:
        raise NotImplementedError

    def close_tasks(self, ids: Sequence[str]) -> int:
        raise NotImplementedError

    def files(self, wanted: Wanted) -> Mapping[str, bytes]:
        return files_of(list(field_components(wanted)), self._endpoint.api)

    def usages(self, wanted: Wanted) -> Sequence[Usage]:
        raise NotImplementedError

    def values(self, wanted: Wanted) -> Iterator[Mapping[str, str]]:
        raise NotImplementedError

    def close(self) -> None:
        self._client.close()
