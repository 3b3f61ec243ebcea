"""Workflows, lists and forms of a lived-in portal: documents only."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_rotation import CREATED, ROTATE

SET_PROPERTY: Final = "0-5"
NOTIFY: Final = "0-9"


def _filter(name: str, operator: str, kind: str, *values: str) -> dict[str, Any]:
    operation = {"operator": operator, "operationType": kind, "includeObjectsWithNoValueSet": False}
    return {"property": name, "operation": operation | ({"values": list(values)} if values else {}), "filterType": "PROPERTY"}


def _any(*filters: Mapping[str, Any]) -> dict[str, Any]:
    branches = [{"filterBranchType": "AND", "filterBranchOperator": "AND", "filterBranches": [], "filters": [f]} for f in filters]
    return {"filterBranchType": "OR", "filterBranchOperator": "OR", "filterBranches": branches, "filters": []}


def _when(*filters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "LIST_BASED",
        "shouldReEnroll": True,
        "unEnrollObjectsNotMeetingCriteria": False,
        "listFilterBranch": _any(*filters),
        "reEnrollmentTriggersFilterBranches": [],
    }


def _created() -> dict[str, Any]:
    event = {"filterBranches": [], "filters": [], "eventTypeId": CREATED, "operator": "HAS_COMPLETED"}
    branch = {**event, "filterBranchType": "UNIFIED_EVENTS", "filterBranchOperator": "AND"}
    criteria = {"type": "EVENT_BASED", "shouldReEnroll": False, "eventFilterBranches": [branch]}
    return {**criteria, "listMembershipFilterBranches": []}


def _actions(*actions: tuple[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One after the other."""
    made = []
    for place, (type_id, fields) in enumerate(actions, 1):
        follows = {"connection": {"edgeType": "STANDARD", "nextActionId": str(place + 1)}} if place < len(actions) else {}
        about = {"type": "SINGLE_CONNECTION", "actionId": str(place), "actionTypeVersion": 0, "actionTypeId": type_id}
        made.append({**about, **follows, "fields": dict(fields)})
    return made


def _sets(name: str, value: str) -> tuple[str, Mapping[str, Any]]:
    return SET_PROPERTY, {"property_name": name, "value": {"type": "STATIC_VALUE", "staticValue": value}}


def flows(user_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Workflows: one rotates new contacts among `user_ids`, others set and watch properties; one of them is off."""
    rotates = {"user_ids": list(user_ids), "target_property": "hubspot_owner_id", "overwrite_current_owner": "false"}
    tells = {"user_ids": [user_ids[0]], "delivery_method": "APP", "subject": "Hot lead", "body": "{{ enrolled_object.my_score }}"}
    hot = _filter("my_score", "IS_GREATER_THAN_OR_EQUAL_TO", "NUMBER")
    hot["operation"]["value"] = 80
    return [
        _flow("Rotate new leads", _created(), _actions((ROTATE, rotates)), canEnrollFromSalesforce=True),
        _flow("Rating from score", _when(hot), _actions(_sets("lead_rating", "Hot"), (NOTIFY, tells))),
        _flow(
            "MQL to SDR",
            _when(_filter("lifecyclestage", "IS_ANY_OF", "ENUMERATION", "marketingqualifiedlead")),
            _actions(_sets("hs_lead_status", "OPEN"), _sets("routing_reason", "MQL")),
        ),
        _flow(
            "Territory by country (2021)",
            _when(_filter("country", "IS_KNOWN", "ALL_PROPERTY")),
            _actions(_sets("sales_territory", "EMEA")),
            isEnabled=False,
        ),
        _flow(
            "Target accounts to the key account team",
            _when(_filter("hs_is_target_account", "IS_ANY_OF", "BOOL", "true")),
            _actions((ROTATE, {**rotates, "user_ids": list(user_ids[:2]), "overwrite_current_owner": "true"})),
            objectTypeId="0-2",
        ),
    ]


def _flow(name: str, criteria: Mapping[str, Any], actions: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    about = {"name": name, "objectTypeId": "0-1", "flowType": "WORKFLOW", "isEnabled": True}
    return {**about, "enrollmentCriteria": criteria, "actions": list(actions), **more}


def lists() -> list[dict[str, Any]]:
    """Three that fill themselves and two that are filled by hand."""
    warm = _filter("lead_rating", "IS_ANY_OF", "ENUMERATION", "Hot", "Warm")
    return [
        _list("Hot and warm leads", "DYNAMIC", filterBranch=_any(warm)),
        _list("Scored contacts", "DYNAMIC", filterBranch=_any(_filter("my_score", "IS_KNOWN", "ALL_PROPERTY"))),
        _list("Old score still set", "DYNAMIC", filterBranch=_any(_filter("lead_score_old", "IS_KNOWN", "ALL_PROPERTY"))),
        _list("Spring conference", "MANUAL"),
        _list("Do not call", "MANUAL"),
    ]


def _list(name: str, type_: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "objectTypeId": "0-1", "processingType": type_, **more}


def forms() -> list[dict[str, Any]]:
    return [
        _form("Contact sales", ("email", "firstname", "lastname", "company", "message"), hidden=("lead_rating",)),
        _form("Webinar registration", ("email", "firstname", "lastname", "event_interest")),
        _form("Newsletter", ("email",), hidden=("sales_territory",)),
    ]


def _form(name: str, shown: Sequence[str], hidden: Sequence[str] = ()) -> dict[str, Any]:
    fields = [_field(one, hidden=False) for one in shown] + [_field(one, hidden=True) for one in hidden]
    return {"name": name, "fieldGroups": [{"fields": fields}]}


def _field(name: str, *, hidden: bool) -> dict[str, Any]:
    kind = {"email": "email", "message": "multi_line_text", "lead_rating": "dropdown"}.get(name, "single_line_text")
    about = {"objectTypeId": "0-1", "name": name, "label": name.replace("_", " ").capitalize(), "fieldType": kind}
    return {**about, "required": name == "email", "hidden": hidden}
