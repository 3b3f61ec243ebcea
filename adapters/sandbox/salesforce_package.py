"""The custom fields that Leadline's default mapping expects in an org: inputs an admin made, outputs our package brings."""

from collections.abc import Iterator, Mapping
from typing import Final

from adapters.sandbox.salesforce_schema import FieldSpec, Schema
from config.fields import FIELDS, OUTPUTS, Kind
from config.mapping import shipped_mapping

OBJECTS: Final = ("Lead", "Contact")

_PICKLISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "confidence": ("High", "Medium", "Low"),
    "sla_state": ("On track", "At risk", "Breached", "Met", "Measuring only"),
    "review_state": ("Needs a person", "Approved", "Changed", "Disqualified", "Disputed", "Answered"),
    "seller_response": ("Accepted", "Not mine", "Already working", "Not a fit", "Bad data", "Score is wrong"),
}

_DIGITS: Final = {"fit_score": 3, "engagement_score": 3, "priority_rank": 2}


def install(schema: Schema) -> None:
    """Adds the fields to Lead and Contact; doing it again changes nothing."""
    fields = [*_inputs(), *_outputs()]
    for object_ in OBJECTS:
        schema.add(object_, fields)


def _inputs() -> Iterator[FieldSpec]:
    for name, crm_field in shipped_mapping("salesforce").inputs.items():
        if crm_field.endswith("__c"):
            yield _plain(crm_field, FIELDS[name].kind)


def _outputs() -> Iterator[FieldSpec]:
    for name, crm_field in shipped_mapping("salesforce").outputs.items():
        if name in _PICKLISTS:
            label = _label(crm_field)
            yield FieldSpec(crm_field, "picklist", label=label, length=255, picklist=_PICKLISTS[name], restricted=True)
        elif name == "packet_url":
            yield FieldSpec(crm_field, "url", label=_label(crm_field), length=255)
        elif name == "key":
            yield FieldSpec(crm_field, "string", label=_label(crm_field), length=64, unique=True, external_id=True)
        else:
            yield _plain(crm_field, OUTPUTS[name].kind, _DIGITS.get(name, 18))


def _plain(crm_field: str, kind: Kind, digits: int = 18) -> FieldSpec:
    label = _label(crm_field)
    if kind == "integer":
        return FieldSpec(crm_field, "double", label=label, precision=digits)
    if kind == "flag":
        return FieldSpec(crm_field, "boolean", label=label, default=False)
    if kind == "moment":
        return FieldSpec(crm_field, "datetime", label=label)
    return FieldSpec(crm_field, "string", label=label, length=255)


def _label(crm_field: str) -> str:
    return crm_field.removesuffix("__c").replace("_", " ")
