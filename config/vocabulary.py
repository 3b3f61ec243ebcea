"""The words a policy's conditions may use: allow-listed canonical fields, and facts worked out about the lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from config.fields import ALLOWED, DERIVED, FIELDS

WordKind = Literal["text", "integer", "flag", "moment", "codes"]
"""`codes` is text that holds reason codes separated by spaces, the most important first."""


@dataclass(frozen=True, slots=True)
class Word:
    name: str
    kind: WordKind
    meaning: str
    choices: tuple[str, ...] = ()
    """The only values there are, in lower case; empty where anything goes."""
    judged: bool = False
    """Comes from the scores. A rule that looks at it is passed over while Leadline is unsure."""


_BANDS: Final = ("high", "medium", "low")

FACTS: Final[tuple[Word, ...]] = (
    Word("fit", "integer", "Fit, 0-100", judged=True),
    Word("engagement", "integer", "Engagement, 0-100; missing = not measured", judged=True),
    Word(
        "grade",
        "text",
        "Letter = fit, number = engagement; the letter alone = engagement not measured",
        tuple(letter + number for letter in "abc" for number in ("", "1", "2", "3")),
        judged=True,
    ),
    Word("fit_band", "text", "Fit as a band", _BANDS, judged=True),
    Word("engagement_band", "text", "Engagement as a band", (*_BANDS, "not_measured"), judged=True),
    Word("confidence", "text", "How sure the scores are", _BANDS, judged=True),
    Word("sure", "flag", "The confidence is inside the limits that RevOps set", judged=True),
    Word("rank", "integer", "ICP priority rank, 3-15", judged=True),
    Word("match", "text", "Whether this person is known already", ("new", "known", "possible")),
    Word("known_owner_active", "flag", "The owner of the known person can still own leads"),
    Word("days_since_lost", "integer", "Days since this person's last opportunity was lost; missing = never lost one"),
    Word("review_reasons", "codes", "Why a person has to look, as reason codes"),
)

_CLOSED: Final[Mapping[str, tuple[str, ...]]] = {
    "relationship": ("customer", "partner", "competitor", "vendor", "job_seeker", "test"),
    "size_band": ("1-10", "11-50", "51-200", "201-1000", "1001-5000", "5001+"),
    "seniority": ("owner", "c_level", "vp", "head", "director", "manager", "senior", "entry", "intern", "unknown"),
}


def _from_fields() -> dict[str, Word]:
    known = {**FIELDS, **DERIVED}
    return {name: Word(name, known[name].kind, known[name].meaning, _CLOSED.get(name, ())) for name in sorted(ALLOWED)}


WORDS: Final[Mapping[str, Word]] = {**_from_fields(), **{fact.name: fact for fact in FACTS}}
