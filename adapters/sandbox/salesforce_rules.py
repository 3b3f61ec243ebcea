"""Assignment rules and duplicate rules."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_settings import AssignmentRule, DuplicateRule, RuleEntry
from adapters.sandbox.salesforce_values import kept
from adapters.sandbox.store import Store


def assigned_owner(spec: ObjectSpec, rule: AssignmentRule, values: Mapping[str, Any]) -> str | None:
    """Whom the rule gives a record with these values to, or None where no entry fits."""
    return next((entry.owner for entry in rule.entries if _fits(spec, entry, values)), None)


def duplicates(store: Store, rule: DuplicateRule, values: Mapping[str, Any], id_: str | None) -> list[Record]:
    """Live records that the rule takes for the same as one with these values; `id_` is the record's own."""
    wanted = {name: str(values[name]).lower() for name in rule.fields if values.get(name) is not None}
    if "Email" in wanted and len(wanted) == 1:
        found = store.lookup(CRM, rule.object, "Email", values["Email"])
    else:
        found = store.all(CRM, rule.object) if wanted else []
    return [record for record in found if record.id != id_ and _same(record, wanted)]


def duplicates_detected(rule: DuplicateRule, found: list[Record]) -> SalesforceError:
    """The refusal, with the records found. `allowSave` tells that the header could pass it."""
    matches = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {"attributes": {"type": rule.object}, "Id": record.id},
        }
        for record in found
    ]
    result = {
        "allowSave": not rule.block,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": "Use one of these records?",
        "matchResults": [
            {
                "entityType": rule.object,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": matches,
                "rule": f"{rule.object}_Match_Rule",
                "size": len(matches),
                "success": True,
            }
        ],
    }
    return SalesforceError(400, "DUPLICATES_DETECTED", "Use one of these records?", (), {"duplicateResult": result})


def _same(record: Record, wanted: Mapping[str, str]) -> bool:
    return any(str(record.values.get(name, "")).lower() == value for name, value in wanted.items())


def _fits(spec: ObjectSpec, entry: RuleEntry, values: Mapping[str, Any]) -> bool:
    field = spec.field(entry.field)
    wanted = kept(field, entry.value) if field.type != "picklist" else entry.value
    found = values.get(field.name, False if field.type == "boolean" else None)
    if isinstance(found, str) and isinstance(wanted, str):
        found, wanted = found.lower(), wanted.lower()
    if entry.op in {"equals", "notEqual"}:
        return (found == wanted) is (entry.op == "equals")
    return found is not None and wanted is not None and _OPERATIONS[entry.op](found, wanted)


_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lessThan": lambda found, wanted: found < wanted,
    "greaterThan": lambda found, wanted: found > wanted,
    "lessOrEqual": lambda found, wanted: found <= wanted,
    "greaterOrEqual": lambda found, wanted: found >= wanted,
    "contains": lambda found, wanted: str(wanted) in str(found),
    "startsWith": lambda found, wanted: str(found).startswith(str(wanted)),
}
