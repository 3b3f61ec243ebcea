"""An org's metadata: read component by component, changed by packages that are deployed whole or not at all."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element

from adapters.errors import CallOperator, Retry
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import Client
from adapters.salesforce.failures import PROVIDER
from adapters.salesforce.package.archive import Removals, archive_of, files_of
from adapters.salesforce.package.component import KINDS, Component
from adapters.salesforce.package.tree import bare, text_of

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

    def _ended(self, id_: str) -> Mapping[str, Any]:
        end = self._monotonic() + self._deadline
        look = 0
        while (result := self._client.deployment(id_)).get("done") is not True:
            if self._monotonic() > end:
                sentence = (
                    f"The deployment {id_} has not ended after {self._deadline:.0f} seconds; look at Setup ► Deployment Status."
                )
                raise Retry(sentence, provider=PROVIDER, operation="deploy", after=60.0)
            self._sleep(_PAUSES[min(look, len(_PAUSES) - 1)])
            look += 1
        return result


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
