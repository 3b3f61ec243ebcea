"""HubSpot associations: labelled links between records, each direction with a type id of its own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request, not_found
from adapters.sandbox.hubspot_input import word
from adapters.sandbox.hubspot_labels import TYPES, Labels
from adapters.sandbox.hubspot_portal import KINDS, Kind
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.record import Record
from adapters.sandbox.store import Store

LEAD_TO_PRIMARY_CONTACT: Final = 578

_DOCUMENTS: Final = "hubspot:association"


class Associations:
    """All links of a portal, kept from both ends."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.labels = Labels(store)
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
        known = self.labels.inverses(from_.object, to.object)
        for type_id in types:
            if type_id not in known:
                message = f"Association type {type_id} does not go from {from_.object} to {to.object}; valid are {list(known)}."
                raise bad_request(message)
        default = next(iter(known))
        self._put(from_, to, [*types, default])
        self._put(to, from_, [known[type_id] for type_id in (*types, default)])

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

    def unlabel(self, from_: Record, to: Record, types: Sequence[int]) -> None:
        """Takes labels from a link; the link by itself stays.

        Raises:
            RefusalError: a type does not go in this direction.
        """
        known = self.labels.inverses(from_.object, to.object)
        if not known.keys() >= set(types):
            raise bad_request(f"Association types {list(types)} do not all go from {from_.object} to {to.object}.")
        gone = set(types) - {next(iter(known), None)}
        for one, other, without in ((from_, to, gone), (to, from_, {known[type_id] for type_id in gone})):
            held = self._links[one.object, one.id, other.object].get(other.id)
            if held:
                self._keep(one, other, [type_id for type_id in held if type_id not in without])

    def link_inline(self, record: Record, wanted: Sequence[Mapping[str, Any]]) -> None:
        """The `associations` of a creation: each names a target and its types; the first type tells the target's kind.

        Raises:
            RefusalError: a type or target does not exist.
        """
        for association in wanted:
            types = type_ids(association.get("types"))
            kind = self._target_kind(record.object, types)
            target = association.get("to")
            to = existing(self._store, kind, word(target if isinstance(target, dict) else {}, "id"))
            self.link(record, to, types)

    def _put(self, from_: Record, to: Record, types: Sequence[int]) -> None:
        held = self._links[from_.object, from_.id, to.object].get(to.id, [])
        self._keep(from_, to, list(dict.fromkeys([*held, *types])))

    def _keep(self, from_: Record, to: Record, types: list[int]) -> None:
        self._links[from_.object, from_.id, to.object][to.id] = types
        self._store.put(_DOCUMENTS, f"{from_.object}/{from_.id}/{to.object}/{to.id}", types)

    def _target_kind(self, from_kind: str, types: Sequence[int]) -> Kind:
        for kind in KINDS.values():
            if types[0] in self.labels.inverses(from_kind, kind.name):
                return kind
        raise bad_request(f"Association type {types[0]} does not start at {from_kind}.")


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
