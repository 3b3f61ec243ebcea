"""HubSpot's workflows as its automation API shows them. The sandbox keeps them, and runs those that rotate new contacts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request, not_found
from adapters.sandbox.hubspot_input import document, items, kind_of, nowhere, page, word
from adapters.sandbox.moments import iso
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer

FLOWS: Final = "hubspot:flow"
_SUMMARY: Final = ("id", "isEnabled", "objectTypeId", "name", "flowType", "createdAt", "updatedAt", "revisionId")
"""What a listing shows; the rest is shown for one flow at a time."""


class FlowsApi:
    """`/flows`, `/flows/{id}` and `/flows/batch/read`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """Answers what comes after `flows`.

        Raises:
            RefusalError: HubSpot's refusal.
        """
        match call.method, *rest:
            case ("GET",):
                return self._page(call)
            case ("POST",):
                return json_answer(200, self.create(document(call)))
            case "POST", "batch", "read":
                return self._batch(items(document(call)))
            case "GET", id_:
                return json_answer(200, self._one(id_))
            case "PUT", id_:
                return json_answer(200, self._replace(self._one(id_), document(call)))
            case "DELETE", id_:
                self._store.drop(FLOWS, self._one(id_)["id"])
                return empty_answer()
        raise nowhere(call)

    def create(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """A new workflow, off unless it says otherwise.

        Raises:
            RefusalError: it has no name, actions or known object.
        """
        id_, now = str(4_620_000_000 + self._store.next_number("hubspot:flow")), iso(self._store.clock())
        made = {**_checked(wanted), "id": id_, "revisionId": "1", "createdAt": now, "updatedAt": now}
        self._store.put(FLOWS, id_, made)
        return made

    def _replace(self, old: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The whole workflow is sent each time, with the revision that it was read at."""
        if word(wanted, "revisionId") != old["revisionId"]:
            raise bad_request(f"Workflow {old['id']} is at revision {old['revisionId']}; read it again and send that revision.")
        stamps = {"createdAt": old["createdAt"], "updatedAt": iso(self._store.clock())}
        made = {**_checked(wanted), "id": old["id"], "revisionId": str(int(old["revisionId"]) + 1), **stamps}
        self._store.put(FLOWS, made["id"], made)
        return made

    def _page(self, call: Call) -> Answer:
        limit, after = page(call, 100, 100)
        flows = [flow for id_, flow in self._store.documents(FLOWS).items() if not after or int(id_) > int(after)]
        results = [{member: flow[member] for member in _SUMMARY} for flow in flows[:limit]]
        more = {"paging": {"next": {"after": flows[limit - 1]["id"]}}} if len(flows) > limit else {}
        return json_answer(200, {"results": results, **more})

    def _batch(self, inputs: Sequence[Mapping[str, Any]]) -> Answer:
        flows = self._store.documents(FLOWS)
        now = iso(self._store.clock())
        results = [flows[id_] for item in inputs if (id_ := word(item, "flowId")) in flows]
        return json_answer(200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})

    def _one(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self._store.document(FLOWS, id_)
        if found is None:
            raise not_found(f"Workflow {id_} does not exist.")
        return found


def _checked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    kind = kind_of(word(wanted, "objectTypeId"))
    if not word(wanted, "name") or not isinstance(wanted.get("actions"), list):
        raise bad_request("A workflow needs a name and a list of actions.")
    return {
        "type": "CONTACT_FLOW" if kind.name == "contacts" else "PLATFORM_FLOW",
        "isEnabled": bool(wanted.get("isEnabled", False)),
        "flowType": word(wanted, "flowType") or "WORKFLOW",
        "name": wanted["name"],
        "objectTypeId": kind.type_id,
        "startActionId": word(wanted, "startActionId") or "1",
        "nextAvailableActionId": word(wanted, "nextAvailableActionId") or str(len(wanted["actions"]) + 1),
        "actions": wanted["actions"],
        "enrollmentCriteria": wanted.get("enrollmentCriteria") or {"type": "MANUAL", "shouldReEnroll": False},
        "timeWindows": wanted.get("timeWindows") or [],
        "blockedDates": wanted.get("blockedDates") or [],
        "customProperties": wanted.get("customProperties") or {},
        "suppressionListIds": wanted.get("suppressionListIds") or [],
        "canEnrollFromSalesforce": bool(wanted.get("canEnrollFromSalesforce", False)),
    }
