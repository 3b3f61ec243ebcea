"""What a describe call tells of an object."""

from collections.abc import Callable
from typing import Any, Final

from adapters.sandbox.salesforce_children import children
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec

_SOAP_TYPES: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
}

_OBJECT: Final = {
    **dict.fromkeys(("activateable", "customSetting", "deepCloneable", "deprecatedAndHidden", "feedEnabled"), False),
    **dict.fromkeys(("hasSubtypes", "isInterface", "isSubtype", "mruEnabled", "compactLayoutable", "searchLayoutable"), False),
    **dict.fromkeys(("layoutable", "replicateable", "triggerable"), True),
    **dict.fromkeys(("associateEntityType", "associateParentEntity", "extendedBy", "extendsInterfaces", "implementedBy")),
    **dict.fromkeys(("implementsInterfaces", "defaultImplementation", "sobjectDescribeOption")),
}
"""What is told of every object alike, since nothing here makes a difference: clients look these names up without asking."""

_FIELD: Final = {
    **dict.fromkeys(("aiPredictionField", "calculated", "autoNumber", "cascadeDelete", "dependentPicklist"), False),
    **dict.fromkeys(("deprecatedAndHidden", "displayLocationInDecimal", "encrypted", "formulaTreatNullNumberAsZero"), False),
    **dict.fromkeys(("highScaleNumber", "queryByDistance", "restrictedDelete", "writeRequiresMasterRead"), False),
    "searchPrefilterable": False,
    **dict.fromkeys(("calculatedFormula", "controllerName", "defaultValueFormula", "extraTypeInfo", "filteredLookupInfo")),
    **dict.fromkeys(("mask", "maskType", "referenceTargetField", "relationshipOrder")),
}
"""The same of every field."""

_NAME_PARTS: Final = frozenset({"FirstName", "LastName", "Salutation"})


def summary(spec: ObjectSpec, version: str) -> dict[str, Any]:
    """One entry of the list of objects."""
    base = f"/services/data/{version}/sobjects/{spec.name}"
    return {
        **_OBJECT,
        "name": spec.name,
        "label": spec.name,
        "labelPlural": f"{spec.name}s",
        "keyPrefix": spec.prefix,
        "custom": False,
        "createable": spec.writable and "create" not in spec.denied,
        "updateable": spec.writable and "edit" not in spec.denied,
        "deletable": spec.writable and "delete" not in spec.denied,
        "queryable": True,
        "retrieveable": True,
        "mergeable": spec.name in {"Lead", "Contact", "Account"},
        "undeletable": spec.writable,
        "searchable": False,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def describe(spec: ObjectSpec, version: str, find: Callable[[str], ObjectSpec | None]) -> dict[str, Any]:
    """
    Args:
        find: the other objects, for those that refer to this one.
    """
    below = [
        {"childSObject": child.name, "field": field.name, "relationshipName": name} for name, child, field in children(spec, find)
    ]
    return {
        **summary(spec, version),
        "fields": [_field(spec, field) for field in spec.fields.values()],
        "childRelationships": below,
        "recordTypeInfos": [],
    }


def _field(spec: ObjectSpec, field: FieldSpec) -> dict[str, Any]:
    writable = spec.writable and field.writable
    return {
        **_FIELD,
        "name": field.name,
        "label": field.label or field.name,
        "type": field.type,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "length": field.length,
        "byteLength": field.length * 3,
        "digits": field.precision if field.type == "int" else 0,
        "precision": 0 if field.type == "int" else field.precision,
        "scale": field.scale,
        "picklistValues": [_choice(field, value) for value in field.picklist],
        "restrictedPicklist": field.restricted,
        "createable": writable and "create" not in spec.denied,
        "updateable": writable and "edit" not in spec.denied,
        "custom": field.custom,
        "nillable": not field.required and field.type not in {"boolean", "id"},
        "defaultedOnCreate": field.default is not None or (not field.writable and not field.custom),
        "defaultValue": field.default,
        "unique": field.unique,
        "externalId": field.external_id,
        "idLookup": field.type == "id" or field.external_id,
        "caseSensitive": field.case_sensitive,
        "filterable": field.filterable,
        "sortable": field.filterable,
        "groupable": field.filterable and field.type not in {"datetime", "double", "currency"},
        "aggregatable": field.filterable and field.type not in {"boolean", "multipicklist"},
        "compoundFieldName": "Name" if field.name in _NAME_PARTS and "name" in spec.fields else None,
        "htmlFormatted": field.kind == "Html",
        "namePointing": len(field.refers_to) > 1,
        "polymorphicForeignKey": len(field.refers_to) > 1,
        "nameField": field.name == "Name",
        "referenceTo": list(field.refers_to),
        "relationshipName": field.relationship or None,
        "inlineHelpText": field.help or None,
        "permissionable": field.custom,
    }


def _choice(field: FieldSpec, value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": value == field.default, "label": value, "validFor": None, "value": value}
