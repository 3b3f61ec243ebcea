"""Records through the control API: created, edited, deleted and read as persons or imports do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.record import Actor
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Call
from adapters.sandbox.world import CRMSide

PERSON: Final = Actor("CRM_UI", "userId:9000001")
"""Who acts when a call does not say."""


class RecordsControl:
    """`/_sandbox/{crm}/records/{object}…`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, call: Call, side: CRMSide, table: str, rest: Sequence[str], body: Mapping[str, Any]) -> object:
        """Answers what comes after the object.

        Raises:
            LookupError: no such record, or no such call.
            ValueError: a value that cannot be kept.
        """
        actor = _actor(body)
        match call.method, *rest:
            case (("GET" | "POST"), *nothing) if not nothing:
                return (
                    self._page(call, side, table) if call.method == "GET" else {"ids": side.create(table, body["records"], actor)}
                )
            case "POST", "read":
                return {"records": [self._show(side, table, str(id_)) for id_ in body["ids"]]}
            case "POST", "merge":
                return {"id": side.merge(table, str(body["primary"]), str(body["other"]), actor)}
            case "PATCH", "batch":
                return self._update_all(side, table, body["records"], actor, body.get("at"))
            case (("PATCH" | "DELETE"), id_):
                return self._write(call, side, table, id_, body)
            case "GET", id_, "history":
                return {"entries": self._store.history(side.crm, table, id_)}
        raise LookupError(f"The control API has no {call.method} on records like that.")

    def _update_all(self, side: CRMSide, table: str, rows: Sequence[Mapping[str, Any]], actor: Actor, at: object) -> object:
        """`at`: one moment for all of them, in milliseconds."""
        moment = None if at is None else int(str(at))
        with self._store.transaction():
            for row in rows:
                side.update(table, str(row["id"]), row["values"], actor, at=moment)
        return {"done": True}

    def _write(self, call: Call, side: CRMSide, table: str, id_: str, body: Mapping[str, Any]) -> object:
        if call.method == "PATCH":
            side.update(table, id_, body["values"], _actor(body))
        else:
            side.delete(table, id_, _actor(body))
        return {"done": True}

    def _page(self, call: Call, side: CRMSide, table: str) -> object:
        """`limit` (default 1000) records from position `after`, archived ones too; `after` of the answer is null at the end."""
        start, limit = int(call.argument("after", "0")), int(call.argument("limit", "1000"))
        records = self._store.every(side.crm, table)
        more = start + limit if start + limit < len(records) else None
        return {"records": [side.show(record) for record in records[start : start + limit]], "after": more}

    def _show(self, side: CRMSide, table: str, id_: str) -> dict[str, Any] | None:
        record = self._store.exactly(side.crm, table, id_)
        return None if record is None else side.show(record)


def _actor(body: Mapping[str, Any]) -> Actor:
    given = body.get("as")
    return PERSON if given is None else Actor(str(given["source"]), str(given["id"]))
