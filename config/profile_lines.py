"""Where in a YAML document a mistake stands."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    line: int
    """From 1."""
    says: str


class ProfileError(ValueError):
    """The profile document is wrong; the text has one line per mistake, each with its line number in the document."""

    def __init__(self, mistakes: Collection[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(f"Profile, line {mistake.line}: {mistake.says}" for mistake in self.mistakes))


def read(text: str) -> tuple[yaml.Node, object]:
    """The document twice: as nodes that know their lines, and as plain values.

    Raises:
        ProfileError: it is no YAML, or empty.
    """
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        document: object = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProfileError({Mistake(line, f"this is not YAML: {error.problem}.")}) from error
    except yaml.YAMLError as error:
        raise ProfileError({Mistake(1, "this is not YAML: it holds a character that text cannot have.")}) from error
    if root is None:
        raise ProfileError({Mistake(1, "the profile is empty; start from the shipped config/defaults/icp.yaml.")})
    return root, document


def _lines(node: yaml.Node, path: Path = ()) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, str(key.value)))
            yield (*path, str(key.value)), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*path, index))


def locate(messages: object, root: yaml.Node) -> Iterator[Mistake]:
    """Marshmallow's nested messages, each with the line it is about."""
    lines = dict(_lines(root))
    return (_mistake(path, says, lines) for path, says in _flat(messages))


def doubled_keys(node: yaml.Node) -> Iterator[Mistake]:
    """PyYAML keeps the last of two equal keys and says nothing."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield Mistake(key.start_mark.line + 1, f"{key.value} stands here a second time; keep one.")
            seen.add(key.value)
            yield from doubled_keys(value)


def _flat(messages: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, dict):
        for step, inner in messages.items():
            yield from _flat(inner, (*path, step))
    else:
        for says in messages if isinstance(messages, list) else [messages]:
            yield path, str(says)


def _mistake(path: Path, says: str, lines: Mapping[Path, int]) -> Mistake:
    """Marshmallow puts its own steps (`key`, `value`, `_schema`) into a path; the document does not have them."""
    real: Path = ()
    for step in path:
        if (*real, step) in lines or step not in ("key", "value", "_schema"):
            real = (*real, step)
    place = real
    while place not in lines:
        place = place[:-1]
    name = ".".join(map(str, real)) or "the profile"
    return Mistake(lines[place], f"{name}: {says}")
