"""HubSpot records as the API shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_schema import CRM, PropertySchema
from adapters.sandbox.moments import iso, iso_date
from adapters.sandbox.record import Record
from adapters.sandbox.store import Store

_COMPUTED: Final = frozenset(
    {"createdate", "hs_createdate", "hs_lastmodifieddate", "lastmodifieddate", "hs_object_id", "hs_object_source"}
)


@dataclass(frozen=True, slots=True)
class View:
    """Which properties of a kind are shown: worked out once per request."""

    names: tuple[str, ...]
    moments: Mapping[str, str]
    """The dates among them, with their type."""
    computed: tuple[str, ...]
    history: tuple[str, ...]


def plan(schema: PropertySchema, kind: Kind, wanted: Iterable[str], history: Iterable[str] = ()) -> View:
    """What to show. Asking for nothing gives the few properties HubSpot shows by itself; unknown names are left out."""
    past = tuple(history)
    asked = dict.fromkeys([*wanted, *past] or kind.shown)
    moments = schema.moments(kind.name)
    known = tuple(name for name in asked if name not in _COMPUTED and schema.definition(kind.name, name))
    computed = dict.fromkeys([*kind.stamps, "hs_object_id", *(name for name in asked if name in _COMPUTED)])
    return View(known, {name: moments[name] for name in known if name in moments}, tuple(computed), past)


def plan_all(schema: PropertySchema, kind: Kind) -> View:
    """Everything a kind has."""
    return plan(schema, kind, schema.definitions(kind.name))


def show(store: Store, record: Record, view: View) -> dict[str, Any]:
    """A record as the API returns it: every value a string or null."""
    created, modified = iso(record.created_at), iso(record.modified_at)
    computed = {
        "createdate": created,
        "hs_createdate": created,
        "hs_lastmodifieddate": modified,
        "lastmodifieddate": modified,
        "hs_object_id": record.id,
        "hs_object_source": record.created_by.source,
    }
    values = record.values
    properties = {name: values.get(name) for name in view.names}
    properties |= {name: _shown(values.get(name), type_) for name, type_ in view.moments.items()}
    properties |= {name: computed[name] for name in view.computed}
    shown: dict[str, Any] = {"id": record.id, "properties": properties, "createdAt": created, "updatedAt": modified}
    shown["archived"] = record.archived
    if record.archived_at is not None:
        shown["archivedAt"] = iso(record.archived_at)
    if view.history:
        shown["propertiesWithHistory"] = _histories(store, record, view)
    return shown


def _shown(value: str | None, moment_type: str) -> str | None:
    if value is None:
        return None
    return iso(int(value)) if moment_type == "datetime" else iso_date(int(value))


def _histories(store: Store, record: Record, view: View) -> dict[str, list[dict[str, Any]]]:
    """Newest first. A merged record has the past of the records it was made of."""
    merged = [id_ for id_ in str(record.values.get("hs_merged_object_ids") or "").split(";") if id_]
    past = [entry for id_ in [record.id, *merged] for entry in store.history(CRM, record.object, id_)]
    past.sort(key=lambda entry: int(entry["seq"]), reverse=True)
    return {
        name: [_moment_of(entry, name, view.moments.get(name, "")) for entry in past if name in entry["changed"]]
        for name in view.history
    }


def _moment_of(entry: dict[str, Any], name: str, moment_type: str) -> dict[str, Any]:
    new = entry["changed"][name][1]
    value = _shown(new, moment_type) if moment_type else new
    shown = {"value": value or "", "timestamp": iso(entry["at"]), "sourceType": entry["source"], "sourceId": entry["actor"]}
    user = entry["actor"].removeprefix("userId:")
    return {**shown, "updatedByUserId": int(user)} if entry["actor"].startswith("userId:") and user.isdigit() else shown
