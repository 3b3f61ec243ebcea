"""Kinds of association: HubSpot's own types, and the labels that a portal gives itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request, not_found
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

MOST_LABELS: Final = 50
"""Of a portal's own, from one kind to another."""

FIRST_ID: Final = 1_000
"""Own labels have ids of their own, apart from those of HubSpot's types."""

_DOCUMENTS: Final = "hubspot:association-label"


@dataclass(frozen=True, slots=True)
class Label:
    """One direction of a label of the portal's own."""

    id: int
    inverse: int
    name: str
    label: str
    from_: str
    to: str


class Labels:
    def __init__(self, store: Store) -> None:
        self._store = store

    def inverses(self, from_: str, to: str) -> dict[int, int]:
        """Every type id from one kind to another, and the id of the same link the other way; the default first."""
        own = zip(TYPES.get((from_, to), ()), TYPES.get((to, from_), ()), strict=True)
        return {**dict(own), **{label.id: label.inverse for label in self._between(from_, to)}}

    def all(self, from_: str, to: str) -> list[dict[str, Any]]:
        return [self.shown(type_id) for type_id in self.inverses(from_, to)]

    def shown(self, type_id: int) -> dict[str, Any]:
        """As the API tells a type: HubSpot's own default has no label."""
        label = self._label(type_id)
        if label is not None:
            return {"category": "USER_DEFINED", "typeId": type_id, "label": label.label}
        return {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": "Primary" if type_id in PRIMARY else None}

    def create(self, from_: str, to: str, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        """A label and its way back, which is another unless `inverseLabel` is absent.

        Raises:
            RefusalError: a name or label is missing, taken, or one too many.
        """
        name, label = wanted.get("name", ""), wanted.get("label", "")
        if not name or not label or not TYPES.get((from_, to)):
            raise bad_request("An association label needs a name and a label, and two kinds that can be associated.")
        if any(name.lower() == known.name.lower() for known in self._between(from_, to)):
            raise bad_request(f"An association label named {name} already exists.")
        if len(self._between(from_, to)) >= MOST_LABELS:
            raise bad_request(f"There can be at most {MOST_LABELS} labels from {from_} to {to}.")
        first = FIRST_ID + self._store.next_number("hubspot:association-label") * 2
        there = Label(first, first + 1, name, label, from_, to)
        back = Label(first + 1, first, name, wanted.get("inverseLabel") or label, to, from_)
        self._put(there, back)
        return [self.shown(there.id), self.shown(back.id)]

    def rename(self, type_id: int, label: str, inverse: str) -> None:
        """
        Raises:
            RefusalError: 404 for what is no label of the portal's own.
        """
        there = self._existing(type_id)
        back = self._existing(there.inverse)
        self._put(Label(**{**asdict(there), "label": label}), Label(**{**asdict(back), "label": inverse or back.label}))

    def remove(self, type_id: int) -> None:
        """
        Raises:
            RefusalError: 404 for what is no label of the portal's own.
        """
        label = self._existing(type_id)
        for each in (label.id, label.inverse):
            self._store.drop(_DOCUMENTS, _key(each))

    def _existing(self, type_id: int) -> Label:
        label = self._label(type_id)
        if label is None:
            raise not_found(f"There is no association label {type_id} of this portal's own.")
        return label

    def _put(self, *labels: Label) -> None:
        self._store.put_all(_DOCUMENTS, {_key(label.id): asdict(label) for label in labels})

    def _label(self, type_id: int) -> Label | None:
        document = self._store.document(_DOCUMENTS, _key(type_id))
        return Label(**document) if document else None

    def _between(self, from_: str, to: str) -> list[Label]:
        found = [Label(**document) for document in self._store.documents(_DOCUMENTS).values()]
        return [label for label in found if (label.from_, label.to) == (from_, to)]


def _key(type_id: int) -> str:
    return str(type_id)
