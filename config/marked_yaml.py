"""YAML that remembers its lines, read the way its author reads it aloud.

Built from the parser's events, so nothing of YAML's object machinery is ever reached: anchors, aliases and tags are refused,
depth is bounded, and only plain words become numbers or flags. `9:00` stays text, where YAML 1.1 would make it 540.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | int | bool | None"
Path = tuple[str | int, ...]

MAX_DEPTH: Final = 24
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
_WORDS: Final[dict[str, bool | None]] = {
    "yes": True,
    "true": True,
    "on": True,
    "no": False,
    "false": False,
    "off": False,
    "null": None,
    "~": None,
    "": None,
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a document: the line (from 1), the place in words, and one sentence with the fix."""

    line: int
    where: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.where}: {self.sentence}"


@dataclass(slots=True)
class Marked:
    """A document as plain data, with the line of every place in it and what was wrong with the YAML itself."""

    tree: Tree = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """The line of a place; of the nearest place around it where it does not exist."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def blame(self, path: Path, sentence: str) -> None:
        self.problems.append(Problem(self.line_of(path), place(path), sentence))


class _TooDeep(Exception):
    pass


def place(path: Path) -> str:
    """A path in words, list items counted from 1: `rules 3 when`."""
    return " ".join(str(step + 1) if isinstance(step, int) else step[:60] for step in path) or "the document"


def read_marked(text: str) -> Marked:
    """Reads one YAML document. Never raises; what is wrong is in `problems`."""
    marked = Marked()
    try:
        _Reader(yaml.parse(text, Loader=yaml.SafeLoader), marked).document()
    except _TooDeep:
        marked.problems.append(Problem(1, "the document", f"Nested more than {MAX_DEPTH} levels deep; make it flatter."))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        marked.problems.append(Problem(line, "the document", "This is not YAML; check indentation, quotes and colons here."))
    except (yaml.YAMLError, ValueError, OverflowError):
        # Unprintable characters are a ReaderError, which has no mark; an escape such as "\UFFFFFFFF" is not even a YAMLError.
        sentence = "A character that YAML cannot hold; save the file as plain UTF-8 text."
        marked.problems.append(Problem(_first_odd_line(text), "the document", sentence))
    return marked


def _first_odd_line(text: str) -> int:
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text) or re.search(r"\\U(?!000|0010)", text)
    return text.count("\n", 0, odd.start()) + 1 if odd else 1


class _Reader:
    def __init__(self, events: Iterator[yaml.Event], marked: Marked) -> None:
        self._events = events
        self._marked = marked

    def document(self) -> None:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return
        self._marked.tree = self._node(next(self._events), (), 0)
        next(self._events)  # the end of the document
        extra = next(self._events)
        if isinstance(extra, yaml.DocumentStartEvent):
            line = _line(extra)
            self._marked.problems.append(Problem(line, "the document", "A second document starts here; keep one to a file."))

    def _node(self, event: yaml.Event, path: Path, depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise _TooDeep
        self._marked.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.AliasEvent):
            self._marked.blame(path, "Aliases (*name) are not allowed; write the value out.")
            return None
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_machinery(event, path)
            return _scalar(event)
        if isinstance(event, yaml.CollectionStartEvent):
            self._refuse_machinery(event, path)
        return self._mapping(path, depth) if isinstance(event, yaml.MappingStartEvent) else self._sequence(path, depth)

    def _refuse_machinery(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, path: Path) -> None:
        if event.anchor is not None:
            self._marked.blame(path, "Anchors (&name) are not allowed; write the value out.")
        if event.tag is not None:
            self._marked.blame(path, "Tags (!name) are not allowed; write the value alone.")

    def _sequence(self, path: Path, depth: int) -> Tree:
        items: list[Tree] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: Path, depth: int) -> Tree:
        entries: dict[str, Tree] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            key = self._key(event, path, depth)
            seen = key in entries
            # The second of two equal keys gets a path of its own, so that its lines do not pass for the first one's.
            inner = (*path, f"{key} (again)") if seen else (*path, key)
            self._marked.lines.setdefault(inner, line)
            value = self._node(next(self._events), inner, depth + 1)
            if seen:
                self._marked.problems.append(Problem(line, place((*path, key)), "This key stands here twice; keep one."))
            else:
                entries[key] = value
        return entries

    def _key(self, event: yaml.Event, path: Path, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_machinery(event, path)
            return str(event.value)
        line = _line(event)
        self._marked.problems.append(Problem(line, place(path), "A key has to be one word; this one is a list or a table."))
        self._node(event, (*path, f"key on line {line}"), depth + 1)
        return f"key on line {line}"


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent) -> str | int | bool | None:
    word = str(event.value)
    if event.style is not None:  # quoted, or a text block
        return word
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    return int(word) if _INTEGER.fullmatch(word) else word
