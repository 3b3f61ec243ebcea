"""Injected failures: what goes wrong, where, how often."""

import threading
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final, Literal, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate

from adapters.sandbox.wire import Call

FaultKind = Literal["status", "lock", "item", "latency", "drop", "late", "hang", "expired"]
"""status: answered with `status`, nothing done · lock: one item meets a row lock (Salesforce UNABLE_TO_LOCK_ROW, HubSpot 423) ·
item: one item of a call is refused with `code`, the others are not · latency: answered `seconds` later · drop: done, but the
connection is closed unanswered · late: done only `seconds` later, and never answered · hang: nothing done and never answered ·
expired: one 401 of an expired token."""

STRIKES_A_CALL: Final = frozenset(get_args(FaultKind)) - {"lock", "item"}


@dataclass(frozen=True, slots=True)
class Fault:
    id: str
    kind: FaultKind
    crm: str
    """`hubspot`, `salesforce` or `*`."""
    method: str
    """HTTP method or `*`."""
    route: str
    """Shell pattern on the path: `/crm/*/contacts/batch/update`."""
    probability: float
    """Of each matching call (for lock and item: each item)."""
    left: int | None
    """How many more times it may strike; None without end."""
    status: int
    seconds: float
    policy: str
    """The limit a 429 names: HubSpot's policyName."""
    code: str = ""
    """The vendor's own word for it: Salesforce's errorCode, HubSpot's category. Empty: what the status usually means."""
    after: int = 0
    """Seconds of a Retry-After; 0 sends none."""

    def fits(self, crm: str, call: Call) -> bool:
        return (
            self.left != 0 and self.crm in {"*", crm} and self.method in {"*", call.method} and fnmatchcase(call.path, self.route)
        )


class _FaultSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(get_args(FaultKind)))
    crm = fields.String(load_default="*", validate=validate.OneOf(["*", "hubspot", "salesforce"]))
    method = fields.String(load_default="*")
    route = fields.String(load_default="*")
    probability = fields.Float(load_default=1.0, validate=validate.Range(0, 1))
    left = fields.Integer(load_default=None, allow_none=True, data_key="count", validate=validate.Range(1))
    status = fields.Integer(load_default=503, validate=validate.Range(300, 599))
    seconds = fields.Float(load_default=1.0, validate=validate.Range(0, 3600))
    policy = fields.String(load_default="TEN_SECONDLY_ROLLING")
    code = fields.String(load_default="", validate=validate.Regexp(r"[A-Za-z_]*$"))
    after = fields.Integer(load_default=0, validate=validate.Range(0, 86_400))

    @post_load
    def _fault(self, data: dict[str, Any], **_: Any) -> Fault:
        return Fault(id="", **data)


class Faults:
    """The faults in force. Which calls are struck is decided by one seeded generator, in order of arrival."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._made = 0

    def add(self, document: object) -> Fault:
        """Puts a fault in force.

        Raises:
            ValueError: one sentence about what is wrong with the document.
        """
        try:
            fault: Fault = _FaultSchema().load(document)  # type: ignore[arg-type]
        except ValidationError as error:
            raise ValueError(f"The fault is wrong: {error.messages}") from error
        with self._lock:
            self._made += 1
            fault = replace(fault, id=str(self._made))
            self._faults.append(fault)
        return fault

    def clear(self, id_: str = "") -> None:
        """Ends one fault, or all."""
        with self._lock:
            self._faults = [fault for fault in self._faults if id_ and fault.id != id_]

    def in_force(self) -> list[dict[str, Any]]:
        """Faults in force, with how often each may still strike."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def strike(self, crm: str, call: Call) -> list[Fault]:
        """What goes wrong with this call."""
        return self._draw(crm, call, STRIKES_A_CALL) if self._faults else []

    def locked(self, crm: str, call: Call) -> bool:
        """Whether the item at hand meets a row lock: a CRM asks once per item it is about to write."""
        return bool(self._faults) and bool(self._draw(crm, call, frozenset({"lock"})))

    def refused_item(self, crm: str, call: Call) -> str:
        """The code with which the item at hand is refused, empty if it is not: asked once per item."""
        struck = self._draw(crm, call, frozenset({"item"})) if self._faults else []
        return struck[0].code if struck else ""

    def _draw(self, crm: str, call: Call, kinds: frozenset[str]) -> list[Fault]:
        struck = []
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.kind in kinds and fault.fits(crm, call) and self._random.random() < fault.probability:
                    struck.append(fault)
                    if fault.left is not None:
                        self._faults[place] = replace(fault, left=fault.left - 1)
        return struck
