"""How the org tells us: an outbound message, and the flow that sends it. Workflow rules can no longer be made."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from adapters.kit import Wanted
from adapters.salesforce.org import Describe
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.tree import branch, leaf

MESSAGE: Final = "Leadline_Record_Changed"
FLOW: Final = "Leadline_Record_Changed"
_LABEL: Final = "Leadline: record changed"
_SENT: Final = ("CreatedDate", "Id", "LastModifiedDate")
"""No personal data: the record is read again anyway, since a message is built when it is sent and may be old."""

LONGEST_FORMULA: Final = 3_900
"""Characters of an entry condition."""


def calling(wanted: Wanted, described: Describe, user_name: str, api: str, *, row_id: bool = True) -> Iterator[Component]:
    """The message and its flow.

    Args:
        user_name: as whom the message is sent; an active user's name.
        row_id: whether the flow hands the record's id to the action. Flow Builder writes it; whether an org insists on it is
            not documented, so it is a switch.
    """
    object_, version = wanted.mapping.object, api.removeprefix("v")
    yield Component("WorkflowOutboundMessage", f"{object_}.{MESSAGE}", _message(wanted, user_name, version))
    yield Component("Flow", FLOW, _flow(object_, watched(wanted, described), version, row_id=row_id))


def watched(wanted: Wanted, described: Describe) -> Sequence[str]:
    """Mapped inputs whose change an entry condition can see: long text cannot stand in a formula, nor can a field of another
    record change this one.
    """
    return [name for field in wanted.mapping.inputs.values() if (name := described.formula_name(field))]


def _message(wanted: Wanted, user_name: str, version: str) -> Element:
    fields = [leaf("fields", name) for name in _SENT]
    flags = (leaf("protected", False), leaf("useDeadLetterQueue", False))
    return branch(
        "outboundMessages",
        leaf("apiVersion", version),
        leaf("description", "Tells Leadline that a record is new or was changed. The last part of the address is a secret."),
        leaf("endpointUrl", wanted.webhook_url),
        *fields,
        leaf("includeSessionId", False),
        leaf("integrationUser", user_name),
        leaf("name", _LABEL),
        *flags,
    )


def _flow(object_: str, fields: Sequence[str], version: str, *, row_id: bool) -> Element:
    return branch(
        "Flow",
        _action(object_, row_id=row_id),
        leaf("apiVersion", version),
        leaf(
            "description", "Sends Leadline's outbound message when a record is new, or when a field changed that Leadline reads."
        ),
        leaf("environments", "Default"),
        leaf("interviewLabel", f"{_LABEL} {{!$Flow.CurrentDateTime}}"),
        leaf("label", _LABEL),
        leaf("processType", "AutoLaunchedFlow"),
        _start(object_, fields),
        leaf("status", "Active"),
    )


def _action(object_: str, *, row_id: bool) -> Element:
    given = branch("inputParameters", leaf("name", "SObjectRowId"), branch("value", leaf("elementReference", "$Record.Id")))
    return branch(
        "actionCalls",
        leaf("name", "Tell_Leadline"),
        leaf("label", "Tell Leadline"),
        leaf("locationX", 0),
        leaf("locationY", 0),
        leaf("actionName", f"{object_}.{MESSAGE}"),
        leaf("actionType", "outboundMessage"),
        leaf("flowTransactionModel", "CurrentTransaction"),
        *([given] if row_id else []),
    )


def _start(object_: str, fields: Sequence[str]) -> Element:
    return branch(
        "start",
        leaf("locationX", 0),
        leaf("locationY", 0),
        branch("connector", leaf("targetReference", "Tell_Leadline")),
        *([leaf("filterFormula", formula)] if (formula := entry_condition(fields)) else []),
        leaf("object", object_),
        leaf("recordTriggerType", "CreateAndUpdate"),
        leaf("triggerType", "RecordAfterSave"),
    )


def entry_condition(fields: Sequence[str]) -> str:
    """New, or one of `fields` changed; empty, so that every save counts, where that would be too long for Salesforce. So what
    we write ourselves never makes the org call us.
    """
    formula = "OR(" + ", ".join(["ISNEW()", *(f"ISCHANGED({{!$Record.{name}}})" for name in fields)]) + ")"
    return formula if fields and len(formula) <= LONGEST_FORMULA else ""
