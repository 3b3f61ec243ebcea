"""Commands of the control API that only Salesforce knows: what people do in the org with a click."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from adapters.sandbox.record import Actor
from adapters.sandbox.salesforce_convert import Conversion
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_lived_in import LivedIn, wanted_of
from adapters.sandbox.salesforce_org import SYSTEM_USER, Org


class Commands:
    def __init__(self, org: Org) -> None:
        self._org = org

    def run(self, method: str, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        """
        Raises:
            LookupError: there is no such command.
            ValueError: what is wrong with its body, or the platform's refusal.
        """
        match method, *parts:
            case "POST", "convert":
                return self._convert(body)
            case "POST", "lived_in":
                return LivedIn(self._org).make(wanted_of(body))
        raise LookupError(f"The control API has no {method} /_sandbox/salesforce/{'/'.join(parts)}.")

    def _convert(self, body: Mapping[str, Any]) -> object:
        """`{lead, account?, contact?, opportunity?, makeOpportunity?, owner?, status?, as?}` to the four ids."""
        asked = Conversion(
            lead=str(body["lead"]),
            status=str(body.get("status", "Closed - Converted")),
            account=str(body.get("account", "")),
            contact=str(body.get("contact", "")),
            opportunity=str(body.get("opportunity", "")),
            make_opportunity=bool(body.get("makeOpportunity", True)),
            owner=str(body.get("owner", "")),
        )
        actor = Actor("CRM_UI", str(body.get("as", SYSTEM_USER)))
        try:
            return asdict(self._org.converter.convert(asked, actor))
        except SalesforceError as error:
            raise ValueError(f"{error.code}: {error.message}") from error
