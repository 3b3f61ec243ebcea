"""An org's metadata: read component by component, changed by packages that are deployed whole or not at all."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar
from xml.etree.ElementTree import Element

from adapters.errors import CallOperator, Retry
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import Client, soql
from adapters.salesforce.failures import PROVIDER
from adapters.salesforce.package.archive import Removals, archive_of, files_of
from adapters.salesforce.package.component import KINDS, Component
from adapters.salesforce.package.tree import bare, text_of

T = TypeVar("T")

READ_AT_ONCE: Final = 10
"""Components of one `readMetadata` call."""

DEPLOY_SECONDS: Final = 600.0
_PAUSES: Final = (0.5, 1.0, 2.0, 5.0)
"""Seconds between looks at a deployment; the last one goes on."""
_SHOWN: Final = 5


class Metadata:
    def __init__(
        self,
        client: Client,
        api: str,
        *,
        deadline: float = DEPLOY_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._api = api
        self._deadline = deadline
        self._monotonic = monotonic
        self._sleep = sleep

    def read(self, type_: str, names: Iterable[str]) -> Mapping[str, Element]:
        """Those of the named components that exist, by full name, without namespaces."""
        found: dict[str, Element] = {}
        for part in chunks(sorted(set(names)), READ_AT_ONCE):
            found |= {text_of(one, "fullName"): one for one in map(bare, self._client.read_metadata(type_, part))}
        return found

    def deploy(self, components: Sequence[Component], removals: Removals = ()) -> None:
        """Checks the package, then deploys it.

        Raises:
            adapters.errors.CallOperator: Salesforce refuses it, and nothing was changed; the sentence says what and why.
            adapters.errors.Retry: it has not ended before our deadline; it may still end.
        """
        archive = archive_of(files_of(components, self._api, removals))
        for check_only in (True, False):
            result = self._ended(self._client.deploy(archive, check_only=check_only))
            if result.get("success") is not True:
                raise _refusal(result)

    def dependencies(self, ids: Sequence[str]) -> Sequence[Mapping[str, str]]:
        """What depends on these components: rows of `MetadataComponentDependency`. Its plain query leaves out reports, so it is
        asked by a job.
        """
        columns = "MetadataComponentId, MetadataComponentName, MetadataComponentType, RefMetadataComponentId"
        query = f"SELECT {columns} FROM MetadataComponentDependency WHERE RefMetadataComponentId IN {{}}"  # noqa: S608
        id_ = self._client.begin_job(soql(query, list(ids)))
        state = self._until("query of dependencies", lambda: _ended_state(self._client.job_state(id_)))
        if state != "JobComplete":
            sentence = f"Salesforce's query of dependencies ended as {state}; try again."
            raise Retry(sentence, provider=PROVIDER, operation="query", after=60.0)
        return self._client.job_rows(id_)

    def _ended(self, id_: str) -> Mapping[str, Any]:
        def result() -> Mapping[str, Any] | None:
            found = self._client.deployment(id_)
            return found if found.get("done") is True else None

        return self._until(f"deployment {id_}", result)

    def _until(self, what: str, look: Callable[[], T | None]) -> T:
        """Looks until there is something to see, less and less often."""
        end = self._monotonic() + self._deadline
        looks = 0
        while (seen := look()) is None:
            if self._monotonic() > end:
                sentence = f"The {what} has not ended after {self._deadline:.0f} seconds; look at Setup ► Deployment Status."
                raise Retry(sentence, provider=PROVIDER, operation="install", after=60.0)
            self._sleep(_PAUSES[min(looks, len(_PAUSES) - 1)])
            looks += 1
        return seen


def _ended_state(state: str) -> str | None:
    return state if state in {"JobComplete", "Failed", "Aborted"} else None


def _refusal(result: Mapping[str, Any]) -> CallOperator:
    """Salesforce's own words about each component: they are about the package, and nobody else can say what it minds."""
    details = result.get("details")
    failures = details.get("componentFailures") if isinstance(details, dict) else None
    listed = [failures] if isinstance(failures, dict) else failures or []
    said = [_failure(one) for one in listed if isinstance(one, dict)]
    more = f"; and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
    why = (
        "; ".join(said[:_SHOWN]) + more if said else f"{result.get('errorMessage') or result.get('status') or 'no reason given'}"
    )
    sentence = f"Salesforce refuses the package, and nothing was changed: {why}."
    return CallOperator(sentence, provider=PROVIDER, operation="deploy", code=str(result.get("errorStatusCode") or ""))


def _failure(one: Mapping[str, Any]) -> str:
    kind = KINDS.get(str(one.get("componentType")), str(one.get("componentType") or "file"))
    return f"{kind} {one.get('fullName')}: {str(one.get('problem') or '').rstrip('.')[:200]}"
