"""Turns a checked policy document into frozen terms, its conditions compiled."""

from collections.abc import Mapping
from typing import Any

from config.conditions import Condition, compile_condition, words_of
from config.marked_yaml import Path
from config.policy_schema import DAYS
from config.policy_terms import Area, Clock, Destination, Hours, Lane, Member, Policy, Rule, Sample

Conditions = Mapping[Path, Condition]
"""Every condition of the document, by its place."""


def build_policy(data: Mapping[str, Any], conditions: Conditions, version: str) -> Policy:
    """The policy of a document that was checked: `data` as `DocumentSchema` loads it, every condition by its place."""
    destinations = {name: _destination(name, body, conditions) for name, body in data["destinations"].items()}

    def lane(body: Mapping[str, Any]) -> Lane:
        name = body["destination"]
        return Lane(name, body["reason_code"], body["clock"] or destinations[name].clock)

    sample = data["sample"]
    return Policy(
        version=version,
        name=data["name"],
        hours=_hours(data["hours"]),
        clocks={name: _clock(name, body) for name, body in data["clocks"].items()},
        pools={name: tuple(map(_member, members)) for name, members in data["pools"].items()},
        destinations=destinations,
        segments={str(path[1]): condition for path, condition in conditions.items() if path[0] == "segments"},
        rules=tuple(_rule(body, lane(body), conditions["rules", at, "when"]) for at, body in enumerate(data["rules"])),
        matrix={cell: lane(body) for cell, body in data["matrix"].items()},
        unsure=lane(data["unsure"]),
        if_unanswered=data["unsure"]["if_unanswered"] or data["default"]["destination"],
        default=lane(data["default"]),
        sample=Sample(sample["percent"], sample["salt"], lane(sample)),
        nobody=frozenset(owner.strip().lower() for owner in data["nobody"]),
    )


def _rule(body: Mapping[str, Any], lane: Lane, when: Condition) -> Rule:
    judged = any(word.judged for word in words_of(when))
    return Rule(body["name"], when, lane, judged, compile_condition(when))


def _destination(name: str, body: Mapping[str, Any], conditions: Conditions) -> Destination:
    def area(at: int, part: Mapping[str, Any]) -> Area:
        when = conditions["destinations", name, "areas", at, "when"]
        return Area(part["name"], when, part["pool"], compile_condition(when))

    return Destination(
        name=name,
        kind=body["kind"],
        clock=body["clock"],
        fallback=body["fallback"],
        pool=body["pool"],
        person=body["person"].lower(),
        queue=body["queue"],
        areas=tuple(area(at, part) for at, part in enumerate(body["areas"])),
        locked=body["kind"] == "ai_sdr" and body["locked"],
    )


def _clock(name: str, body: Mapping[str, Any]) -> Clock:
    return Clock(name, body["minutes"], body["same_day"], body["task"])


def _member(body: Mapping[str, Any]) -> Member:
    return Member(body["email"].lower(), body["weight"], body["cap"])


def _hours(body: Mapping[str, Any]) -> Hours:
    days = frozenset(DAYS.index(day) for day in body["days"])
    return Hours(body["zone"], days, body["open"], body["close"], body["grace_minutes"])
