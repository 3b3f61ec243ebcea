"""The front door: whose call it is, what goes wrong with it, and that it is counted."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from adapters.sandbox.faults import Fault, Faults
from adapters.sandbox.stats import Stats
from adapters.sandbox.wire import Answer, Call, json_answer
from adapters.sandbox.world import CRMSide

CONTROL_PREFIX: Final = "/_sandbox/"

_log = logging.getLogger(__name__)


class Front:
    """Answers every request of the server. Faults strike the public APIs only."""

    def __init__(
        self,
        sides: Sequence[CRMSide],
        control: Callable[[Call], Answer],
        faults: Faults,
        stats: Stats,
        latency_ms: Mapping[str, float],
    ) -> None:
        self._latency_ms = latency_ms
        self._sides = sides
        self._control = control
        self._faults = faults
        self._stats = stats

    def respond(self, call: Call, stopping: threading.Event) -> Answer | None:
        """The answer, or None to close the connection without one."""
        if call.path.startswith(CONTROL_PREFIX):
            return _safely(self._control, call)
        side = next((side for side in self._sides if call.path.startswith(side.prefixes)), None)
        if side is None:
            return json_answer(404, {"status": "error", "message": "Neither CRM has this path."})
        answer = self._through_faults(side, call, stopping)
        self._stats.call(side.crm, call, answer.status if answer else 0)
        return answer

    def _through_faults(self, side: CRMSide, call: Call, stopping: threading.Event) -> Answer | None:
        if milliseconds := self._latency_ms[side.crm]:
            stopping.wait(milliseconds / 1000)
        struck: dict[str, Fault] = {fault.kind: fault for fault in self._faults.strike(side.crm, call)}
        if struck:
            return _struck(side, call, struck, stopping)
        return _safely(side.answer, call)


def _struck(side: CRMSide, call: Call, struck: Mapping[str, Fault], stopping: threading.Event) -> Answer | None:
    if "latency" in struck:
        stopping.wait(struck["latency"].seconds)
    if "hang" in struck:
        stopping.wait()
        return None
    if "expired" in struck:
        return side.refuse(call, replace(struck["expired"], status=401, code=""))
    if "status" in struck:
        return _with_patience(side.refuse(call, struck["status"]), struck["status"].after)
    if "late" in struck and stopping.wait(struck["late"].seconds):
        return None
    answer = _safely(side.answer, call)
    return None if {"late", "drop"} & struck.keys() else answer


def _with_patience(answer: Answer, seconds: int) -> Answer:
    return replace(answer, headers={**answer.headers, "Retry-After": str(seconds)}) if seconds else answer


def _safely(answer: Callable[[Call], Answer], call: Call) -> Answer:
    """A fault of the sandbox itself is a 500 that says so, and a traceback in the log: never a hung client."""
    try:
        return answer(call)
    except Exception:  # noqa: BLE001 - the outermost one: it logs and answers
        _log.exception("The sandbox failed on %s", call.method)
        return json_answer(500, {"status": "error", "message": "The sandbox itself failed; its log says where."})
