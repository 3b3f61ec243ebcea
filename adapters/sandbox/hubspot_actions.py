"""HubSpot calling out from a workflow: a custom action is executed, answers at once or blocks until it is completed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import urllib3

from adapters.sandbox.hubspot_errors import bad_request, not_found
from adapters.sandbox.hubspot_input import document, nowhere
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.hubspot_webhooks import signature_v3
from adapters.sandbox.record import Record
from adapters.sandbox.wire import Answer, Call, empty_answer
from adapters.sandbox.world import World

_CALLBACKS: Final = "hubspot:callback"
_WAIT_SECONDS: Final = 30.0


class Actions:
    """Executions of one custom action, and the callbacks of those that block."""

    def __init__(self, world: World, settings: HubSpotSettings) -> None:
        self._world = world
        self._settings = settings

    def execute(self, url: str, kind: Kind, record: Record, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Calls the action for a record as a workflow does, once: `{"callbackId", "status", "answer"}`; 0 is no answer.

        Raises:
            ValueError: the answer is not JSON.
        """
        number = self._world.store.next_number(_CALLBACKS)
        callback = f"ap-{self._settings.portal_id}-{number}-7-0"
        self._world.store.put(_CALLBACKS, callback, {"state": "OPEN"})
        body = json.dumps(self._execution(callback, kind, record, inputs)).encode()
        headers = {"Content-Type": "application/json", **self._signatures(url, body)}
        try:
            answer = urllib3.request(
                "POST", url, body=body, headers=headers, timeout=_WAIT_SECONDS, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError:
            return {"callbackId": callback, "status": 0, "answer": None}
        return {"callbackId": callback, "status": answer.status, "answer": json.loads(answer.data) if answer.data else None}

    def outcome(self, callback: str) -> dict[str, Any]:
        """`{"state": "OPEN"}`, or what the action was completed with.

        Raises:
            LookupError: there was no such execution.
        """
        found: dict[str, Any] | None = self._world.store.document(_CALLBACKS, callback)
        if found is None:
            raise LookupError(f"No action was executed as {callback}.")
        return found

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """`POST /callbacks/{id}/complete`.

        Raises:
            RefusalError: no such callback, or no output fields.
        """
        match call.method, *rest:
            case "POST", callback, "complete":
                if self._world.store.document(_CALLBACKS, callback) is None:
                    raise not_found(f"Callback {callback} does not exist.")
                fields = document(call).get("outputFields")
                if not isinstance(fields, dict):
                    raise bad_request("A completion needs outputFields, hs_execution_state among them.")
                self._world.store.put(_CALLBACKS, callback, {"state": "COMPLETE", "outputFields": fields})
                return empty_answer()
        raise nowhere(call)

    def _execution(self, callback: str, kind: Kind, record: Record, inputs: Mapping[str, Any]) -> dict[str, Any]:
        origin = {"portalId": self._settings.portal_id, "actionDefinitionId": 1_400_001, "actionDefinitionVersion": 1}
        about = {"objectId": int(record.id), "objectType": kind.name[:-1].upper(), "properties": {}}
        context = {"source": "WORKFLOWS", "workflowId": 4_620_000_001}
        return {"callbackId": callback, "origin": origin, "context": context, "object": about, "inputFields": dict(inputs)}

    def _signatures(self, url: str, body: bytes) -> dict[str, str]:
        """Actions are signed in v2 beside v3."""
        secret, stamp = self._settings.client_secret, str(self._world.clock())
        return {
            "X-HubSpot-Signature": hashlib.sha256(secret.encode() + b"POST" + url.encode() + body).hexdigest(),
            "X-HubSpot-Signature-Version": "v2",
            "X-HubSpot-Signature-v3": signature_v3(secret, "POST", url, body, stamp),
            "X-HubSpot-Request-Timestamp": stamp,
        }
