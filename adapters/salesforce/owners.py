"""Who can own what: asked before a record is given to somebody, since a lead of one who left is a lost lead."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from adapters.errors import CallOperator
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import Client

ABLE_SECONDS: Final = 900.0
"""How long an owner is believed to be able. Meanwhile Salesforce itself refuses one who left."""

UNABLE_SECONDS: Final = 60.0
"""How long an owner is believed to be unable: people come back, queues are opened."""

_IDS: Final = 200

_USER: Final = "005"
_QUEUE: Final = "00G"

LEFT: Final = "The owner is no longer active in Salesforce."

_Pair = tuple[str, str]
"""Object and owner id: a queue is opened for each object by itself."""


class Owners:
    """Answers kept for a while. `now` is in seconds and need only go forward."""

    def __init__(self, client: Client, now: Callable[[], float]) -> None:
        self._client = client
        self._now = now
        self._known: dict[_Pair, tuple[float, str]] = {}

    def misfits(self, wanted: Collection[_Pair]) -> Mapping[_Pair, str]:
        """A sentence for each of `wanted` that cannot own. At most one call for users and one for queues, per 200 of each.

        Raises:
            adapters.errors.AdapterError: it could not be asked.
        """
        unknown = {pair for pair in wanted if not self._believed(pair)}
        if unknown:
            reasons = {**self._users(unknown), **self._queues(unknown)}
            self._known |= {pair: (self._now(), reasons.get(pair, "")) for pair in unknown}
        return {pair: reason for pair in wanted if (reason := self._known[pair][1])}

    def forget(self) -> None:
        """Salesforce refused an owner that we believed in."""
        self._known.clear()

    def _believed(self, pair: _Pair) -> bool:
        read_at, reason = self._known.get(pair, (-ABLE_SECONDS - 1, ""))
        return self._now() - read_at <= (UNABLE_SECONDS if reason else ABLE_SECONDS)

    def _users(self, pairs: Collection[_Pair]) -> Mapping[_Pair, str]:
        """Whom our user may not see is left to Salesforce to judge."""
        rows = self._rows("SELECT Id FROM User WHERE IsActive = false AND Id IN ({})", pairs, _USER)
        former = {row["Id"] for row in rows}
        return {pair: LEFT for pair in pairs if pair[1] in former}

    def _queues(self, pairs: Collection[_Pair]) -> Mapping[_Pair, str]:
        opened: dict[str, set[str]] = {}
        for row in self._rows("SELECT QueueId, SobjectType FROM QueueSobject WHERE QueueId IN ({})", pairs, _QUEUE):
            opened.setdefault(row["QueueId"], set()).add(row["SobjectType"])
        shut = [pair for pair in pairs if pair[1] in opened and pair[0] not in opened[pair[1]]]
        return {pair: f"The queue cannot own a {pair[0]}: add it to the queue's Supported Objects." for pair in shut}

    def _rows(self, soql: str, pairs: Collection[_Pair], prefix: str) -> Iterator[Mapping[str, str]]:
        ids = sorted({owner for _, owner in pairs if owner.startswith(prefix)})
        for some in chunks(ids, _IDS):
            try:
                # Ids were checked to be ids: nothing in them needs escaping.
                yield from self._client.query(soql.format(",".join(f"'{id_}'" for id_ in some)))
            except CallOperator as error:
                if error.code not in {"INVALID_TYPE", "INVALID_FIELD"}:
                    raise
                return  # our user may not look; Salesforce refuses a bad owner all the same, a call later
