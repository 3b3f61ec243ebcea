"""Custom fields: the metadata's words for them, and the describe call's."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from adapters.sandbox.salesforce_schema import FieldSpec, FieldType
from adapters.sandbox.salesforce_tree import Tree, branch, child, flag, text, trees

OBJECTS: Final = ("Lead", "Contact", "Account", "Opportunity")
"""Whose custom fields this org keeps."""

MAX_NAME: Final = 40
MAX_HELP: Final = 510

_TYPES: Final[Mapping[str, FieldType]] = {
    "Text": "string", "TextArea": "textarea", "LongTextArea": "textarea", "Html": "textarea", "Number": "double",
    "Currency": "currency", "Percent": "percent", "Checkbox": "boolean", "Date": "date", "DateTime": "datetime",
    "Email": "email", "Phone": "phone", "Url": "url", "Picklist": "picklist", "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
}  # fmt: skip

_LENGTHS: Final = {"TextArea": 255, "Email": 80, "Phone": 40, "Url": 255, "Picklist": 255, "MultiselectPicklist": 4099}
"""Where the type itself decides."""

_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Text": ("length",),
    "LongTextArea": ("length", "visibleLines"),
    "Html": ("length", "visibleLines"),
    "Number": ("precision", "scale"),
    "Currency": ("precision", "scale"),
    "Percent": ("precision", "scale"),
    "Checkbox": ("defaultValue",),
    "Lookup": ("referenceTo",),
    "MultiselectPicklist": ("visibleLines",),
}
_LIMITS: Final = {"Text": (1, 255), "LongTextArea": (256, 131_072), "Html": (256, 131_072)}
_KEYS: Final = ("Text", "Number", "Email")
"""Types that can be unique or an external id."""


def problems(name: str, content: Tree) -> Iterator[str]:
    """What the platform would refuse about a field's definition."""
    type_ = text(content, "type")
    if type_ not in _TYPES:
        yield "Required field is missing: type" if not type_ else f"'{type_}' is not a valid value for the enum 'FieldType'"
        return
    if not text(content, "label"):
        yield "Required field is missing: label"
    if len(name.removesuffix("__c")) > MAX_NAME or len(text(content, "label")) > MAX_NAME:
        yield f"The name and the label of a custom field cannot be longer than {MAX_NAME} characters"
    if len(text(content, "inlineHelpText")) > MAX_HELP:
        yield f"Inline Help Text: data value too large (max length={MAX_HELP})"
    yield from (
        f"Must specify '{need}' for a CustomField of type {type_}" for need in _NEEDS.get(type_, ()) if need not in content
    )
    yield from _bad_sizes(type_, content)
    if type_ not in _KEYS:
        words = ("externalId", "unique")
        yield from (f"Can not specify '{word}' for a CustomField of type {type_}" for word in words if flag(content, word))
    if type_ in {"Picklist", "MultiselectPicklist"}:
        yield from _bad_choices(content)


def spec(name: str, content: Tree, *, guarded: bool = True) -> FieldSpec:
    """The field that a definition without problems makes."""
    type_ = text(content, "type")
    length = _LENGTHS.get(type_) or _whole(content, "length")
    target = text(content, "referenceTo")
    return FieldSpec(
        name=name,
        type=_TYPES[type_],
        label=text(content, "label"),
        length=18 if target else length,
        precision=_whole(content, "precision"),
        scale=_whole(content, "scale"),
        picklist=tuple(text(value, "fullName") for value in _choices(content)),
        restricted=flag(child(content, "valueSet"), "restricted"),
        required=flag(content, "required"),
        default=_default(type_, content),
        unique=flag(content, "unique"),
        external_id=flag(content, "externalId"),
        refers_to=(target,) if target else (),
        relationship=f"{name.removesuffix('__c')}__r" if target else "",
        help=text(content, "inlineHelpText"),
        kind=type_,
        description=text(content, "description"),
        case_sensitive=flag(content, "caseSensitive"),
        guarded=guarded,
    )


def definition(field: FieldSpec) -> Tree:
    """A field as retrieve writes it."""
    type_ = kind(field)
    shape: dict[str, Any] = {
        "label": field.label or field.name,
        "type": type_,
        "description": field.description or None,
        "inlineHelpText": field.help or None,
        "externalId": field.external_id,
        "required": None if type_ in {"Checkbox", "LongTextArea", "Html"} else field.required,
        "trackTrending": False,
        **(_SHAPES[type_](field) if type_ in _SHAPES else {}),
    }
    return branch(**shape)


def kind(field: FieldSpec) -> str:
    """The metadata's word for the field's type."""
    if field.kind:
        return field.kind
    if field.type == "textarea":
        return "TextArea" if field.length <= 255 else "LongTextArea"
    return next((word for word, type_ in _TYPES.items() if type_ == field.type), "Number" if field.type == "int" else "Text")


def _choices(content: Tree) -> list[Tree]:
    return trees(child(child(content, "valueSet"), "valueSetDefinition"), "value")


def _bad_choices(content: Tree) -> Iterator[str]:
    names = [text(value, "fullName").lower() for value in _choices(content)]
    if not names:
        yield "Required field is missing: valueSet"
    if len(set(names)) < len(names):
        yield "Duplicate picklist value"


def _bad_sizes(type_: str, content: Tree) -> Iterator[str]:
    for word in ("length", "precision", "scale", "visibleLines"):
        if word in content and not text(content, word).isdecimal():
            yield f"'{text(content, word)}' is not a valid value for {word}"
            return
    low, high = _LIMITS.get(type_, (0, 0))
    if high and not low <= _whole(content, "length") <= high:
        yield f"Length must be between {low} and {high} for a CustomField of type {type_}"
    if _whole(content, "precision") > 18 or _whole(content, "scale") > _whole(content, "precision"):
        yield "Precision must be at most 18, and scale not larger than precision"


def _default(type_: str, content: Tree) -> str | bool | None:
    if type_ == "Checkbox":
        return flag(content, "defaultValue")
    chosen = next((text(value, "fullName") for value in _choices(content) if flag(value, "default")), None)
    return chosen if type_ == "Picklist" else None


def _whole(content: Tree, name: str) -> int:
    found = text(content, name)
    return int(found) if found.isdecimal() else 0


def _text_shape(field: FieldSpec) -> dict[str, Any]:
    case = field.case_sensitive if field.unique else None
    return {"length": field.length, "unique": field.unique, "caseSensitive": case}


def _number_shape(field: FieldSpec) -> dict[str, Any]:
    return {"precision": field.precision, "scale": field.scale, "unique": field.unique}


def _choice_shape(field: FieldSpec) -> dict[str, Any]:
    values = [branch(fullName=value, default=value == field.default, label=value) for value in field.picklist]
    definition_ = branch(sorted=False, value=values)
    return {"valueSet": branch(restricted=field.restricted or None, valueSetDefinition=definition_)}


_SHAPES: Final[Mapping[str, Callable[[FieldSpec], dict[str, Any]]]] = {
    "Text": _text_shape,
    "LongTextArea": lambda field: {"length": field.length, "visibleLines": 3},
    "Html": lambda field: {"length": field.length, "visibleLines": 10},
    "Number": _number_shape,
    "Currency": lambda field: {"precision": field.precision, "scale": field.scale},
    "Percent": lambda field: {"precision": field.precision, "scale": field.scale},
    "Checkbox": lambda field: {"defaultValue": bool(field.default)},
    "Email": lambda field: {"unique": field.unique},
    "Picklist": _choice_shape,
    "MultiselectPicklist": lambda field: {**_choice_shape(field), "visibleLines": 4},
    "Lookup": lambda field: {"referenceTo": field.refers_to[0], "relationshipName": field.relationship.removesuffix("__r")},
}
