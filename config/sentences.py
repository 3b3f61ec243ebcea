"""Reads conditions as they stand in a policy: one sentence per comparison, `all`, `any` and `not` around them.

    when:
      all:
        - employees >= 200
        - country_code in [DE, AT, CH]
        - not: [source = "List, bought"]
        - a_segment_defined_above

A constant is read by the word it is compared with, never by its own look: `country_code = NO` is Norway, not a flag.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, cast

from config.conditions import MOMENT, OPERATORS, Comparison, Condition, Constant, Group, Operator
from config.marked_yaml import Marked, Path, Tree
from config.vocabulary import WORDS, Word

MAX_SIZE: Final = 400
"""Comparisons in one condition, segments written out. A longer one cannot be read aloud, and could be made to take forever."""

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")

_SENTENCE: Final = re.compile(
    r"(?P<word>\S+?)\s*(?P<operator>!=|<=|>=|=|<|>|\s(?:is\s+missing|is\s+present|is\s+under|not\s+in|in|between|includes)(?!\w))"
    r"(?![=<>!])\s*(?P<rest>.*)",
    re.DOTALL,
)
_ITEM: Final = re.compile(r"""("[^"]*"|'[^']*')\s*(?:,|$)|([^,"'\[\]]+)(?:,|$)""")
_BLANKS: Final = re.compile(r"\s*")
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
_FLAGS: Final = {"yes": True, "true": True, "no": False, "false": False}


class _Unreadable(ValueError):
    """One clear sentence about one comparison."""


def read_condition(tree: Tree, path: Path, marked: Marked, segments: Mapping[str, Condition | None]) -> Condition | None:
    """The condition at `path`, or None with every problem noted in `marked`.

    `segments` are those defined so far; None stands for one that could not be read and was reported already.
    """
    if isinstance(tree, str):
        return _sentence(tree, path, marked, segments)
    if isinstance(tree, dict) and len(tree) == 1 and (sense := next(iter(tree))) in {"all", "any", "not"}:
        return _group(cast("Literal['all', 'any', 'not']", sense), tree[sense], (*path, sense), marked, segments)
    marked.blame(path, "Write a sentence such as `employees >= 200`, or one of all, any, not with a list of sentences under it.")
    return None


def _group(
    sense: Literal["all", "any", "not"], tree: Tree, path: Path, marked: Marked, segments: Mapping[str, Condition | None]
) -> Condition | None:
    items = tree if isinstance(tree, list) else [tree]
    if not items or tree is None:
        marked.blame(path, f"`{sense}` needs at least one sentence under it.")
        return None
    places = [(*path, number) for number in range(len(items))] if isinstance(tree, list) else [path]
    parts = [read_condition(item, at, marked, segments) for item, at in zip(items, places, strict=True)]
    read = tuple(part for part in parts if part is not None)
    size = sum(part.size for part in read)
    if size > MAX_SIZE:
        marked.blame(path, f"{size} comparisons in one condition; keep it to {MAX_SIZE} by using lists (`in [...]`).")
        return None
    return Group(sense, read, size) if len(read) == len(parts) else None


def _sentence(text: str, path: Path, marked: Marked, segments: Mapping[str, Condition | None]) -> Condition | None:
    text = text.strip()
    if text in segments:
        return segments[text]
    try:
        return read_sentence(text)
    except _Unreadable as error:
        marked.blame(path, str(error))
        return None


def read_sentence(text: str) -> Comparison:
    """One comparison, such as `employees between 50 and 200`.

    Raises:
        ValueError: with one clear sentence.
    """
    parts = _SENTENCE.fullmatch(text)
    if parts is None:
        raise _Unreadable(_no_operator(text))
    word = _word(parts["word"])
    operator = cast("Operator", " ".join(parts["operator"].split()))
    if operator not in OPERATORS[word.kind]:
        raise _Unreadable(
            f"{word.name} ({word.kind}) cannot be used with `{operator}`; use one of {_list(OPERATORS[word.kind])}."
        )
    constants = tuple(_typed(word, constant) for constant in _constants(operator, parts["rest"].strip()))
    if operator == "between" and constants[0] > constants[1]:  # type: ignore[operator]  # two of one kind, by _typed
        raise _Unreadable("The two ends of `between` are the wrong way round; write the lower one first.")
    if operator == "is under":
        constants = tuple(str(constant).removeprefix(".") for constant in constants)
    return Comparison(word, operator, constants)


def _no_operator(text: str) -> str:
    first, _, rest = text.partition(" ")
    if not rest and NAME.fullmatch(first):
        return f"No segment `{first[:40]}` is defined above this line; define it under `segments`, or write a whole sentence."
    _word(first)
    return f"No known operator after {first}; use one of {_list(OPERATORS[WORDS[first].kind])}."


def _word(name: str) -> Word:
    if name in WORDS:
        return WORDS[name]
    raise _Unreadable(
        f"`{name[:40]}` may not be used in a policy: only fields on the allow-list and the known facts may{_nearest(name)}."
    )


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only a mistake pays for it

    near = get_close_matches(name[:60], WORDS, n=1)
    return f"; did you mean {near[0]}?" if near else f" ({_list(sorted(WORDS))})"


def _constants(operator: Operator, rest: str) -> list[str]:
    if operator in {"is missing", "is present"}:
        if rest:
            raise _Unreadable(f"Nothing may follow `{operator}`; take the rest of the sentence out.")
        return []
    if operator in {"in", "not in"}:
        return _items(operator, rest)
    if operator == "between":
        low, middle, high = rest.partition(" and ")
        if not middle:
            raise _Unreadable("Write both ends: `between 50 and 200`.")
        return [low.strip(), high.strip()]
    if not rest:
        raise _Unreadable(f"There is nothing after `{operator}`; write what to compare with.")
    return [_unquoted(rest)]


def _items(operator: Operator, rest: str) -> list[str]:
    if not (rest.startswith("[") and rest.endswith("]") and rest[1:-1].strip()):
        raise _Unreadable(f"Write a list after `{operator}`, in square brackets: `{operator} [one, two]`.")
    return list(_split(rest[1:-1].strip()))


def _split(inner: str) -> Iterator[str]:
    end = 0
    while blanks := _BLANKS.match(inner, end):
        if blanks.end() == len(inner):
            return
        item = _ITEM.match(inner, blanks.end())
        if item is None:
            raise _Unreadable('Separate the list by commas, and put an item with a quote, comma or bracket in "double quotes".')
        yield item[1][1:-1] if item[1] else item[2].strip()
        end = item.end()


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _typed(word: Word, text: str) -> Constant:
    if word.kind == "integer":
        if not _INTEGER.fullmatch(text):
            raise _Unreadable(f"{word.name} is a whole number; write it in digits, without separators or units.")
        return int(text)
    if word.kind == "flag":
        if text.lower() not in _FLAGS:
            raise _Unreadable(f"{word.name} is yes or no; write one of the two.")
        return _FLAGS[text.lower()]
    if word.kind == "moment" and not MOMENT.fullmatch(text):
        raise _Unreadable(f"{word.name} is a moment in UTC; write it like 2026-11-22T09:30:00Z.")
    if word.choices and text.strip().lower() not in word.choices:
        raise _Unreadable(f"{word.name} is never that; it is one of {_list(word.choices)}.")
    if not text.strip():
        raise _Unreadable(f"Write what to compare {word.name} with, or use `is missing`.")
    return text.strip()


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)
