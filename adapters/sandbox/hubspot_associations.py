"""HubSpot associations: labelled links between records, each direction with a type id of its own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request, not_found
from adapters.sandbox.hubspot_input import word
from adapters.sandbox.hubspot_portal import KINDS, Kind
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.record import Record
from adapters.sandbox.store import Store

TYPES: Final[dict[tuple[str, str], tuple[int, ...]]] = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("contacts", "deals"): (4,),
    ("deals", "contacts"): (3,),
    ("companies", "deals"): (342, 6),
    ("deals", "companies"): (341, 5),
    ("notes", "contacts"): (202,),
    ("contacts", "notes"): (201,),
    ("notes", "companies"): (190,),
    ("companies", "notes"): (189,),
    ("tasks", "contacts"): (204,),
    ("contacts", "tasks"): (203,),
    ("calls", "contacts"): (194,),
    ("contacts", "calls"): (193,),
    ("emails", "contacts"): (198,),
    ("contacts", "emails"): (197,),
    ("meetings", "contacts"): (200,),
    ("contacts", "meetings"): (199,),
    ("tasks", "companies"): (192,),
    ("companies", "tasks"): (191,),
    ("leads", "contacts"): (608, 578),
    ("contacts", "leads"): (607, 579),
    ("leads", "companies"): (610,),
    ("companies", "leads"): (609,),
    ("leads", "notes"): (854,),
    ("notes", "leads"): (853,),
    ("leads", "tasks"): (646,),
    ("tasks", "leads"): (647,),
}
"""(from, to) to HubSpot's own type ids, the default first. The reverse ids stand at the same place in the reverse pair."""

PRIMARY: Final = frozenset({1, 2, 5, 6, 578, 579})

LEAD_TO_PRIMARY_CONTACT: Final = 578

_DOCUMENTS: Final = "hubspot:association"


class Associations:
    """All links of a portal, kept from both ends."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._links: dict[tuple[str, str, str], dict[str, list[int]]] = defaultdict(dict)
        for key, types in store.documents(_DOCUMENTS).items():
            from_kind, from_id, to_kind, to_id = key.split("/")
            self._links[from_kind, from_id, to_kind][to_id] = types

    def of(self, record: Record, to: Kind) -> dict[str, list[int]]:
        """Ids of linked records with the types of each link. A merged record has the links of those it was made of."""
        merged = str(record.values.get("hs_merged_object_ids") or "").split(";")
        found: dict[str, list[int]] = {}
        for id_ in [record.id, *merged]:
            for other, types in self._links.get((record.object, id_, to.name), {}).items():
                current = self._store.get(CRM, to.name, other)
                if current is not None and not current.archived:
                    found[current.id] = types
        return found

    def link(self, from_: Record, to: Record, types: Sequence[int]) -> None:
        """Links two records, both ways.

        Raises:
            RefusalError: a type does not go in this direction.
        """
        known = TYPES.get((from_.object, to.object), ())
        for type_id in types:
            if type_id not in known:
                message = f"Association type {type_id} does not go from {from_.object} to {to.object}; valid are {list(known)}."
                raise bad_request(message)
        back = [TYPES[to.object, from_.object][known.index(type_id)] for type_id in types]
        self._put(from_, to, [*types, *known[:1]])
        self._put(to, from_, [*back, *TYPES[to.object, from_.object][:1]])

    def link_default(self, from_: Record, to: Record) -> list[int]:
        """Links two records without a label; the type ids, there and back.

        Raises:
            RefusalError: these two kinds have no default link.
        """
        default = TYPES.get((from_.object, to.object), ())[:1]
        if not default:
            raise bad_request(f"There is no default association from {from_.object} to {to.object}.")
        self.link(from_, to, default)
        return [default[0], TYPES[to.object, from_.object][0]]

    def unlink(self, from_: Record, to: Record) -> None:
        for one, other in ((from_, to), (to, from_)):
            self._links[one.object, one.id, other.object].pop(other.id, None)
            self._store.drop(_DOCUMENTS, f"{one.object}/{one.id}/{other.object}/{other.id}")

    def link_inline(self, record: Record, wanted: Sequence[Mapping[str, Any]]) -> None:
        """The `associations` of a creation: each names a target and its types; the first type tells the target's kind.

        Raises:
            RefusalError: a type or target does not exist.
        """
        for association in wanted:
            types = type_ids(association.get("types"))
            kind = _target_kind(record.object, types)
            target = association.get("to")
            to = existing(self._store, kind, word(target if isinstance(target, dict) else {}, "id"))
            self.link(record, to, types)

    def _put(self, from_: Record, to: Record, types: Sequence[int]) -> None:
        links = self._links[from_.object, from_.id, to.object]
        links[to.id] = list(dict.fromkeys([*links.get(to.id, []), *types]))
        self._store.put(_DOCUMENTS, f"{from_.object}/{from_.id}/{to.object}/{to.id}", links[to.id])


def type_ids(types: object) -> list[int]:
    """Type ids out of `[{"associationCategory", "associationTypeId"}]`.

    Raises:
        RefusalError: something else.
    """
    if not isinstance(types, list) or not types:
        raise bad_request("Association types must be a list of {associationCategory, associationTypeId}, not an empty one.")
    found = [entry.get("associationTypeId") if isinstance(entry, dict) else None for entry in types]
    if not all(isinstance(type_id, int) for type_id in found):
        raise bad_request("associationTypeId must be a number.")
    return [type_id for type_id in found if isinstance(type_id, int)]


def existing(store: Store, kind: Kind, id_: str) -> Record:
    """A live record.

    Raises:
        RefusalError: 404.
    """
    record = store.get(CRM, kind.name, id_)
    if record is None or record.archived:
        raise not_found(f"Object not found: {kind.name} {id_}. It may be deleted or merged.")
    return record


def _target_kind(from_kind: str, types: Sequence[int]) -> Kind:
    for (one, other), known in TYPES.items():
        if one == from_kind and types[0] in known:
            return KINDS[other]
    raise bad_request(f"Association type {types[0]} does not start at {from_kind}.")
