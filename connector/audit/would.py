"""What Leadline would have done: the real judgement, on every record as it reads today, and nothing of it recorded."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from adapters.history import Created
from config.policy import HUMAN, Policy
from config.profile import Profile
from connector.audit.duplicates import Matched
from connector.audit.figures import Figure, Part
from connector.audit.rates import rate
from connector.audit.reading import Material
from connector.case import Case, case_of
from connector.hydration import Hydrated
from connector.judgement import judge
from connector.recording import REPEAT
from connector.saying import Judged
from connector.store.dues import Due
from connector.store.people import Person

log = structlog.get_logger(__name__)

_THEN: Final = (
    "Each record was judged at the moment it was created, from its fields as they read today: what a person did later on the web "
    "site or with our mails counts too, so engagement looks better than it was."
)
_AS_IT_IS: Final = "With the policy {policy} and the profile {profile}, as they stand here now."


@dataclass(slots=True)
class _Tally:
    routes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    people: int = 0
    linked: int = 0
    failed: int = 0

    @property
    def judged(self) -> int:
        return self.routes.total()

    def add(self, judged: Judged) -> None:
        decision = judged.decision
        self.routes[decision.route] += 1
        self.reasons[decision.review_code or decision.reason_code] += 1
        self.grades[_cell(judged)] += 1
        self.people += decision.kind in HUMAN
        if decision.rule == "unsure":
            self.unsure[decision.review_code] += 1


def _cell(judged: Judged) -> str:
    """`A1`; `A-` where engagement was not measured, whatever column that stands in."""
    scores = judged.scores
    return scores.grade if scores.measured else f"{scores.grade[0]}-"


def would(material: Material, found: Matched, policy: Policy, profile: Profile, thing: str) -> Sequence[Figure]:
    """Counts by route, by reason code and by grade, and how many would go to a person because Leadline is not sure."""
    tally = _judged(material, found, policy, profile)
    versions = _AS_IT_IS.format(policy=policy.version, profile=profile.version)
    notes = [_THEN, versions]
    if tally.linked:
        notes.append(f"{tally.linked:,} are a second record of one person and would be linked to the first, not judged again.")
    if tally.failed:
        notes.append(f"{tally.failed:,} could not be judged.")
    judged = tally.judged
    of = f"of all {thing.lower()} that would be judged"
    numbers = {"judged": judged, "linked": tally.linked, "failed": tally.failed}
    return [
        Figure(
            "would_unsure",
            "A person would have to look",
            f"{thing} that would go to a person because too little is known, or because they may be two people, {of}.",
            rate(tally.unsure.total(), judged),
            {},
            _parts(tally.unsure.most_common(), judged),
        ),
        Figure(
            "would_routes",
            "Where Leadline would send them",
            f"{thing} by destination, {of}; the rate is the share that a person would handle.",
            rate(tally.people, judged),
            numbers,
            _parts(tally.routes.most_common(), judged),
            tuple(notes),
        ),
        Figure(
            "would_reasons",
            "Why",
            f"{thing} by reason code, {of}.",
            parts=_parts(tally.reasons.most_common(), judged),
        ),
        Figure(
            "would_grades",
            "Grades",
            f"{thing} by grade, {of}: the letter is fit, the number engagement (1 is high, - is not measured).",
            parts=_parts(((cell, tally.grades[cell]) for cell in CELLS), judged),
        ),
    ]


CELLS: Final = tuple(f"{letter}{column}" for letter in "ABC" for column in "123-")


def _parts(counts: Iterable[tuple[str, int]], of: int) -> tuple[Part, ...]:
    return tuple(Part(label, count, of) for label, count in counts)


def _judged(material: Material, found: Matched, policy: Policy, profile: Profile) -> _Tally:
    tally = _Tally()
    people: dict[str, Person] = {}
    for one in material.created:
        case = _case(one, found, people)
        before = people.get(case.person_id)
        if before and before.decided_at and (case.verdict != "known" or case.as_of - before.decided_at < REPEAT):
            tally.linked += 1
            continue
        try:
            judged = judge(case, policy, profile)
        except Exception as error:  # noqa: BLE001 - one bad record is counted as such, whatever is wrong with it
            log.warning("record not judged", kind=type(error).__name__)
            tally.failed += 1
            continue
        tally.add(judged)
        people[case.person_id] = _decided(case, judged)
    return tally


def _case(one: Created, found: Matched, people: Mapping[str, Person]) -> Case:
    """As if the record's creation had just been heard of."""
    its_match = found.matches[one.ref]
    its_match = replace(its_match, person=people.get(its_match.person.id, its_match.person))
    created_at = one.lead.created_at
    hydrated = Hydrated(Due(one.ref, version=1, attempts=0, source_at=created_at), one.lead, b"", None)
    return case_of(hydrated, its_match, found.derived[one.ref], mode="shadow", owner_active=False, as_of=created_at)


def _decided(case: Case, judged: Judged) -> Person:
    return Person(
        id=case.person_id,
        packet_id=case.key,
        route=judged.decision.route,
        raised=case.raised,
        clock_from=case.clock_from(judged.decision.route),
        decided_at=case.as_of,
    )
