"""Whose the records are: working people's, leavers', unmanned queues', nobody's; and how evenly they are shared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from adapters.history import Touch
from adapters.records import Owner
from connector.audit.figures import Figure, Part
from connector.audit.rates import rate
from connector.audit.reading import Material
from connector.audit.words import clean

Standing = Literal["person", "leaver", "queue", "unmanned", "unknown_queue", "nobody"]

_BLANK: Final = "no owner at all"
_UNLISTED: Final = "an owner who is not among the CRM's users"


@dataclass(slots=True)
class Ownership:
    """Reads an owner id. Names stay inside when `hidden`."""

    material: Material
    nobody: frozenset[str]
    """Owner ids, and names or addresses in lower case, that count as nobody."""
    hidden: bool
    _owners: Mapping[str, Owner] = field(init=False)
    _numbers: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._owners = {owner.id: owner for owner in self.material.owners or ()}
        held = Counter(one.lead.owner_id or "" for one in self.material.created)
        ranked = sorted(held, key=lambda id_: (-held[id_], id_))
        self._numbers = {id_: place for place, id_ in enumerate((id_ for id_ in ranked if id_), start=1)}

    @property
    def known(self) -> bool:
        return self.material.owners is not None

    def standing(self, owner_id: str | None) -> Standing:
        if self.is_nobody(owner_id):
            return "nobody"
        owner = self._owners.get(owner_id or "")
        if owner is None:
            return "leaver"
        if owner.kind == "person":
            return "person" if owner.active else "leaver"
        manned = self.material.manned.get(owner.id)
        return "unknown_queue" if manned is None else "queue" if manned else "unmanned"

    def is_nobody(self, owner_id: str | None) -> bool:
        owner = self._owners.get(owner_id or "")
        named = {owner.name.lower(), owner.email.lower()} if owner else set()
        return not owner_id or owner_id in self.nobody or not named.isdisjoint(self.nobody)

    def is_persons(self, touch: Touch) -> bool:
        """Whether a person did it, working here or gone. While owners cannot be read, whoever is named is taken for one."""
        if not self.known:
            return bool(touch.by)
        owner = self._owners.get(touch.by)
        return owner is not None and owner.kind == "person" and not self.is_nobody(touch.by)

    def name(self, owner_id: str | None) -> str:
        if not owner_id:
            return _BLANK
        owner = self._owners.get(owner_id)
        if owner is None:
            return _UNLISTED
        if self.hidden and owner.kind == "person":
            number = self._numbers.get(owner_id)
            return f"Rep {number}" if number else "A rep"
        # HubSpot forgets the names of those who left, and only their address remains.
        return clean((owner.name or owner.email or owner.id).partition("@")[0])


def owned(ownership: Ownership, thing: str) -> Sequence[Figure]:
    """By leavers, by queues without an active member, by nobody."""
    material = ownership.material
    leavers = f"{thing} that belong today to a user who is inactive or no longer listed, of all created in the window."
    queues = f"{thing} that lie today in a queue without an active member, of all created in the window."
    nobody = f"{thing} without an owner, or with one on this connection's list of owners that count as nobody, of all created."
    return [
        _group(ownership, "owned_by_leavers", "Owned by people who left", leavers, ("leaver",)),
        _queues(ownership, queues, material),
        _group(ownership, "owned_by_nobody", "Owned by nobody", nobody, ("nobody",)),
    ]


def _queues(ownership: Ownership, definition: str, material: Material) -> Figure:
    figure = _group(ownership, "owned_by_unmanned_queues", "In queues without a member", definition, ("unmanned",))
    open_ = sum(ownership.standing(one.lead.owner_id) == "unknown_queue" for one in material.created)
    if not open_ or figure.unread:
        return figure
    why = material.unread.get("manned") or "This CRM does not tell who is in a queue."
    sentence = f"{why} {open_:,} records lie in queues of which that is not known."
    return Figure(figure.name, figure.title, figure.definition, unread=sentence)


def _group(ownership: Ownership, name: str, title: str, definition: str, standings: Sequence[Standing]) -> Figure:
    if not ownership.known and name != "owned_by_nobody":
        return Figure(name, title, definition, unread=ownership.material.unread["owners"])
    created = ownership.material.created
    held = Counter(one.lead.owner_id for one in created if ownership.standing(one.lead.owner_id) in standings)
    names: Counter[str] = Counter()
    for owner_id, count in held.items():
        names[ownership.name(owner_id)] += count
    parts = tuple(Part(label, count, len(created)) for label, count in names.most_common())
    return Figure(name, title, definition, rate(held.total(), len(created)), parts=parts)


def shares(ownership: Ownership, thing: str, touched: Mapping[str, int]) -> Figure:
    """How the records are spread over the people who work.

    Args:
        touched: owner id to how many of their records were touched; empty where that could not be read.
    """
    title = "Share per rep"
    definition = (
        f"{thing} by the active user they belong to today, of all that belong to one; "
        "a fair share is the same number for each of them."
    )
    if not ownership.known:
        return Figure("share_per_rep", title, definition, unread=ownership.material.unread["owners"])
    ids = [one.lead.owner_id or "" for one in ownership.material.created]
    held = Counter(id_ for id_ in ids if ownership.standing(id_) == "person")
    ranked = sorted(held, key=lambda id_: (-held[id_], ownership.name(id_)))
    parts = tuple(
        Part(ownership.name(id_), held[id_], held.total(), {"touched": rate(touched[id_], held[id_])} if id_ in touched else {})
        for id_ in ranked
    )
    values = {"reps": len(held), "records": held.total()}
    if held:
        values["most_to_fair_percent"] = round(100 * max(held.values()) * len(held) / held.total())
        values["beyond_fair"] = max(held.values()) - held.total() // len(held)
    return Figure("share_per_rep", title, definition, values=values, parts=parts)
