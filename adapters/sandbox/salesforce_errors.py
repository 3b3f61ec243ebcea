"""How Salesforce says no."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.sandbox.wire import Answer, json_answer


class SalesforceError(Exception):
    """One refusal. As the answer to a whole call its code is `errorCode`; inside a collection it is `statusCode`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Sequence[str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.details = details or {}

    def answer(self) -> Answer:
        """The body is an array, always."""
        body: dict[str, Any] = {**self.details, "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            body["fields"] = list(self.fields)
        return json_answer(self.status, [body])

    def item(self) -> dict[str, Any]:
        """As one entry of `errors` in a collection's result."""
        return {**self.details, "statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


class OAuthError(Exception):
    """The token endpoint's own shape: an object, not an array."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description

    def answer(self) -> Answer:
        return json_answer(400, {"error": self.code, "error_description": self.description})


def refused(code: str, message: str, *fields: str) -> SalesforceError:
    """A write that breaks a rule: 400, with the fields at fault."""
    return SalesforceError(400, code, message, fields)


def not_found() -> SalesforceError:
    return SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")


def deleted() -> SalesforceError:
    return SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted", ())
