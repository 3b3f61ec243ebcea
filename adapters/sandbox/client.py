"""A client of the control API, for demo, tests and benchmarks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Self
from urllib.parse import quote

import requests

CRMName = Literal["hubspot", "salesforce"]


class SandboxError(Exception):
    """The sandbox refused a control call; the sentence says why."""


class SandboxClient:
    """Talks to `/_sandbox/` of a running sandbox. Not for several threads at once: it keeps one connection."""

    def __init__(self, url: str, *, timeout: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    # portals and people

    def install(self, crm: CRMName) -> None:
        """Makes the custom fields of the default mapping and Leadline's own."""
        self._call("POST", f"{crm}/install")

    def settings(self, crm: CRMName, **changes: Any) -> dict[str, Any]:
        """Changes settings (HubSpot: `hubspot_settings.HubSpotSettings`) and returns all of them."""
        return dict(self._call("PATCH", f"{crm}/settings", changes))

    def add_people(self, people: Sequence[Mapping[str, Any]], queues: Sequence[str] = ()) -> dict[str, dict[str, dict[str, str]]]:
        """People `{email, firstName, lastName, active}` and queues, in both CRMs.

        The answer has the ids: `{crm: {"people": {email: id}, "queues": {name: id}}}`.
        """
        return dict(self._call("POST", "people", {"people": list(people), "queues": list(queues)}))

    def people(self, crm: CRMName) -> list[dict[str, Any]]:
        """Owners or users as the CRM's API shows them."""
        return list(self._call("GET", f"{crm}/people")["people"])

    def queues(self, crm: CRMName) -> list[dict[str, Any]]:
        return list(self._call("GET", f"{crm}/queues")["queues"])

    # records

    def create(
        self, crm: CRMName, table: str, rows: Sequence[Mapping[str, Any]], *, by: Mapping[str, str] | None = None
    ) -> list[str]:
        """Creates records with any field, as a person unless `by` is another `{source, id}`. Ids in order."""
        return list(self._call("POST", f"{crm}/records/{table}", {"records": list(rows), **_as(by)})["ids"])

    def update(
        self, crm: CRMName, table: str, id_: str, values: Mapping[str, Any], *, by: Mapping[str, str] | None = None
    ) -> None:
        """Edits a record, as a person unless `by` says otherwise."""
        self._call("PATCH", f"{crm}/records/{table}/{id_}", {"values": dict(values), **_as(by)})

    def update_all(
        self, crm: CRMName, table: str, rows: Sequence[tuple[str, Mapping[str, Any]]], *, at: int | None = None
    ) -> None:
        """Edits many records at once: pairs of id and values. `at`: all in this one moment, milliseconds since 1970."""
        records = [{"id": id_, "values": values} for id_, values in rows]
        self._call("PATCH", f"{crm}/records/{table}/batch", {"records": records, "at": at})

    def delete(self, crm: CRMName, table: str, id_: str, *, by: Mapping[str, str] | None = None) -> None:
        self._call("DELETE", f"{crm}/records/{table}/{id_}", _as(by))

    def merge(self, crm: CRMName, table: str, primary: str, other: str) -> str:
        """Merges two records; the id that both resolve to."""
        return str(self._call("POST", f"{crm}/records/{table}/merge", {"primary": primary, "other": other})["id"])

    def records(self, crm: CRMName, table: str) -> Iterator[dict[str, Any]]:
        """Every record, archived and merged ones too: id, properties (all), createdAt, updatedAt, archived, mergedInto."""
        after: int | None = 0
        while after is not None:
            page = self._call("GET", f"{crm}/records/{table}?after={after}&limit=1000")
            yield from page["records"]
            after = page["after"]

    def read(self, crm: CRMName, table: str, ids: Sequence[str]) -> list[dict[str, Any] | None]:
        """The records under these very ids, None where there is none."""
        return list(self._call("POST", f"{crm}/records/{table}/read", {"ids": list(ids)})["records"])

    def history(self, crm: CRMName, table: str, id_: str) -> list[dict[str, Any]]:
        """What happened to one record, oldest first: seq, kind, at (ms), source, actor, changed {field: [old, new]}."""
        return list(self._call("GET", f"{crm}/records/{table}/{id_}/history")["entries"])

    def journal(self, after: int = 0) -> list[dict[str, Any]]:
        """Every owner change and every task created since entry `after`; entries as in `history`, with crm, object, id."""
        return list(self._call("GET", f"journal?after={after}")["entries"])

    def journal_end(self) -> int:
        """Where the journal ends now: `journal` after this tells what comes from here on."""
        return int(self._call("GET", f"journal?after={2**62}")["last"])

    def sync(self) -> dict[str, int]:
        """One round of HubSpot's own Salesforce sync, both ways: how many records it made (`made`) and changed (`to_hubspot`,
        `to_salesforce`). `command("hubspot", "salesforce_sync")` comes first."""
        return dict(self._call("POST", "sync"))

    # trouble

    def add_fault(self, kind: str, **more: Any) -> str:
        """Puts a fault in force (`faults.Fault`: crm, method, route, probability, count, status, seconds, policy); its id."""
        return str(self._call("POST", "faults", {"kind": kind, **more})["id"])

    def faults(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "faults")["faults"])

    def clear_faults(self, id_: str = "") -> None:
        """Ends one fault, or all."""
        self._call("DELETE", f"faults/{id_}" if id_ else "faults")

    def latency(self, **milliseconds: float) -> None:
        """Adds this to every answer: `latency(hubspot=150, salesforce=150)`."""
        self._call("POST", "latency", milliseconds)

    def expire_tokens(self) -> None:
        """Ends every access token of both CRMs now."""
        self._call("DELETE", "tokens")

    # one CRM's own

    def command(self, crm: CRMName, what: str, /, **body: Any) -> dict[str, Any]:
        """HubSpot: `tokens(token, scopes)` for a static token with scopes of its own, `revoke(token)` (without: the app is
        uninstalled), `teams(name, members)`, `execute(url, object, id, inputFields)` for a workflow's custom action and
        `outcome(callbackId)` for what became of it, `lived_in(seed, contacts, days, properties)` for a portal with a past,
        `project(files)` for what `hs project upload` does (path to JSON document), `required(object, names)`,
        `salesforce_sync()` for HubSpot's own sync with Salesforce at work. Salesforce: `convert(lead, account, contact,
        opportunity, makeOpportunity, owner, status)`, and `lived_in(seed, leads, days, fields)` for an org with a past."""
        return dict(self._call("POST", f"{crm}/{what}", body))

    # webhooks

    def add_target(self, crm: CRMName, url: str, **more: Any) -> dict[str, Any]:
        """A webhook target. HubSpot: `subscriptions=[{"type", "objectTypeId", "property"}]`; Salesforce: see its channel."""
        return dict(self._call("POST", "targets", {"crm": crm, "url": url, **more}))

    def targets(self) -> list[dict[str, Any]]:
        """Targets with what waits (`pending`) and what became of the rest: requests, delivered, failed, repeated, abandoned."""
        return list(self._call("GET", "targets")["targets"])

    def remove_targets(self, id_: str = "") -> None:
        """Forgets one target, or all."""
        self._call("DELETE", f"targets/{id_}" if id_ else "targets")

    def chaos(self, **knobs: Any) -> dict[str, Any]:
        """Turns knobs (`chaos.Chaos`); all of them as they are now."""
        return dict(self._call("POST", "chaos", knobs))

    def hold(self) -> None:
        """Keeps all webhooks back until `release`."""
        self._call("POST", "hold")

    def release(self) -> None:
        self._call("POST", "release")

    def pending(self, *, wait: float = 0.0) -> int:
        """Events that no receiver has taken yet; waits up to so many seconds for there to be none."""
        return int(self._call("GET", f"pending?wait={wait}")["total"])

    # counting

    def stats(self) -> dict[str, Any]:
        """calls [{crm, method, route, status, count}], writes [{crm, object, kind, source, count}], total, throttled, grants."""
        return dict(self._call("GET", "stats"))

    def reset_stats(self) -> None:
        self._call("DELETE", "stats")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        target = f"{self.url}/_sandbox/{quote(path, safe='/?&=')}"
        response = self._session.request(method, target, json=body, timeout=self._timeout)
        answer = response.json()
        if response.status_code != 200:
            raise SandboxError(answer["message"])
        return answer


def _as(by: Mapping[str, str] | None) -> dict[str, Any]:
    return {} if by is None else {"as": dict(by)}
