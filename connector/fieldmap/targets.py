"""A customer's own fields that one of our outputs could go into: what they are called, and on which scale they count."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.records import FieldSpec
from config.fields import CHOICES
from config.transforms import SAME, Transform
from connector.fieldmap.cells import number_in

TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "fit_score": ("score", "lead score", "fit score", "fit", "icp score", "profile score", "firmographic score"),
    "engagement_score": ("engagement score", "engagement", "behavior score", "behaviour score", "activity score", "intent score"),
    "grade": ("rating", "lead rating", "grade", "lead grade"),
    "priority_rank": ("priority", "lead priority", "priority rank"),
    "route": ("route", "lead route", "routing"),
    "route_reason": ("route reason", "routing reason", "assignment reason"),
    "sla_due": ("follow up by", "sla due", "respond by"),
}
"""Output to header words, as in `synonyms`."""

_WARMTH: Final = ("hot", "warm", "cold")
_LEVELS: Final = ("high", "medium", "low")

Found = tuple[Transform, str]
"""A transform, and how it was found, in words."""


def transform_onto(output: str, spec: FieldSpec, answers: Sequence[str]) -> Found | None:
    """What brings an output into a field, as its type, its list and its values show; None where nothing does."""
    match output:
        case "fit_score" | "engagement_score":
            return _score_onto(spec, answers)
        case "grade":
            return _grade_onto(spec)
        case "sla_due":
            return _moment_onto(spec)
    return (SAME, f"type {spec.vendor_type}") if spec.type in {"text", "number"} else None


# --- scores


def _score_onto(spec: FieldSpec, answers: Sequence[str]) -> Found | None:
    if spec.type == "number":
        return _number_scale(spec, answers)
    if spec.type == "choice":
        return _choice_scale(spec)
    return (SAME, f"type {spec.vendor_type}") if spec.type == "text" else None


def _number_scale(spec: FieldSpec, answers: Sequence[str]) -> Found:
    """By the values that stand there; without any, by the digits that it holds."""
    numbers = [number for text in answers if (number := number_in(text)) is not None]
    if numbers:
        low, high = min(numbers), max(numbers)
        said = f"its values lie between {low.normalize():f} and {high.normalize():f}"
        if low >= 0 and high <= 1 and any(number % 1 for number in numbers):
            return Transform("scale", "0-1"), said
        if high <= 5:
            return Transform("scale", "1-5" if low >= 1 else "0-5"), said
        if high <= 10:
            return Transform("scale", "1-10" if low >= 1 else "0-10"), said
        return SAME, said
    said = f"it holds {spec.digits} digits and {spec.decimals or 'no'} decimals" if spec.digits else f"type {spec.vendor_type}"
    if spec.digits == 1:
        return Transform("scale", "0-1" if (spec.decimals or 0) >= 2 else "1-5"), said
    return (Transform("scale", "0-10"), said) if spec.digits == 2 else (SAME, said)


def _choice_scale(spec: FieldSpec) -> Found | None:
    if letters := _letters(spec.choices):
        return Transform("letters", letters), f"its list is {', '.join(spec.choices)}"
    numbers = sorted(int(choice) for choice in spec.choices if choice.isdecimal())
    if len(numbers) == len(spec.choices) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return Transform("scale", f"{numbers[0]}-{numbers[-1]}"), f"its list runs from {numbers[0]} to {numbers[-1]}"
    return None


def _letters(choices: Sequence[str]) -> str:
    """The letters of a list of letters, best first; empty where it is none."""
    letters = "".join(sorted(choices))
    single = all(len(choice) == 1 and choice.isascii() and choice.isupper() for choice in choices)
    return letters if single and 2 <= len(choices) <= 10 and letters.startswith("A") else ""


# --- grades


def _grade_onto(spec: FieldSpec) -> Found | None:
    if spec.type == "choice":
        return _grade_choice(spec.choices)
    if spec.type == "number":
        return Transform("letter_number", "ABC"), f"type {spec.vendor_type}: A becomes 3, C becomes 1"
    return (SAME, f"type {spec.vendor_type}") if spec.type == "text" else None


def _grade_choice(choices: Sequence[str]) -> Found | None:
    said = f"its list is {', '.join(choices[:8])}"
    by_case = {choice.casefold(): choice for choice in choices}
    if {grade.casefold() for grade in CHOICES["grade"]} <= by_case.keys():
        return SAME, said
    if {"a", "b", "c"} <= by_case.keys():
        return _table({grade: by_case[grade[0].casefold()] for grade in CHOICES["grade"]}), said
    for words in (_WARMTH, _LEVELS):
        if set(words) <= by_case.keys():
            return _table({grade: by_case[words[_step(grade)]] for grade in CHOICES["grade"]}), said
    return None


def _step(grade: str) -> int:
    """0 for the best third of the matrix, 2 for the worst: fit and engagement count the same."""
    distance = "ABC".index(grade[0]) + int(grade[1]) - 1
    return 0 if distance <= 1 else 1 if distance == 2 else 2


def _table(pairs: Mapping[str, str]) -> Transform:
    return Transform("table", table=tuple(sorted(pairs.items())))


def _moment_onto(spec: FieldSpec) -> Found | None:
    if spec.type == "date":
        return Transform("day"), "a date: the day alone is written"
    return (SAME, f"type {spec.vendor_type}") if spec.type == "moment" else None
