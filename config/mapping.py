"""Field mapping as data: CRM field to canonical field, and each of our outputs to the field that carries it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import yaml
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from config.fields import FIELDS, OUTPUTS

OWNER_FIELDS: Final = frozenset({"ownerid", "hubspot_owner_id"})
"""In lower case, as Salesforce takes names in any."""


class MappingError(ValueError):
    """The mapping document is wrong; the sentence says what and where."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One connection's mapping for one object."""

    object: str
    """The vendor's object name: `Lead`, `Contact`, `contacts`."""
    inputs: Mapping[str, str]
    """Canonical field to CRM field."""
    outputs: Mapping[str, str]
    """Output name to CRM field. An output that is off is absent."""


class _MappingSchema(Schema):
    object = fields.String(required=True)
    inputs = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(FIELDS))),
        values=fields.String(validate=validate.Length(min=1)),
        required=True,
    )
    outputs = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(OUTPUTS))),
        values=fields.String(validate=validate.Length(min=1)),
        required=True,
    )

    @validates_schema
    def _no_field_twice(self, data: dict[str, Any], **_: Any) -> None:
        taken: dict[str, str] = {}
        for name, crm_field in data["outputs"].items():
            if crm_field.lower() in taken:
                raise ValidationError(
                    f"{crm_field} would be written by both {taken[crm_field.lower()]} and {name}; give each its own field."
                )
            taken[crm_field.lower()] = name

    @validates_schema
    def _not_read_and_written(self, data: dict[str, Any], **_: Any) -> None:
        """What we write may never look like news about the lead, nor get around the rules about owners."""
        read = {crm_field.lower(): name for name, crm_field in data["inputs"].items()}
        for name, crm_field in data["outputs"].items():
            if crm_field.lower() in read:
                raise ValidationError(
                    f"{crm_field} is read as {read[crm_field.lower()]} and written by {name}; give {name} its own field."
                )
            if crm_field.lower() in OWNER_FIELDS:
                raise ValidationError(f"{crm_field} is the record's owner, which no output may write; give {name} its own field.")


def parse_mapping(document: object) -> FieldMapping:
    """Checks one mapping document.

    Raises:
        MappingError: with one clear sentence.
    """
    try:
        data = _MappingSchema().load(document)  # type: ignore[arg-type]
    except ValidationError as error:
        raise MappingError(f"The field mapping is wrong: {error.messages}") from error
    return FieldMapping(object=data["object"], inputs=data["inputs"], outputs=data["outputs"])


def shipped_mapping(kind: str) -> FieldMapping:
    """The default mapping of `salesforce` or `hubspot`."""
    text = resources.files("config").joinpath(f"defaults/mapping_{kind}.yaml").read_text(encoding="utf-8")
    return parse_mapping(yaml.safe_load(text))
