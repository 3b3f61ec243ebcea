"""Deploying over REST: `/metadata/deployRequest`."""

import json
from collections.abc import Mapping
from typing import Any

from adapters.sandbox.salesforce_deploy import options
from adapters.sandbox.salesforce_deploy_result import deploy_result
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_multipart import parts
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.wire import Answer, json_answer

DEPLOY_RIGHTS = ("ModifyMetadata", "ModifyAllData")


class MetadataApi:
    def __init__(self, org: Org) -> None:
        self._org = org

    def deploy(self, request: Request) -> Answer:
        """Multipart with the zip, or JSON that names an earlier validation."""
        user = request.caller.actor.id
        self._org.access.require(user, *DEPLOY_RIGHTS)
        if request.call.headers.get("content-type", "").startswith("application/json"):
            return self._shown(
                self._org.deploys.again(str(request.body().get("validatedDeployRequestId", "")), user), request, 201
            )
        given = parts(request.call)
        # The documentation names the part `json`; the Salesforce CLI sends it as `entity_content`, and the platform takes both.
        archive, document = given.get("file"), given.get("json", given.get("entity_content"))
        if archive is None or document is None:
            raise SalesforceError(400, "INVALID_MULTIPART_REQUEST", "The parts json and file are required")
        return self._shown(self._org.deploys.start(archive, options(_options(document)), user), request, 201)

    def status(self, request: Request, id_: str) -> Answer:
        return self._shown(id_, request, 200, details=request.call.argument("includeDetails").lower() == "true")

    def change(self, request: Request, id_: str) -> Answer:
        """Cancelling is the one change there is."""
        wanted = request.body().get("deployResult")
        if not isinstance(wanted, dict) or wanted.get("status") not in {"Canceling", "Canceled"}:
            raise SalesforceError(400, "INVALID_FIELD", "deployResult.status can only be set to Canceling")
        self._org.deploys.cancel(id_, request.caller.actor.id)
        return self._shown(id_, request, 202)

    def _shown(self, id_: str, request: Request, status: int, *, details: bool = False) -> Answer:
        # What was just accepted is Pending: the answer to the request itself never holds a result.
        job = self._org.deploys.find(id_) if status == 200 else self._org.deploys.peek(id_)
        url = f"{self._org.world.url}/services/data/{request.version}/metadata/deployRequest/{job['id']}"
        body: dict[str, Any] = {
            "id": job["id"],
            "validatedDeployRequestId": job["validated"] or None,
            "url": url,
            "deployOptions": job["options"],
            "deployResult": deploy_result(job, names(self._org), details=details),
        }
        return json_answer(status, body)


def names(org: Org) -> Mapping[str, str]:
    """User id to full name."""
    rows = org.store.all(CRM, "User")
    return {row.id: " ".join(filter(None, (row.values.get("FirstName"), row.values.get("LastName")))) for row in rows}


def _options(document: bytes) -> object:
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        raise SalesforceError(400, "JSON_PARSER_ERROR", "The part json is not JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("deployOptions"), dict):
        raise SalesforceError(400, "JSON_PARSER_ERROR", "The part json must hold deployOptions")
    return found["deployOptions"]
