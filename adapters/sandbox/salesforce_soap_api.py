"""The two SOAP APIs: metadata (`/services/Soap/m/…`) and partner (`/services/Soap/u/…`), as far as tools need them."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from adapters.sandbox.record import Actor
from adapters.sandbox.salesforce_convert import Conversion
from adapters.sandbox.salesforce_deploy import options
from adapters.sandbox.salesforce_deploy_result import deploy_result
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_metadata_api import DEPLOY_RIGHTS, names
from adapters.sandbox.salesforce_oauth import OAuth
from adapters.sandbox.salesforce_org import ORG_ID, Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_retrieve import described, properties
from adapters.sandbox.salesforce_soap import answered, fault, opened
from adapters.sandbox.salesforce_tree import METADATA, Tree, child, flag, text, texts, trees
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.wire import Answer, Call

PARTNER: Final = "urn:partner.soap.sforce.com"

MAX_READ: Final = 10
"""Components in one readMetadata."""

_PATH: Final = re.compile(r"/services/Soap/(m|u|c)/(\d+\.0)(?:/.*)?")

Verb = Callable[[Tree, str], Any]
"""Arguments and user id to one result, or a list of results."""


class SoapApi:
    def __init__(self, org: Org, oauth: OAuth) -> None:
        self._org = org
        self._oauth = oauth
        self._verbs: Mapping[str, Mapping[str, Verb]] = {
            "m": {
                "deploy": self._deploy,
                "checkDeployStatus": self._check_deploy,
                "cancelDeploy": self._cancel_deploy,
                "deployRecentValidation": lambda given, user: org.deploys.again(text(given, "validationId"), user),
                "retrieve": self._retrieve,
                "checkRetrieveStatus": self._check_retrieve,
                "listMetadata": self._list,
                "describeMetadata": self._describe,
                "readMetadata": self._read,
            },
            "u": {"convertLead": self._convert, "getUserInfo": self._user_info, "getServerTimestamp": self._timestamp},
        }

    def answer(self, call: Call) -> Answer:
        match = _PATH.fullmatch(call.path)
        api = "m" if match and match[1] == "m" else "u"
        namespace = METADATA if api == "m" else PARTNER
        try:
            verb, given, session = opened(call)
            user = self._oauth.user_of(session)
            with self._org.store.transaction():
                result = self._verb(api, verb)(given, user)
            return answered(verb, namespace, result)
        except SalesforceError as error:
            return fault(error, namespace)

    def _verb(self, api: str, verb: str) -> Verb:
        found = self._verbs[api].get(verb)
        if found is None:
            raise SalesforceError(500, "INVALID_OPERATION", f"No operation available for request {verb}")
        return found

    # metadata

    def _deploy(self, given: Tree, user: str) -> Any:
        self._org.access.require(user, *DEPLOY_RIGHTS)
        try:
            archive = base64.b64decode(text(given, "ZipFile"), validate=False)
        except (binascii.Error, ValueError) as error:
            raise SalesforceError(500, "INVALID_INPUT", f"ZipFile is not base64: {error}") from None
        wanted = {name: texts(child(given, "DeployOptions"), name) for name in child(given, "DeployOptions")}
        single = {name: values if name == "runTests" else values[0] for name, values in wanted.items() if values}
        id_ = self._org.deploys.start(archive, options(single), user)
        return {"done": False, "id": id_, "state": "Queued"}

    def _check_deploy(self, given: Tree, user: str) -> Any:
        del user
        job = self._org.deploys.find(text(given, "asyncProcessId"))
        return deploy_result(job, names(self._org), details=flag(given, "includeDetails"))

    def _cancel_deploy(self, given: Tree, user: str) -> Any:
        job = self._org.deploys.cancel(text(given, "id"), user)
        return {"done": False, "id": job["id"]}

    def _retrieve(self, given: Tree, user: str) -> Any:
        request = child(given, "retrieveRequest") or child(given, "request")
        return {"done": False, "id": self._org.retrieves.start(request, user), "state": "Queued"}

    def _check_retrieve(self, given: Tree, user: str) -> Any:
        del user
        result = self._org.retrieves.result(text(given, "asyncProcessId"), names(self._org))
        return result if text(given, "includeZip") != "false" else {**result, "zipFile": None}

    def _list(self, given: Tree, user: str) -> Any:
        types = [text(query, "type") for query in trees(given, "queries")]
        found = [item for type_ in types for item in self._org.catalogue.of_type(type_).values()]
        return [properties(item, names(self._org).get(user, "")) for item in found]

    def _describe(self, given: Tree, user: str) -> Any:
        del given, user
        return {"metadataObjects": described(), "organizationNamespace": "", "partialSaveAllowed": True, "testRequired": False}

    def _read(self, given: Tree, user: str) -> Any:
        """At most ten, containers such as Workflow with all their parts; a name that is not there comes back empty."""
        del user
        type_, wanted = text(given, "type"), texts(given, "fullNames")
        if len(wanted) > MAX_READ:
            raise SalesforceError(500, "EXCEEDED_MAX_TYPES_LIMIT", f"At most {MAX_READ} components can be read in one call")
        return {"records": [self._org.retrieves.record(type_, name) for name in wanted]}

    # partner

    def _convert(self, given: Tree, user: str) -> Any:
        """One result each; a refused one does not stop the others."""
        return [self._converted(asked, user) for asked in trees(given, "leadConverts")]

    def _converted(self, asked: Tree, user: str) -> Mapping[str, Any]:
        wanted = Conversion(
            lead=text(asked, "leadId"),
            status=text(asked, "convertedStatus"),
            account=text(asked, "accountId"),
            contact=text(asked, "contactId"),
            opportunity=text(asked, "opportunityName"),
            make_opportunity=not flag(asked, "doNotCreateOpportunity"),
            owner=text(asked, "ownerId"),
        )
        try:
            done = asdict(self._org.converter.convert(wanted, Actor("API", user)))
        except SalesforceError as error:
            item = {"fields": list(error.fields or ()), "message": error.message, "statusCode": error.code}
            return {f"{name}Id": None for name in ("account", "contact", "lead", "opportunity")} | {
                "errors": [item],
                "success": False,
            }
        return {**{f"{name}Id": id_ or None for name, id_ in done.items()}, "errors": [], "success": True}

    def _user_info(self, given: Tree, user: str) -> Any:
        del given
        record = self._org.store.exactly(CRM, "User", user)
        values = record.values if record else {}
        return {
            "organizationId": ORG_ID,
            "organizationName": "Sandbox",
            "profileId": values.get("ProfileId"),
            "userEmail": values.get("Email"),
            "userFullName": names(self._org).get(user),
            "userId": user,
            "userName": values.get("Username"),
            "userTimeZone": "UTC",
            "userType": "Standard",
        }

    def _timestamp(self, given: Tree, user: str) -> Any:
        del given, user
        return {"timestamp": stamp(self._org.world.clock())}
