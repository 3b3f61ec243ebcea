"""HubSpot's pipelines, read only."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import not_found
from adapters.sandbox.hubspot_input import nowhere
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.wire import Answer, Call, json_answer

_MADE: Final = "2024-01-08T09:00:00Z"

DEAL_STAGES: Final = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)
"""Id, label, probability; a deal is closed at 1 and 0."""

_LEAD_STAGES: Final = (
    ("new-stage-id", "New"),
    ("attempting-stage-id", "Attempting"),
    ("connected-stage-id", "Connected"),
    ("qualified-stage-id", "Qualified"),
    ("unqualified-stage-id", "Disqualified"),
)


def _stage(id_: str, label: str, place: int, metadata: Mapping[str, str]) -> dict[str, Any]:
    stamps = {"createdAt": _MADE, "updatedAt": _MADE}
    ends = {"writePermissions": "CRM_PERMISSIONS_ENFORCEMENT", "archived": False}
    return {"id": id_, "label": label, "displayOrder": place, "metadata": dict(metadata), **stamps, **ends}


def _pipeline(id_: str, label: str, stages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    stamps = {"createdAt": _MADE, "updatedAt": _MADE, "archived": False}
    return {"id": id_, "label": label, "displayOrder": 0, "stages": list(stages), **stamps}


_PIPELINES: Final[Mapping[str, Sequence[dict[str, Any]]]] = {
    "deals": [
        _pipeline(
            "default",
            "Sales Pipeline",
            [
                _stage(id_, label, place, {"isClosed": str(chance in {"1.0", "0.0"}).lower(), "probability": chance})
                for place, (id_, label, chance) in enumerate(DEAL_STAGES)
            ],
        )
    ],
    "leads": [
        _pipeline(
            "lead-pipeline-id",
            "Lead pipeline",
            [_stage(id_, label, place, {}) for place, (id_, label) in enumerate(_LEAD_STAGES)],
        )
    ],
}


class PipelinesApi:
    """`/pipelines/{kind}`, `/{id}` and `/{id}/stages`."""

    def answer(self, call: Call, kind: Kind, rest: Sequence[str]) -> Answer:
        """Answers what comes after the kind.

        Raises:
            RefusalError: no such pipeline, or no such endpoint.
        """
        pipelines = _PIPELINES.get(kind.name, ())
        match call.method, *rest:
            case ("GET",):
                return json_answer(200, {"results": list(pipelines)})
            case "GET", id_:
                return json_answer(200, _of(pipelines, id_))
            case "GET", id_, "stages":
                return json_answer(200, {"results": _of(pipelines, id_)["stages"]})
            case "GET", id_, "stages", stage:
                return json_answer(200, _of(_of(pipelines, id_)["stages"], stage))
        raise nowhere(call)


def _of(things: Sequence[dict[str, Any]], id_: str) -> dict[str, Any]:
    for thing in things:
        if thing["id"] == id_:
            return thing
    raise not_found(f"There is no {id_} here.")
