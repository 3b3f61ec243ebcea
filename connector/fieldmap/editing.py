"""One row of a mapping changed by a command, with care for the objects that do not have the field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from config.mapping import FieldMapping, MappingError, changed_row, mapping_document
from connector.store.connections import CrmConnection
from connector.wiring import Services


@dataclass(frozen=True, slots=True)
class Edit:
    """A mapping with one row changed, and what else had to be said."""

    mapping: FieldMapping
    notes: Sequence[str]


def with_row(services: Services, crm: CrmConnection, name: str, entry: dict[str, Any] | bool, object_: str = "") -> Edit:
    """Puts a row, or with False takes it out, for one object or for all that have the field.

    Raises:
        MappingError: the row is wrong, or the object is not mapped.
        adapters.errors.AdapterError: the CRM could not be asked which objects have the field.
    """
    mapping = crm.mapping
    _check_object(mapping, object_)
    if object_ not in {"", mapping.object}:
        return Edit(changed_row(mapping, object_, name, _entry(entry)), ())
    changed = changed_row(mapping, "", name, _entry(entry))
    notes = []
    for other in mapping.also.values():
        lacking = isinstance(entry, dict) and not _has(services, crm, other.object, str(entry["field"]))
        if (lacking and not object_) or object_:
            changed = changed_row(changed, other.object, name, _present(other, name))
        if lacking and not object_:
            notes.append(_stays(other, name, str(entry["field"])) if isinstance(entry, dict) else "")
    return Edit(changed, notes)


def _check_object(mapping: FieldMapping, object_: str) -> None:
    known = [one.object for one in mapping.objects()]
    if object_ and object_ not in known:
        raise MappingError(f"The mapping has no {object_}; it has: {', '.join(known)}. Add it with `leadline map NAME edit`.")


def _entry(entry: dict[str, Any] | bool) -> object:
    """The CRM's name alone where nothing else is said."""
    return entry["field"] if isinstance(entry, dict) and set(entry) == {"field"} else entry


def _present(mapping: FieldMapping, name: str) -> object:
    """A row as it stands now; False where there is none."""
    document = mapping_document(mapping)
    return document["inputs"].get(name, False) or document["outputs"].get(name, False)


def _has(services: Services, crm: CrmConnection, object_: str, field: str) -> bool:
    there = {spec.name.lower() for spec in services.adapter(crm).fields(object_)}
    return field.partition(".")[0].lower() in there or "." in field


def _stays(mapping: FieldMapping, name: str, field: str) -> str:
    present = mapping.inputs.get(name) or mapping.outputs.get(name)
    return f"{mapping.object} has no {field}: there {name} stays {f'in {present}' if present else 'off'}."
