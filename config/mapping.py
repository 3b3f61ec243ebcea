"""Field mapping as data: CRM field to canonical field, and each of our outputs to the field that carries it.

One row per field: what it is called on either side, which way it goes, what happens to the value on the way, and whose value
stands in the end. A document is a table of names; a row that needs more than the CRM's name is a table itself:

    object: Lead
    inputs:
      email: {field: Email, required: true}
      employees: {field: Staff__c, transform: number}
    outputs:
      fit_score: {field: Score__c, transform: scale 0-1, overwrite: ours_wins}
      grade: off
    also:
      Contact:
        inputs: {company: Account.Name}

`also` says what is different for another object; what it does not name is as above.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from hashlib import blake2b
from importlib import resources
from typing import Any, Final, Literal, cast

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from config.fields import FIELDS, OUTPUTS, PERSONS_OUTPUTS, Kind
from config.marked_yaml import Path, Problem, read_marked
from config.transforms import SAME, Direction, Transform, TransformError, parse_transform, transform_document

Overwrite = Literal["fill_blanks", "ours_wins", "newest_wins", "never_over_a_persons"]

OVERWRITES: Final[Mapping[Overwrite, str]] = {
    "fill_blanks": "only where the field is empty",
    "ours_wins": "over whatever stands there",
    "newest_wins": "unless it was changed after the news that we decided on",
    "never_over_a_persons": "unless a person set it",
}

DEFAULT_OVERWRITE: Final[Overwrite] = "never_over_a_persons"

REQUIRED_OUTPUTS: Final = ("fit_score", "engagement_score", "route", "route_reason")
"""Fit and engagement are two fields, always; a route without its reason helps nobody."""

OWNER_FIELDS: Final = frozenset({"ownerid", "hubspot_owner_id"})
"""In lower case, as Salesforce takes names in any."""

_PARTS: Final = ("inputs", "outputs")


class MappingError(ValueError):
    """The mapping document is wrong; the sentence says what and where. `problems` has each with its line, if it has lines."""

    def __init__(self, sentence: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(sentence)
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a row says beyond the two names."""

    transform: Transform = SAME
    overwrite: Overwrite = DEFAULT_OVERWRITE
    required: bool = False
    """A lead without it cannot be routed well: its fill rate is watched, and it may not be missing in the CRM."""


_USUAL: Final = Terms()


@dataclass(frozen=True, slots=True)
class Row:
    """One field of one object, in both its names."""

    object: str
    field: str
    name: str
    direction: Direction
    terms: Terms

    @property
    def kind(self) -> Kind:
        return (OUTPUTS.get(self.name) or FIELDS[self.name]).kind

    @property
    def own(self) -> bool:
        """Whether the field is one that Leadline brings; in any other the customer's values stand already."""
        return is_own(self.field)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One connection's mapping for one object, with what is different for its other objects."""

    object: str
    """The vendor's object name: `Lead`, `Contact`, `contacts`."""
    inputs: Mapping[str, str]
    """Canonical field to CRM field."""
    outputs: Mapping[str, str]
    """Output name to CRM field. An output that is off is absent."""
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """By canonical field or output; what is absent goes as it is, under the default rule."""
    also: Mapping[str, "FieldMapping"] = field(default_factory=dict)
    """By the vendor's object name, each whole."""

    def of(self, object_: str) -> "FieldMapping":
        """The mapping of one object; for an object that the document does not name, the main one's."""
        return self.also.get(object_, self)

    def for_record(self, word: str) -> "FieldMapping":
        """As `of`, by the house's word for the object: lead, contact."""
        return next((one for one in self.also.values() if one.object.lower().removesuffix("s") == word), self)

    def terms_of(self, name: str) -> Terms:
        return self.terms.get(name, _USUAL)

    def transform_of(self, name: str) -> Transform:
        return self.terms_of(name).transform

    def fingerprint(self) -> str:
        """Where the outputs of this object stand, and in which form: what was read from elsewhere is not what stands there."""
        said = repr([(name, theirs, self.transform_of(name)) for name, theirs in sorted(self.outputs.items())])
        return blake2b(said.encode(), digest_size=8).hexdigest()

    def objects(self) -> Iterator["FieldMapping"]:
        """This object's mapping and each other one's."""
        yield self
        yield from self.also.values()

    def written_fields(self) -> Mapping[str, frozenset[str]]:
        """By object, both in lower case, the CRM fields that are written. What a person answers in ours is theirs to write."""
        return {
            one.object.lower(): frozenset(theirs.lower() for name, theirs in one.outputs.items() if name not in PERSONS_OUTPUTS)
            for one in self.objects()
        }

    def only(self, listed: Mapping[str, frozenset[str]]) -> "FieldMapping":
        """The same without the outputs that go to a field which is not `listed`, as `written_fields` lists them."""
        fields = listed.get(self.object.lower(), frozenset())
        kept = {name: theirs for name, theirs in self.outputs.items() if name in PERSONS_OUTPUTS or theirs.lower() in fields}
        also = {name: one.only(listed) for name, one in self.also.items()}
        return self if len(kept) == len(self.outputs) and also == self.also else replace(self, outputs=kept, also=also)

    def rows(self) -> Iterator[Row]:
        """Every row of this object: what is read, then what is written. What a person answers in our fields is only read."""
        for name, theirs in self.inputs.items():
            yield Row(self.object, theirs, name, "read", self.terms_of(name))
        for name, theirs in self.outputs.items():
            yield Row(self.object, theirs, name, "read" if name in PERSONS_OUTPUTS else "write", self.terms_of(name))


def is_own(crm_field: str) -> bool:
    return crm_field.lower().startswith("leadline_")


# --- reading a document


class _RowSchema(Schema):
    field = fields.String(required=True, validate=validate.Length(min=1))
    transform = fields.Raw()
    overwrite = fields.String(validate=validate.OneOf(list(OVERWRITES)))
    required = fields.Boolean()


def _entry_read(value: Any) -> Mapping[str, Any] | None:
    """The CRM's name alone, or a table; `off`, which YAML reads as false, where there is to be none."""
    if value is False:
        return None
    if isinstance(value, dict):
        return dict(_RowSchema().load(value))
    if not isinstance(value, str) or not value:
        raise ValidationError("Give the CRM's name of the field, a table with `field`, or off.")
    return {"field": value}


def _rows(names: Mapping[str, object], **more: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=partial(_known, names)), values=fields.Function(deserialize=_entry_read), **more
    )


def _known(names: Mapping[str, object], name: str) -> None:
    if name not in names:
        near = get_close_matches(name, list(names), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}."
        raise ValidationError(f"Leadline has no field {name!r} here; {hint}")


_OBJECT: Final = validate.Regexp(r"[\w-]{1,80}\Z", error="Give the CRM's own name of the object, such as Lead or contacts.")


class _ObjectSchema(Schema):
    inputs = _rows(FIELDS, load_default=dict)
    outputs = _rows(OUTPUTS, load_default=dict)


class _MappingSchema(Schema):
    object = fields.String(required=True, validate=_OBJECT)
    inputs = _rows(FIELDS, required=True)
    outputs = _rows(OUTPUTS, required=True)
    also = fields.Dict(keys=fields.String(validate=_OBJECT), values=fields.Nested(_ObjectSchema))


def parse_mapping(document: object) -> FieldMapping:
    """Checks one mapping document.

    Raises:
        MappingError: with one clear sentence.
    """
    found = _parsed(document)
    if isinstance(found, FieldMapping):
        return found
    said = "; ".join(f"{' '.join(map(str, path))}: {sentence}" if path else sentence for path, sentence in found)
    raise MappingError(f"The field mapping is wrong: {said}")


def load_mapping(text: str) -> FieldMapping:
    """Reads a mapping that a person wrote, as YAML.

    Raises:
        MappingError: with every problem, each with its line.
    """
    marked = read_marked(text)
    if not marked.problems:
        found = _parsed(marked.tree)
        if isinstance(found, FieldMapping):
            return found
        for path, sentence in found:
            marked.blame(path, sentence)
    raise MappingError("\n".join(map(str, sorted(set(marked.problems)))), marked.problems)


def _parsed(document: object) -> FieldMapping | list[tuple[Path, str]]:
    try:
        data = _MappingSchema().load(document)  # type: ignore[arg-type]
    except ValidationError as error:
        return list(_flat(error.messages, ()))
    wrong: list[tuple[Path, str]] = []
    main = _object(data["object"], data["inputs"], data["outputs"], (), wrong)
    also = {}
    known = set(wrong)
    for name, other in data.get("also", {}).items():
        inputs, outputs = ({**data[part], **other[part]} for part in _PARTS)
        found: list[tuple[Path, str]] = []
        also[name] = _object(name, inputs, outputs, ("also", name), found)
        wrong += [(path, sentence) for path, sentence in found if (path[2:], sentence) not in known]
    return wrong or replace(main, also=also)


def _flat(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Marshmallow's tree of sentences as places; it puts a table's keys and values one step deeper than the document does."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            hop = step == "_schema" or (step in {"key", "value"} and len(path) > 1)
            yield from _flat(inner, path if hop else (*path, step))
    elif isinstance(messages, list):
        yield from ((path, str(sentence)) for sentence in messages)


def _object(
    name: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any], at: Path, wrong: list[tuple[Path, str]]
) -> FieldMapping:
    # In the order of our own tables: the store keeps none.
    rows = {
        part: {key: given[key] for key in names if given.get(key)}
        for part, names, given in (("inputs", FIELDS, inputs), ("outputs", OUTPUTS, outputs))
    }
    found = FieldMapping(
        object=name,
        inputs={key: row["field"] for key, row in rows["inputs"].items()},
        outputs={key: row["field"] for key, row in rows["outputs"].items()},
        terms=dict(_terms(rows, at, wrong)),
    )
    wrong += [((*at, "outputs", key), sentence) for key, sentence in clashes(found)]
    return found


def _terms(rows: Mapping[str, Any], at: Path, wrong: list[tuple[Path, str]]) -> Iterator[tuple[str, Terms]]:
    for part, kinds, direction in (("inputs", FIELDS, "read"), ("outputs", OUTPUTS, "write")):
        for key, row in rows[part].items():
            try:
                terms = _terms_of(key, row, kinds[key].kind, cast("Direction", direction))
            except TransformError as error:
                wrong.append(((*at, part, key), str(error)))
                continue
            if terms != _USUAL:
                yield key, terms


def _terms_of(key: str, row: Mapping[str, Any], kind: Kind, direction: Direction) -> Terms:
    if direction == "read" and "overwrite" in row:
        raise TransformError(f"{key} is only read; an overwrite rule is for what Leadline writes.")
    if direction == "write" and row.get("required"):
        raise TransformError(f"{key} is written; required is for what routing needs to read.")
    return Terms(
        transform=parse_transform(row.get("transform", "same"), key, kind, direction),
        overwrite=row.get("overwrite", DEFAULT_OVERWRITE),
        required=row.get("required", False),
    )


def clashes(mapping: FieldMapping) -> Iterator[tuple[str, str]]:
    """Output and sentence wherever two rows want one field. What we write may never look like news about the lead, nor get
    around the rules about owners."""
    read = {crm_field.lower(): name for name, crm_field in mapping.inputs.items()}
    taken: dict[str, str] = {}
    for name, crm_field in mapping.outputs.items():
        low = crm_field.lower()
        if low in taken:
            yield name, f"{crm_field} would be written by both {taken[low]} and {name}; give each its own field."
        if low in read:
            yield name, f"{crm_field} is read as {read[low]} and written by {name}; give {name} its own field."
        if low in OWNER_FIELDS:
            yield name, f"{crm_field} is the record's owner, which no output may write; give {name} its own field."
        taken.setdefault(low, name)


def shipped_mapping(kind: str) -> FieldMapping:
    """The default mapping of `salesforce` or `hubspot`."""
    text = resources.files("config").joinpath(f"defaults/mapping_{kind}.yaml").read_text(encoding="utf-8")
    return parse_mapping(yaml.safe_load(text))


# --- writing a document


def mapping_document(mapping: FieldMapping) -> dict[str, Any]:
    """As plain data, which `parse_mapping` reads back as the same mapping."""
    document: dict[str, Any] = {"object": mapping.object, **_table(mapping)}
    if mapping.also:
        document["also"] = {name: _difference(_table(other), document) for name, other in mapping.also.items()}
    return document


def _table(mapping: FieldMapping) -> dict[str, Any]:
    return {
        part: {name: _entry(theirs, mapping.terms_of(name)) for name, theirs in getattr(mapping, part).items()} for part in _PARTS
    }


def _entry(theirs: str, terms: Terms) -> object:
    if terms == _USUAL:
        return theirs
    entry: dict[str, object] = {"field": theirs}
    if terms.transform != SAME:
        entry["transform"] = transform_document(terms.transform)
    if terms.overwrite != DEFAULT_OVERWRITE:
        entry["overwrite"] = terms.overwrite
    if terms.required:
        entry["required"] = True
    return entry


def _difference(other: Mapping[str, Any], main: Mapping[str, Any]) -> dict[str, Any]:
    """What is said otherwise for another object; what is off there, and is not off in the main one, is said to be."""
    parts = {}
    for part in _PARTS:
        changed = {name: entry for name, entry in other[part].items() if main[part].get(name) != entry}
        parts[part] = {**changed, **{name: False for name in main[part] if name not in other[part]}}
    return {part: rows for part, rows in parts.items() if rows}


def line_of(text: str, object_: str, name: str) -> int:
    """The line of a document on which a row stands; for another object, of the row that it takes over."""
    marked = read_marked(text)
    part = "inputs" if name in FIELDS else "outputs"
    for path in (("also", object_, part, name), (part, name), (part,)):
        if path in marked.lines:
            return marked.lines[path]
    return 1


def mapping_text(mapping: FieldMapping) -> str:
    """As YAML for a person to edit, one line for each row."""
    return "".join(f"{line}\n" for line in _lines(mapping_document(mapping), ""))


def _lines(document: Mapping[str, Any], indent: str) -> Iterator[str]:
    if "object" in document:
        yield f"object: {_flow(document['object'])}"
    for part in _PARTS:
        if part in document:
            yield f"{indent}{part}:"
            yield from (f"{indent}  {name}: {_flow(entry)}" for name, entry in document[part].items())
    if "also" in document:
        yield "also:"
        for name, other in document["also"].items():
            yield f"  {_flow(name)}:"
            yield from _lines(other, "    ")


def _flow(entry: object) -> str:
    """On one line; a text of its own, such as a name, comes with YAML's end-of-document mark."""
    if entry is False:
        return "off"
    dumped = yaml.safe_dump(entry, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return dumped.removesuffix("\n...\n").strip()


def changed_row(mapping: FieldMapping, object_: str, name: str, entry: object) -> FieldMapping:
    """The mapping with one row put, or with False taken out.

    Raises:
        MappingError: the row is wrong, or no longer goes with another.
    """
    document = mapping_document(mapping)
    main = object_ in {"", mapping.object}
    part = "inputs" if name in FIELDS else "outputs"
    if name not in FIELDS and name not in OUTPUTS:
        raise MappingError(f"{name} is neither a field that Leadline reads nor one that it writes; see `leadline map NAME show`.")
    place = document if main else document.setdefault("also", {}).setdefault(object_, {})
    place.setdefault(part, {})[name] = entry
    return parse_mapping(document)
