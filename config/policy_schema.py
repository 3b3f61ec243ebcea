"""The shape of a policy document, as marshmallow schemas whose messages say what to do.

Conditions have a grammar of their own (`config/sentences.py`) and pass through here unread.
"""

from collections.abc import Mapping
from typing import Any, Final, get_args

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from marshmallow.experimental.context import Context

from config.policy_fields import (
    Email,
    Flag,
    List,
    Names,
    Nested,
    Reference,
    Table,
    Text,
    TimeOfDay,
    Unread,
    Whole,
    Zone,
    name_of,
    reason_code,
)
from config.policy_terms import CELLS, HUMAN, LANES_OF_LAST_RESORT, Kind

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_NEEDS: Final[Mapping[str, str]] = {"person": "person", "pool": "pool", "review": "pool", "queue": "queue", "territory": "areas"}


class _Section(Schema):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages = {
            **self.error_messages,
            "unknown": f"No such key here; use {', '.join(self.declared_fields)}.",
            "type": "Write a table here: `name: value` lines, indented.",
        }


class _MemberSchema(_Section):
    email = Email(required=True)
    weight = Whole(1, 1000, load_default=1)
    cap = Whole(1, 10_000, load_default=None, allow_none=True)


def _once(members: list[Mapping[str, Any]]) -> None:
    addresses = [member["email"].lower() for member in members]
    if len(set(addresses)) < len(addresses):
        raise ValidationError("Somebody is in this pool twice; keep one line and give it the weight.")


class _ClockSchema(_Section):
    minutes = Whole(1, 43_200, load_default=None)
    same_day = Flag(load_default=False)
    no_touch = Flag(load_default=False)
    task = Flag(load_default=False)

    @validates_schema(skip_on_field_errors=True)
    def _one_deadline(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["minutes"] is not None) + data["same_day"] + data["no_touch"] != 1:
            raise ValidationError("A clock has exactly one of `minutes: 5`, `same_day: yes`, `no_touch: yes`.")


class _AreaSchema(_Section):
    name = Text(required=True, validate=validate.Length(1, 60, error="Name the area in 1 to 60 characters."))
    when = Unread(required=True)
    pool = Reference("pools", required=True)


class _DestinationSchema(_Section):
    kind = Text(required=True, validate=validate.OneOf(get_args(Kind), error="No such kind; use one of {choices}."))
    clock = Reference("clocks", required=True)
    fallback = Reference("destinations", load_default="")
    pool = Reference("pools", load_default="")
    person = Email(load_default="")
    queue = Text(load_default="", validate=validate.Length(1, 255, error="Name the queue in 1 to 255 characters."))
    areas = List(Nested(_AreaSchema), load_default=list)
    locked = Flag(load_default=True)

    @validates_schema(skip_on_field_errors=False)
    def _complete(self, data: Mapping[str, Any], **_: Any) -> None:
        names: Names = Context.get()
        kind = data.get("kind", "")
        if (need := _NEEDS.get(kind)) and need in data and not data[need]:
            raise ValidationError(f"A `{kind}` destination needs `{need}`; add it.", need)
        fallback = names["destinations"].get(data.get("fallback", ""), "")
        if kind in HUMAN and fallback and fallback not in HUMAN:
            raise ValidationError(
                f"Nobody would look at the lead: `{fallback}` is no fallback for `{kind}`; name a person.", "fallback"
            )
        _must_run(kind, data.get("clock", ""))


def _must_run(kind: str, clock: str) -> None:
    names: Names = Context.get()
    if kind in HUMAN and names["clocks"].get(clock) == "rests":
        raise ValidationError(f"Somebody has to act on `{kind}`; name a clock with minutes or same_day.", "clock")


class _LaneSchema(_Section):
    destination = Reference("destinations", required=True)
    reason_code = reason_code()
    clock = Reference("clocks", load_default="")

    @validates_schema(skip_on_field_errors=True)
    def _somebody_acts(self, data: Mapping[str, Any], **_: Any) -> None:
        names: Names = Context.get()
        _must_run(names["destinations"][data["destination"]], data["clock"])


class _RuleSchema(_LaneSchema):
    name = Text(required=True, validate=validate.Length(1, 60, error="Name the rule in 1 to 60 characters."))
    when = Unread(required=True)


class _LastResortSchema(_LaneSchema):
    destination = Reference("destinations", only=LANES_OF_LAST_RESORT, required=True)


class _UnsureSchema(_LastResortSchema):
    if_unanswered = Reference("destinations", load_default="")


class _SampleSchema(_LastResortSchema):
    percent = Whole(0, 50, required=True)
    salt = Text(load_default="sample", validate=validate.Length(1, 60, error="Write a salt of 1 to 60 characters."))


class _HoursSchema(_Section):
    zone = Zone(required=True)
    days = List(
        Text(validate=validate.OneOf(DAYS, error="No such day; use one of {choices}.")),
        required=True,
        validate=validate.Length(min=1, error="Name at least one working day."),
    )
    open = TimeOfDay(required=True)
    close = TimeOfDay(required=True)
    grace_minutes = Whole(0, 240, load_default=15)

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["open"] >= data["close"]:
            raise ValidationError("The day has to close after it opens; swap the two times.", "close")


def _matrix() -> dict[str, fields.Field[Any]]:
    return {cell: Nested(_LaneSchema, required=True) for cell in CELLS}


_MatrixSchema = _Section.from_dict(dict(_matrix()), name="_MatrixSchema")


class DocumentSchema(_Section):
    """Loads inside a `Context` of `Names`."""

    name = Text(required=True, validate=validate.Length(1, 120, error="Name the policy in 1 to 120 characters."))
    hours = Nested(_HoursSchema, required=True)
    clocks = Table(keys=name_of("a clock"), values=Nested(_ClockSchema), required=True)
    pools = Table(keys=name_of("a pool"), values=List(Nested(_MemberSchema), validate=_once), load_default=dict)
    destinations = Table(keys=name_of("a destination"), values=Nested(_DestinationSchema), required=True)
    segments = Table(keys=name_of("a segment"), values=Unread(), load_default=dict)
    rules = List(Nested(_RuleSchema), load_default=list, validate=validate.Length(max=500, error="Keep a policy to 500 rules."))
    unsure = Nested(_UnsureSchema, required=True)
    matrix = Nested(_MatrixSchema, load_default=dict)
    default = Nested(_LastResortSchema, required=True)
    sample = Nested(_SampleSchema, required=True)
    nobody = List(Text(), load_default=list)


TABLES: Final = frozenset({"clocks", "pools", "destinations", "segments"})
"""Sections whose keys are names: marshmallow reports those one step deeper, under `key` or `value`."""
