"""The routing policy: one YAML document that a RevOps lead can read aloud, read once and checked as a whole."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib import resources
from typing import Any, Final

from marshmallow import ValidationError
from marshmallow.experimental.context import Context

from config.conditions import Condition
from config.marked_yaml import Marked, Path, Problem, Tree, read_marked
from config.policy_build import Conditions, build_policy
from config.policy_fields import Names
from config.policy_schema import TABLES, DocumentSchema
from config.policy_terms import (
    CELLS,
    HUMAN,
    Area,
    Clock,
    Destination,
    Hours,
    Kind,
    Lane,
    Member,
    Policy,
    Rule,
    Sample,
)
from config.sentences import read_condition
from config.vocabulary import WORDS

__all__ = [
    "CELLS",
    "HUMAN",
    "Area",
    "Clock",
    "Destination",
    "Hours",
    "Kind",
    "Lane",
    "Member",
    "Policy",
    "PolicyError",
    "Problem",
    "Rule",
    "Sample",
    "load_policy",
    "shipped_policy_text",
]

MAX_BYTES: Final = 256 * 1024
_SHOWN: Final = 20


class PolicyError(ValueError):
    """The policy document is wrong. `problems` has everything that is, in the order of the lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        shown = [str(problem) for problem in self.problems[:_SHOWN]]
        more = len(self.problems) - _SHOWN
        super().__init__("\n".join([*shown, *([f"and {more} more"] if more > 0 else [])]))


def shipped_policy_text() -> str:
    """The default policy document."""
    return resources.files("config").joinpath("defaults/policy.yaml").read_text(encoding="utf-8")


def load_policy(text: str) -> Policy:
    """Reads and checks one policy document.

    Raises:
        PolicyError: with every problem, each with its line and the fix.
    """
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_BYTES:
        sentence = f"{len(raw)} bytes; keep a policy to {MAX_BYTES}, for example by shorter lists."
        raise PolicyError([Problem(1, "the document", sentence)])
    marked = read_marked(text)
    if not isinstance(marked.tree, dict):
        if not marked.problems:
            marked.blame((), "A policy is a table of sections: name, hours, clocks, destinations, rules and so on.")
        raise PolicyError(marked.problems)
    conditions = _read_conditions(marked.tree, marked)
    data = _load(marked.tree, marked)
    _check_rule_names(marked.tree, marked)
    _check_fallbacks(marked.tree, marked)
    if marked.problems:
        raise PolicyError(marked.problems)
    return build_policy(data, conditions, sha256(raw).hexdigest()[:16])


def _entries(tree: Tree) -> Iterator[tuple[str | int, Tree]]:
    """What a table or list holds, by key or number; nothing where the document has something else."""
    if isinstance(tree, dict):
        yield from tree.items()
    elif isinstance(tree, list):
        yield from enumerate(tree)


def _get(tree: Tree, key: str) -> Tree:
    return tree.get(key) if isinstance(tree, dict) else None


# --- conditions


def _read_conditions(tree: dict[str, Tree], marked: Marked) -> Conditions:
    segments: dict[str, Condition | None] = {}
    found: dict[Path, Condition | None] = {}
    for name, body in _entries(tree.get("segments")):
        path: Path = ("segments", name)
        if name in WORDS:
            marked.blame(path, f"{name} is a word of its own already; give the segment another name.")
        found[path] = segments[str(name)] = read_condition(body, path, marked, segments)
    for path, body in _places(tree):
        found[path] = read_condition(body, path, marked, segments)
    return {path: condition for path, condition in found.items() if condition is not None}


def _places(tree: dict[str, Tree]) -> Iterator[tuple[Path, Tree]]:
    for number, rule in _entries(tree.get("rules")):
        if isinstance(rule, dict) and rule.get("when") is not None:
            yield ("rules", number, "when"), rule["when"]
    for name, destination in _entries(tree.get("destinations")):
        for number, area in _entries(_get(destination, "areas")):
            if isinstance(area, dict) and area.get("when") is not None:
                yield ("destinations", name, "areas", number, "when"), area["when"]


# --- shape, references, and what spans sections


def _load(tree: dict[str, Tree], marked: Marked) -> dict[str, Any]:
    try:
        with Context[Names](_names(tree)):
            return dict(DocumentSchema().load(tree))
    except ValidationError as error:
        for path, sentence in _flatten(error.messages, ()):
            marked.blame(path, sentence)
        return {}


def _names(tree: dict[str, Tree]) -> Names:
    destinations = {str(name): str(_get(body, "kind") or "") for name, body in _entries(tree.get("destinations"))}
    clocks = {str(name): "rests" if _get(body, "no_touch") is True else "runs" for name, body in _entries(tree.get("clocks"))}
    pools = {str(name): "" for name, _ in _entries(tree.get("pools"))}
    return {"destinations": destinations, "clocks": clocks, "pools": pools}


def _flatten(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, dict):
        for step, inner in messages.items():
            hop = step == "_schema" or (len(path) == 2 and path[0] in TABLES and step in {"key", "value"})
            yield from _flatten(inner, path if hop else (*path, step))
    elif isinstance(messages, list):
        yield from ((path, str(sentence)) for sentence in messages)


def _check_rule_names(tree: dict[str, Tree], marked: Marked) -> None:
    seen = {"unsure", "default"}
    for number, rule in _entries(tree.get("rules")):
        name = _get(rule, "name")
        if isinstance(name, str):
            if name in seen:
                marked.blame(("rules", number, "name"), "Another rule (or section) has this name; give this one its own.")
            seen.add(name)


def _check_fallbacks(tree: dict[str, Tree], marked: Marked) -> None:
    after = {name: _get(body, "fallback") for name, body in _entries(tree.get("destinations"))}
    for name in after:
        if name in _following(name, after):
            marked.blame(("destinations", name, "fallback"), "This fallback leads back to where it began; end it somewhere else.")


def _following(name: str | int, after: Mapping[str | int, Tree]) -> set[Tree]:
    """Every destination reached from `name` by fallbacks."""
    reached: set[Tree] = set()
    step = after.get(name)
    while isinstance(step, str) and step not in reached:
        reached.add(step)
        step = after.get(step)
    return reached
