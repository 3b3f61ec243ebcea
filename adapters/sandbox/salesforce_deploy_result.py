"""A deployment's result, as both APIs show it."""

from collections.abc import Mapping
from typing import Any

from adapters.sandbox.salesforce_components import CONTAINERS
from adapters.sandbox.salesforce_deploy import Outcome, outcomes
from adapters.sandbox.salesforce_values import stamp

_DONE = ("Succeeded", "SucceededPartial", "Failed", "Canceled")


def deploy_result(job: Mapping[str, Any], names: Mapping[str, str], *, details: bool) -> dict[str, Any]:
    """
    Args:
        names: user id to full name.
        details: one message for each component.
    """
    found = list(outcomes(job))
    counted = [outcome for outcome in found if outcome.name != "package.xml"]
    errors = sum(not outcome.success for outcome in found)
    ran, status, wanted = bool(found), job["status"], job["options"]
    at = stamp(job["completed_at"]) if job["completed_at"] else None
    result: dict[str, Any] = {
        "checkOnly": wanted["checkOnly"],
        "completedDate": at,
        "createdBy": job["user"][:15],
        "createdByName": names.get(job["user"], ""),
        "createdDate": stamp(job["created_at"]),
        "done": status in _DONE,
        "errorMessage": None,
        "errorStatusCode": None,
        "id": job["id"],
        "ignoreWarnings": wanted["ignoreWarnings"],
        "lastModifiedDate": at or stamp(job["created_at"]),
        "numberComponentErrors": errors,
        "numberComponentsDeployed": sum(outcome.success for outcome in counted),
        "numberComponentsTotal": len(counted),
        "numberFiles": 0,
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "rollbackOnError": wanted["rollbackOnError"],
        "runTestsEnabled": False,
        "startDate": stamp(job["due_at"]) if ran else None,
        "status": status,
        "success": status in {"Succeeded", "SucceededPartial"},
    }
    if job["canceled_by"]:
        result |= {"canceledBy": job["canceled_by"][:15], "canceledByName": names.get(job["canceled_by"], "")}
    if details:
        result["details"] = _details(found, at)
    return result


def _details(found: list[Outcome], at: str | None) -> dict[str, Any]:
    return {
        "allComponentMessages": [],
        "componentFailures": [_message(outcome, at) for outcome in found if not outcome.success],
        "componentSuccesses": [_message(outcome, at) for outcome in found if outcome.success],
        "retrieveResult": None,
        "runTestResult": {
            "apexLogId": None,
            "codeCoverage": [],
            "codeCoverageWarnings": [],
            "failures": [],
            "flowCoverage": [],
            "flowCoverageWarnings": [],
            "numFailures": 0,
            "numTestsRun": 0,
            "successes": [],
            "totalTime": 0.0,
        },
    }


def _message(outcome: Outcome, at: str | None) -> dict[str, Any]:
    container = outcome.type in CONTAINERS
    return {
        "changed": outcome.changed,
        "columnNumber": None,
        "componentType": outcome.type,
        "created": outcome.created and not container,
        "createdDate": at,
        "deleted": outcome.deleted,
        "fileName": outcome.file,
        "fullName": outcome.name,
        "id": outcome.id or None,
        "lineNumber": None,
        "problem": outcome.problem or None,
        "problemType": ("Warning" if outcome.warning else "Error") if outcome.problem else None,
        "success": outcome.success,
        "warning": outcome.warning,
    }
