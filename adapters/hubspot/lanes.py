"""Lanes in which nobody has to act: static lists. The house sees each as a queue, which owns what is in it.

HubSpot's contacts have an owner or none, never a list: so who joins a lane has no owner from then on, and who gets an owner has
left every lane.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from adapters.errors import AdapterError
from adapters.hubspot import setup_answers as answers
from adapters.hubspot.client import Client
from adapters.hubspot.failures import Operation
from adapters.hubspot.schema import Remembered
from adapters.records import LANE, Owner

NAMED: Final = "Leadline "
"""Beginning of the lanes' names; `install` makes them."""
_LISTS_A_PAGE: Final = 100
_STATIC: Final = ("MANUAL", "SNAPSHOT")


class Lanes:
    """The lanes of one portal. There are none before they were installed, nor without the right to read lists."""

    def __init__(self, client: Client, monotonic: Callable[[], float], *, installed: bool) -> None:
        self._client = client
        read = (lambda: dict(self._read())) if installed else dict
        self._known: Remembered[Mapping[str, str]] = Remembered(read, {}, monotonic)

    def owners(self) -> Sequence[Owner]:
        """Each lane as a queue."""
        self._known.forget()
        return [Owner(LANE + id_, "queue", "", name, active=True) for id_, name in self._known.value().items()]

    def join(self, list_id: str, ids: Sequence[str]) -> None:
        """Puts contacts into one lane. Who is in it already stays."""
        call = Operation("put contacts into a list", writes=True, scope="crm.lists.write")
        self._client.ask(call, "PUT", f"/crm/v3/lists/{list_id}/memberships/add", answers.nothing, body=list(ids))

    def leave(self, ids: Sequence[str], *, but: str = "") -> None:
        """Takes contacts out of every lane but one. Who is in none is not missed."""
        for list_id in self._known.value():
            if list_id != but:
                call = Operation("take contacts out of a list", writes=True, scope="crm.lists.write")
                self._client.ask(call, "PUT", f"/crm/v3/lists/{list_id}/memberships/remove", answers.nothing, body=list(ids))

    def forget(self) -> None:
        self._known.forget()

    def _read(self) -> Iterator[tuple[str, str]]:
        offset: int | None = 0
        while offset is not None:
            body = {"processingTypes": list(_STATIC), "query": NAMED.strip(), "offset": offset, "count": _LISTS_A_PAGE}
            call = Operation("search lists", scope="crm.lists.read")
            page = self._client.ask(call, "POST", "/crm/v3/lists/search", answers.list_page, body=body)
            yield from ((one.id, one.name) for one in page.lists if one.name.startswith(NAMED))
            offset = page.after


def lane_of(owner_id: str | None) -> str:
    """The list's id where an owner is a lane; empty where it is a person, or nobody."""
    return owner_id.removeprefix(LANE) if owner_id and owner_id.startswith(LANE) else ""


def why(error: AdapterError) -> str:
    """What to say of a record whose fields were written and whose lane was not."""
    return f"The fields were written, but not the lane: {error}"
