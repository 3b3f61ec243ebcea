"""Rows that the connected CRM seems to offer: guessed from names, labels, types and values, each with its evidence in words.

An outcome, or what looks as if it said something about a person that must not matter, is never suggested as something that
influences a score; it is named among what was left out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from adapters.fitting import read_problems, write_problems
from adapters.records import FieldSpec
from config.fields import ALLOWED, FIELDS
from config.mapping import FieldMapping, Row, Terms, is_own
from config.transforms import SAME, Direction, Transform, transform_document
from connector.fieldmap.cells import answer
from connector.fieldmap.meaning import EXACT, Bid, by_content, by_words, fits, header_words, nearly_unique, suspicion
from connector.fieldmap.synonyms import FULL_NAME, IDS, SYNONYMS
from connector.fieldmap.targets import TARGETS, transform_onto
from connector.store.connections import CrmConnection
from connector.wiring import Services

SAMPLE: Final = 100
"""Records whose values are looked at."""

_ENOUGH: Final = 5
"""Values that count as evidence."""

_LEAST: Final = 50
"""Confidence below which a row is not worth anybody's time."""

_NEAR: Final = 0.86
"""Likeness of a name with a slip in it, as `difflib` measures it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One row that could be put."""

    row: Row
    label: str
    confidence: int
    """0-100: how much of the evidence there could be, there is. No probability."""
    evidence: tuple[str, ...]
    instead_of: str
    """The CRM field that this output or input has in the mapping now; empty if none."""

    def command(self, connection: str) -> str:
        """What puts it in force."""
        transform = self.row.terms.transform
        said = "" if transform == SAME else f" --transform '{_inline(transform)}'"
        return f"leadline map {connection} set {self.row.name} {self.row.field}{said}"

    def document(self) -> dict[str, Any]:
        """For a program."""
        transform = self.row.terms.transform
        return {
            "object": self.row.object,
            "field": self.row.field,
            "label": self.label,
            "name": self.row.name,
            "direction": self.row.direction,
            "transform": None if transform == SAME else transform_document(transform),
            "confidence": self.confidence,
            "evidence": list(self.evidence),
            "instead_of": self.instead_of or None,
        }


@dataclass(frozen=True, slots=True)
class Suggestions:
    rows: Sequence[Suggestion]
    left_out: Sequence[tuple[str, str]]
    """CRM field, and why it was not offered though its name seems to say something."""
    seen: int
    """Records whose values were looked at."""


def _inline(transform: Transform) -> str:
    """As `--transform` takes it."""
    if transform.name != "table":
        return str(transform)
    return "table " + ", ".join(f"{here}={there}" for here, there in transform.table)


def suggest(services: Services, crm: CrmConnection) -> Suggestions:
    """
    Raises:
        adapters.errors.AdapterError: the CRM could not be asked.
    """
    adapter, mapping = services.adapter(crm), crm.mapping
    specs = [spec for spec in adapter.fields(mapping.object) if spec.type != "other" and not is_own(spec.name)]
    records = adapter.recent([spec.name for spec in specs], SAMPLE, mapping.object)
    elsewhere = {
        other.object: frozenset(spec.name.lower() for spec in adapter.fields(other.object)) for other in mapping.also.values()
    }
    answers = {spec.name: [text for one in records if (text := answer(one.get(spec.name, "")))] for spec in specs}
    return suggested(mapping, specs, answers, len(records), elsewhere)


_NOWHERE: Final[Mapping[str, frozenset[str]]] = {}


def suggested(
    mapping: FieldMapping,
    specs: Sequence[FieldSpec],
    answers: Mapping[str, Sequence[str]],
    seen: int,
    elsewhere: Mapping[str, frozenset[str]] = _NOWHERE,
) -> Suggestions:
    """As `suggest`, from what was asked already.

    Args:
        answers: CRM field to the texts that stand in it, over `seen` records.
        elsewhere: the fields, in lower case, of each further object that the mapping knows.
    """
    left_out: list[tuple[str, str]] = []
    found: list[Suggestion] = []
    taken = {field.lower() for one in (mapping.inputs, mapping.outputs) for field in one.values()}
    for spec in specs:
        if spec.name.lower() in taken:
            continue
        context = _Seen(mapping, spec, answers.get(spec.name, ()), seen, elsewhere)
        found += [*_target(context), *_source(context, left_out)]
    return Suggestions(_best(mapping, found, answers), left_out, seen)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One field with what stands in it."""

    mapping: FieldMapping
    spec: FieldSpec
    answers: Sequence[str]
    seen: int
    elsewhere: Mapping[str, frozenset[str]]

    def row(self, name: str, direction: Direction, transform: Transform) -> Row:
        return Row(self.mapping.object, self.spec.name, name, direction, Terms(transform))

    @property
    def filled(self) -> str:
        share = 100 * len(self.answers) // self.seen if self.seen else 0
        return f"filled on {share} % of the last {self.seen} records" if self.seen else "there are no records to look at"


# --- what could be read


def _source(context: _Seen, left_out: list[tuple[str, str]]) -> Iterator[Suggestion]:
    spec = context.spec
    bid, said = _bid(spec, context.answers)
    if bid is None or bid.field == FULL_NAME or bid.field not in FIELDS:
        return
    # A yes or no is neither a comment nor a product, whatever it is called; and the CRM's own fields are called what they are:
    # half of such a name is somebody else's.
    if (spec.type == "flag" and FIELDS[bid.field].kind == "text") or (not spec.custom and bid.strength < EXACT):
        return
    why = (suspicion(spec.name, bid.field) or suspicion(spec.label, bid.field)) if bid.field in ALLOWED else ""
    if why:
        left_out.append((spec.name, f"{why}, so it may not be {bid.field}"))
        return
    if set(header_words(spec.name).split()) & IDS and nearly_unique(context.answers) and bid.strength < EXACT:
        return
    transform = _reading(context, bid.field)
    row = context.row(bid.field, "read", transform)
    if next(read_problems(row, spec), None) is not None:
        return
    fitting = _agree(bid.field, transform, context.answers)
    if fitting is False:
        return
    evidence = [said, f"type {spec.vendor_type} can be read as {FIELDS[bid.field].kind}", context.filled]
    if fitting:
        evidence.append(f"its values look like {FIELDS[bid.field].meaning.lower()}")
    if transform != SAME:
        evidence.append(f"read with {_inline(transform)}")
    confidence = _names(bid) + 15 + (25 if fitting else 0)
    yield Suggestion(row, spec.label, confidence, tuple(evidence), context.mapping.inputs.get(bid.field, ""))


def _bid(spec: FieldSpec, answers: Sequence[str]) -> tuple[Bid | None, str]:
    """What the field's label, its name, or its values say it is; with how it was found, in words."""
    bare = spec.name.removesuffix("__c")
    by_label, by_name = by_words(header_words(spec.label)), by_words(header_words(bare))
    best = max((bid for bid in (by_label, by_name) if bid), key=lambda bid: bid.strength, default=None)
    if best:
        return best, f"its label says '{spec.label}'" if best == by_label else f"its name says '{header_words(bare)}'"
    if near := _near(header_words(spec.label)):
        return near[0], f"its label '{spec.label}' is nearly '{near[1]}'"
    if answers and len(answers) >= _ENOUGH and spec.type == "text" and (bid := by_content(answers)):
        return bid, "nothing in its name, only its values"
    return None, ""


_PHRASES: Final = {phrase: name for name, phrases in SYNONYMS.items() if name in FIELDS for phrase in phrases}


def _near(header: str) -> tuple[Bid, str] | None:
    """A name with a slip in it, and what it should have been; short ones are too easily alike."""
    near = get_close_matches(header, _PHRASES, 1, cutoff=_NEAR) if len(header) >= 6 else []
    return (Bid(_PHRASES[near[0]], EXACT // 2), near[0]) if near else None


def _names(bid: Bid) -> int:
    """Points for the name, up to 60."""
    return 60 if bid.strength == EXACT else 10 + bid.strength // 3 if bid.strength > 1 else 10


def _reading(context: _Seen, field: str) -> Transform:
    """The transform that the values ask for."""
    kind, texts = FIELDS[field].kind, context.answers
    if kind == "integer" and context.spec.type in {"text", "choice", "choices"}:
        return Transform("number")
    if kind == "moment" and context.spec.type == "text" and texts:
        for order in ("dmy", "mdy"):
            if _share(Transform("date", order), texts) >= 90:
                return Transform("date", order)
    if kind == "text" and field == "relationship" and context.spec.type == "choice":
        return Transform("lower")
    return SAME


def _share(transform: Transform, texts: Sequence[str]) -> int:
    """Percent of the texts that the transform makes something of."""
    return 100 * sum(transform.onward(text) is not None for text in texts) // len(texts)


def _agree(field: str, transform: Transform, texts: Sequence[str]) -> bool | None:
    """Whether the values look like the field's; None where there are too few to tell."""
    if len(texts) < _ENOUGH:
        return None
    if transform.name in {"number", "date"}:
        return _share(transform, texts) >= 80
    return fits(field, texts, percent=80)


# --- where our outputs could go


def _target(context: _Seen) -> Iterator[Suggestion]:
    spec = context.spec
    if not spec.writable or spec.calculated:
        return
    names = {_bare(header_words(text)) for text in (spec.label, spec.name.removesuffix("__c"))}
    for output, phrases in TARGETS.items():
        exact = names & set(phrases)
        part = [phrase for phrase in phrases if any(name.endswith(f" {phrase}") for name in names)]
        found = transform_onto(output, spec, context.answers) if exact or part else None
        if found is None:
            continue
        transform, how = found
        row = context.row(output, "write", transform)
        if any(problem.fatal for problem in write_problems(row, spec)):
            continue
        said = f"its name says '{sorted(exact)[0] if exact else max(part, key=len)}'"
        evidence = [said, *dict.fromkeys((_shape(spec), how)), context.filled, *_elsewhere(context, output)]
        if context.answers:
            evidence.append("what stands there stays, unless you add --overwrite ours_wins")
        confidence = _target_names(exact, part) + (15 if spec.custom else 0) + (25 if context.answers else 15)
        yield Suggestion(row, spec.label, confidence, tuple(evidence), context.mapping.outputs.get(output, ""))


def _shape(spec: FieldSpec) -> str:
    """Type and room, in words."""
    room = ""
    if spec.type == "number" and spec.digits:
        room = f", {spec.digits} digits before the point and {spec.decimals or 'none'} after it"
    elif spec.type == "text" and spec.length:
        room = f", {spec.length} characters"
    elif spec.type == "choice":
        room = ", its own values only" if spec.restricted else ", other values too"
    return f"type {spec.vendor_type}{room}"


def _elsewhere(context: _Seen, output: str) -> Iterator[str]:
    for object_, names in context.elsewhere.items():
        if context.spec.name.lower() in names:
            yield f"{object_} has it too"
        else:
            yield f"{object_} has none, and there it stays in {context.mapping.of(object_).outputs.get(output, 'no field')}"


def _bare(header: str) -> str:
    """`my score` is a score."""
    return " ".join(word for word in header.split() if word not in {"my", "our", "the", "custom"})


def _target_names(exact: Collection[str], part: Collection[str]) -> int:
    """Points for the name: `acme lead score` says more than `badge score`."""
    return 55 if exact else 40 if any(" " in phrase for phrase in part) else 15


# --- the best of them


def _best(mapping: FieldMapping, found: Sequence[Suggestion], answers: Mapping[str, Sequence[str]]) -> Sequence[Suggestion]:
    """For each of our names the likeliest field, if one is likely at all; of equals the fuller; and each field once.

    What is mapped is left alone unless it lies empty while the other does not.
    """
    best: dict[str, Suggestion] = {}
    fields: set[str] = set()
    for one in sorted(found, key=lambda one: (-one.confidence, -len(answers.get(one.row.field, ())), one.row.field)):
        mapped = mapping.inputs.get(one.row.name, "")
        settled = bool(mapped) and (bool(answers.get(mapped)) or not answers.get(one.row.field))
        weak = one.confidence < _LEAST
        if not weak and one.row.name not in best and one.row.field not in fields and not settled:
            best[one.row.name] = one
            fields.add(one.row.field)
    return sorted(best.values(), key=lambda one: (one.row.direction == "read", -one.confidence, one.row.field))
