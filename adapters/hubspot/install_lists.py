"""The lanes in which nobody has to act: static lists, into which contacts are put and from which they are taken."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from adapters.errors import CallOperator
from adapters.hubspot.batches import LIMIT, Item, portions, settle
from adapters.hubspot.client import Client
from adapters.hubspot.mapping import OWNER
from adapters.hubspot.setup import Setup
from adapters.hubspot.setup_answers import ContactList
from adapters.hubspot.work import Work
from adapters.kit import Step, Wanted
from adapters.records import RecordRef

_STATIC: Final = frozenset({"MANUAL", "SNAPSHOT"})
_OURS: Final = "Leadline "
"""Beginning of the shipped policy's names; a list of any other name is ours only if we made it."""
_PLACE: Final = "CRM ► Segments (lists)"


class Lists:
    """One static list for each lane."""

    def __init__(self, setup: Setup, client: Client, connection: str, object_type: str, wanted: Wanted) -> None:
        self._setup = setup
        self._client = client
        self._connection = connection
        self._object = object_type
        self._names = wanted.queues
        self._made = wanted.made

    def installation(self) -> Iterator[Work]:
        for name in self._names:
            yield self._told(name)

    def removal(self, heir: str, using: Callable[[ContactList], Sequence[str]]) -> Iterator[Work]:
        """Contacts that nobody owns go to `heir`, all leave the list, and the list goes, unless somebody uses it."""
        for name in self._names:
            if name.startswith(_OURS) or ("list", name) in self._made:
                yield from self._leaving(name, heir, using)

    def _told(self, name: str) -> Work:
        """What is to be done, or the clicks where lists are out of the connection's reach."""
        try:
            return self._wanted(name)
        except CallOperator as error:
            clicks = f"{_PLACE} ► Create segment ► Contacts, static; name it {name}"
            return Work(Step("list", name, "by_hand", (str(error), clicks)))

    def _wanted(self, name: str) -> Work:
        found = self._setup.list_named(name)
        if found is None:
            return Work(Step("list", name, "create", ("static; never locked",)), partial(self._create, name))
        if found.processing in _STATIC:
            return Work(Step("list", name, "keep"))
        line = (
            f"An active list has this name, and contacts cannot be put into one: {_PLACE} ► {name} ► Rename, then install again."
        )
        return Work(Step("list", name, "by_hand", (line,)))

    def _create(self, name: str) -> None:
        self._setup.create_list(name)

    def _leaving(self, name: str, heir: str, using: Callable[[ContactList], Sequence[str]]) -> Iterator[Work]:
        try:
            found = self._setup.list_named(name)
        except CallOperator as error:
            clicks = f"{_PLACE} ► {name}, if it is there: give its contacts an owner, then Delete"
            yield Work(Step("list", name, "by_hand", (str(error), clicks)))
            return
        if found is None or found.processing not in _STATIC:
            return
        if users := using(found):
            line = f"used by {', '.join(users)}: its contacts leave, and the list stays until you take it out there"
            yield Work(Step("list", name, "keep", (line,)), partial(self._empty, found.id, heir))
            return
        line = "its contacts leave it; those whom nobody owns get the heir as owner"
        yield Work(Step("list", name, "remove", (line,)), partial(self._remove, found.id, heir))

    def _remove(self, list_id: str, heir: str) -> None:
        self._empty(list_id, heir)
        self._setup.remove_list(list_id)

    def _empty(self, list_id: str, heir: str) -> None:
        """Page by page, each given away before it leaves: interrupted, the rest is still in the list."""
        last: Sequence[str] = ()
        while ids := next(self._setup.members(list_id), ()):
            if ids == last:
                sentence = f"{len(ids)} contacts do not leave list {list_id}; look at it in HubSpot, then remove again."
                raise CallOperator(sentence, provider="hubspot", operation="empty a list")
            last = ids
            for some in portions(ids, LIMIT):
                self._give(some, heir)
            self._setup.remove_members(list_id, ids)

    def _give(self, ids: Sequence[str], heir: str) -> None:
        records = self._client.read(self._object, ids, (OWNER,)).records
        orphans = [record.id for record in records if not record.properties.get(OWNER)]
        items = [_item(RecordRef(self._connection, "contact", id_), heir) for id_ in orphans]
        outcomes = settle(items, partial(self._client.update, self._object))
        failed = [outcome for outcome in outcomes.values() if outcome.state not in {"written", "gone"}]
        if failed:
            sentence = f"{len(failed)} contacts could not be given to the heir and stay in the list: {failed[0].reason}"
            raise CallOperator(sentence, provider="hubspot", operation="empty a list", code=failed[0].code)


def _item(ref: RecordRef, heir: str) -> Item:
    return Item(ref, ref.id, {OWNER: heir}, {OWNER: "owner_id"}, id=ref.id)
