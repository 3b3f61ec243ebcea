"""What a profile document must look like. `config/profile.py` turns it into dataclasses."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

FIT_FEATURES: Final = (
    "seniority",
    "function",
    "size_band",
    "industry",
    "region",
    "country_code",
    "mail",
    "source",
    "campaign",
    "form",
    "interest",
)
"""What a fit criterion may ask about. `mail`: business or free."""

COUNTED: Final = (
    "visits",
    "page_views",
    "pricing_views",
    "seconds_on_site",
    "email_opens",
    "email_clicks",
    "email_replies",
    "forms_sent",
    "meetings",
)
"""Kinds of events that a CRM counts."""

TOLD: Final = ("conversations", "attendances")
"""Kinds that nothing counts; they are known only as the last activity."""

RELATIONSHIPS: Final = ("open_opportunity", "customer", "target_account", "partner", "account_owner")


def _whole(low: int, high: int) -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(low, high))


def _flag() -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False})


def _one_of(names: tuple[str, ...]) -> fields.String:
    return fields.String(validate=validate.OneOf(names, error="Must be one of: {choices}."))


def _words(levels: tuple[str, ...] | None = None, *, required: bool = True) -> fields.Dict:
    """Level to words; a word is searched between blanks, so it holds only letters, digits and single blanks."""
    word = fields.String(validate=validate.Regexp(r"^\w+( \w+)*$", error="{input} must be words with single blanks between."))
    return fields.Dict(keys=_one_of(levels) if levels else fields.String(), values=fields.List(word), required=required)


def _steps() -> fields.List[int]:
    return fields.List(fields.Integer(strict=True), required=True, validate=_rising)


def _rising(steps: list[int]) -> None:
    if len(steps) != 4 or sorted(set(steps)) != steps:
        raise ValidationError("Needs four rising numbers.")


class _Bands(Schema):
    high = _whole(1, 100)
    medium = _whole(1, 100)

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["medium"] >= data["high"]:
            raise ValidationError("medium must be less than high.")


class _Criterion(Schema):
    called = fields.String(required=True, validate=validate.Length(1, 30))
    points = _whole(1, 100)
    missing = _whole(0, 99)
    other = _whole(0, 100)
    levels = fields.Dict(keys=fields.String(), values=_whole(0, 100), required=True)
    words = _words(required=False)

    @validates_schema(skip_on_field_errors=True)
    def _adds_up(self, data: dict[str, Any], **_: Any) -> None:
        if max(data["levels"].values(), default=0) != data["points"]:
            raise ValidationError("the best level must have exactly the criterion's points.", "levels")
        if data["missing"] >= data["points"]:
            raise ValidationError("a missing answer must get less than the full points.", "missing")
        if data["other"] > data["points"]:
            raise ValidationError("cannot be more than the criterion's points.", "other")
        if strays := [level for level in data.get("words", {}) if level not in data["levels"]]:
            raise ValidationError(f"{strays[0]} is not one of the levels.", "words")


class _Kind(Schema):
    each = _whole(0, 100)
    full = _whole(1, 1000)
    then = _whole(0, 100)
    cap = _whole(0, 100)
    half_life_days = _whole(1, 3650)
    per = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 86400))

    @validates_schema(skip_on_field_errors=True)
    def _calms_down(self, data: dict[str, Any], **_: Any) -> None:
        if data["then"] > data["each"]:
            raise ValidationError("further events cannot count more than the first ones.", "then")


class _HandRaise(Schema):
    points = _whole(0, 100)
    half_life_days = _whole(1, 3650)
    floor = _whole(0, 100)
    floor_hours = _whole(0, 24 * 30)
    words = _words(("demo", "contact", "pricing", "trial"))


class _Engagement(Schema):
    spike = _whole(1, 100)
    undated_days = _whole(0, 3650)
    kinds = fields.Dict(keys=_one_of((*COUNTED, *TOLD)), values=fields.Nested(_Kind), required=True)
    last_activity = _words((*COUNTED, *TOLD))
    hand_raise = fields.Nested(_HandRaise, required=True)

    @validates_schema(skip_on_field_errors=True)
    def _kinds_are_known(self, data: dict[str, Any], **_: Any) -> None:
        if strays := [kind for kind in data["last_activity"] if kind not in data["kinds"]]:
            raise ValidationError(f"{strays[0]} has no points under kinds.", "last_activity")


class _Firmographic(Schema):
    features = fields.List(_one_of(FIT_FEATURES), required=True, validate=validate.Length(min=1))
    steps = _steps()


class _Intent(Schema):
    steps = _steps()


class _Rank(Schema):
    firmographic = fields.Nested(_Firmographic, required=True)
    intent = fields.Nested(_Intent, required=True)
    relationship = fields.Dict(keys=_one_of(RELATIONSHIPS), values=_whole(1, 5), required=True)


class ProfileSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 20))
    confirmed = _flag()
    bands = fields.Nested(_Bands, required=True)
    confidence = fields.Nested(_Bands, required=True)
    fit = fields.Dict(keys=_one_of(FIT_FEATURES), values=fields.Nested(_Criterion), required=True)
    engagement = fields.Nested(_Engagement, required=True)
    rank = fields.Nested(_Rank, required=True)

    @validates_schema(skip_on_field_errors=True)
    def _hundred(self, data: dict[str, Any], **_: Any) -> None:
        total = sum(criterion["points"] for criterion in data["fit"].values())
        if total != 100:
            raise ValidationError(f"the points of all criteria add up to {total}; they must add up to 100.", "fit")

    @validates_schema(skip_on_field_errors=True)
    def _ranked_features_are_scored(self, data: dict[str, Any], **_: Any) -> None:
        if strays := [feature for feature in data["rank"]["firmographic"]["features"] if feature not in data["fit"]]:
            raise ValidationError(f"{strays[0]} is no fit criterion.", "rank")
