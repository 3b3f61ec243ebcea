"""The control API under /_sandbox/: what demo, tests and benchmarks do behind the CRMs' backs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.control_records import RecordsControl
from adapters.sandbox.outbound import Outbound
from adapters.sandbox.salesforce_sync import SalesforceSync
from adapters.sandbox.stats import Stats
from adapters.sandbox.wire import Answer, Call, json_answer
from adapters.sandbox.world import CRMSide, Person, World

_ACCESS_TOKENS: Final = ("hubspot:access", "salesforce_token")
"""Kinds of document under which the two keep them."""

_DONE: Final[Mapping[str, Any]] = {"done": True}


class Control:
    """No authentication: the server listens on loopback only."""

    def __init__(
        self,
        world: World,
        sides: Sequence[CRMSide],
        *,
        outbound: Outbound,
        stats: Stats,
        latency_ms: dict[str, float],
    ) -> None:
        self._store = world.store
        self._sides = {side.crm: side for side in sides}
        self._faults = world.faults
        self._outbound = outbound
        self._stats = stats
        self._latency_ms = latency_ms
        self._records = RecordsControl(world.store)
        self._sync = SalesforceSync(world.store, self._sides)

    def answer(self, call: Call) -> Answer:
        """Answers one control call; what is wrong with it is said in one sentence."""
        try:
            return json_answer(200, self._answer(call, call.path.split("/")[2:]))
        except KeyError as error:
            return json_answer(400, {"message": f"The control call lacks {error}."})
        except LookupError as error:
            return json_answer(404, {"message": str(error)})
        except (ValueError, TypeError) as error:
            return json_answer(400, {"message": str(error)})

    def _answer(self, call: Call, parts: Sequence[str]) -> object:
        body = call.json() or {}
        match parts:
            case [crm, *rest] if crm in self._sides:
                return self._of_crm(call, self._sides[crm], rest, body)
            case ["people"]:
                return self._add_people(body)
            case ["faults" | "targets" as what, *id_]:
                return self._faulty(call, id_, body) if what == "faults" else self._target(call, id_, body)
            case ["tokens"] if call.method == "DELETE":
                return self._expire_tokens()
            case ["hold" | "release" as what]:
                self._outbound.hold(held=what == "hold")
                return _DONE
        return self._whole(call, parts, body)

    def _whole(self, call: Call, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        match call.method, *parts:
            case _, ("chaos" | "latency" | "sync" as what):
                return self._knob(what, body)
            case "DELETE", "stats":
                self._stats.reset()
                return _DONE
            case "GET", "stats":
                return {**self._stats.document(), "targets": self._outbound.targets()}
            case "GET", "journal":
                return {"last": self._store.last_write(), "entries": self._store.journal(int(call.argument("after", "0")))}
            case "GET", "pending":
                return self._pending(float(call.argument("wait", "0")))
        raise LookupError(f"The control API has no {call.method} /_sandbox/{'/'.join(parts)}.")

    def _of_crm(self, call: Call, side: CRMSide, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        match call.method, *parts:
            case "POST", "install":
                side.install()
                return _DONE
            case _, "settings":
                return side.configure(body)
            case "GET", "people":
                return {"people": side.people()}
            case "GET", "queues":
                return {"queues": side.queues()}
            case _, "records", table, *rest:
                return self._records.answer(call, side, table, rest, body)
        return side.command(call.method, parts, body)

    def _add_people(self, body: Mapping[str, Any]) -> object:
        """The same people and queues in both CRMs: `{crm: {"people": {email: id}, "queues": {name: id}}}`."""
        people = [_person(document) for document in body.get("people", [])]
        queues = [str(name) for name in body.get("queues", [])]
        emails = [person.email for person in people]
        return {
            crm: {
                "people": dict(zip(emails, side.add_people(people), strict=True)),
                "queues": dict(zip(queues, side.add_queues(queues), strict=True)),
            }
            for crm, side in self._sides.items()
        }

    def _faulty(self, call: Call, id_: Sequence[str], body: Mapping[str, Any]) -> object:
        if call.method == "POST":
            return {"id": self._faults.add(body).id}
        if call.method == "DELETE":
            self._faults.clear(*id_)
        return {"faults": self._faults.in_force()}

    def _target(self, call: Call, id_: Sequence[str], body: Mapping[str, Any]) -> object:
        if call.method == "POST":
            return self._outbound.add(body)
        if call.method == "DELETE":
            self._outbound.remove(*id_)
        return {"targets": self._outbound.targets()}

    def _expire_tokens(self) -> object:
        """Ends every access token; what they were granted for can be granted again."""
        for kind in _ACCESS_TOKENS:
            for token in self._store.documents(kind):
                self._store.drop(kind, token)
        return _DONE

    def _pending(self, seconds: float) -> object:
        """What waits, by target; with `wait`, once nothing does or the seconds are over."""
        if seconds:
            self._outbound.drained(seconds)
        pending = self._outbound.pending()
        return {"targets": pending, "total": sum(pending.values())}

    def _knob(self, what: str, body: Mapping[str, Any]) -> object:
        if what == "sync":
            return self._sync.round()
        return self._outbound.disturb(body) if what == "chaos" else self._latency(body)

    def _latency(self, body: Mapping[str, Any]) -> object:
        for crm, milliseconds in body.items():
            if crm not in self._latency_ms or not isinstance(milliseconds, int | float) or milliseconds < 0:
                raise ValueError(f"Latency is given in milliseconds for {' or '.join(self._latency_ms)}.")
        self._latency_ms.update(body)
        return self._latency_ms


def _person(document: Mapping[str, Any]) -> Person:
    return Person(
        email=str(document["email"]),
        first_name=str(document.get("firstName", "")),
        last_name=str(document.get("lastName", "")),
        active=bool(document.get("active", True)),
    )
