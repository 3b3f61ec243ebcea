"""SOQL's words: text to tokens, and what a quoted string stands for."""

import re
from dataclasses import dataclass
from typing import Final, Literal


class MalformedQueryError(ValueError):
    """Not SOQL as we read it; the sentence says what stands where."""


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string, still escaped: LIKE reads `\\%` differently from `=`."""

    raw: str


Kind = Literal["string", "moment", "day", "number", "operator", "mark", "period", "word", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    at: int


_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>'(?:[^'\\]|\\(?:[nNrRtTbBfF"'\\_%]|u[0-9A-Fa-f]{4}))*')
      | (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
      | (?P<day>\d{4}-\d\d-\d\d)
      | (?P<number>[+-]?\d+(?:\.\d+)?)
      | (?P<operator><=|>=|!=|<>|=|<|>)
      | (?P<mark>[(),])
      | (?P<period>[A-Za-z]\w*:\d{1,5}(?!\w))
      | (?P<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)

_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

_ESCAPE: Final = r"\\(u[0-9A-Fa-f]{4}|.)"

_PIECE: Final = re.compile(_ESCAPE + r"|([%_])|([^\\%_]+)", re.DOTALL)


def tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise MalformedQueryError(f"unexpected character {text[at]!r} at character {at + 1}")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), at + 1))  # type: ignore[arg-type]
        at = match.end()
    found.append(Token("end", "<EOF>", len(text) + 1))
    return found


def unescaped(text: Text) -> str:
    """The characters a quoted string stands for."""
    return re.sub(_ESCAPE, lambda match: _character(match.group(1)), text.raw, flags=re.DOTALL)


def pattern(text: Text) -> re.Pattern[str]:
    """LIKE as a regular expression: `%` any characters, `_` exactly one, both literal behind a backslash; case is ignored."""
    wildcards = {"%": ".*", "_": "."}
    parts = (
        wildcards[wildcard] if wildcard else re.escape(_character(escape) if escape else plain)
        for escape, wildcard, plain in _PIECE.findall(text.raw)
    )
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _character(escape: str) -> str:
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    return _ESCAPES.get(escape.lower(), escape)


def unexpected(token: Token, hint: str = "") -> MalformedQueryError:
    return MalformedQueryError(f"unexpected token: {token.text!r} at character {token.at}{hint}")
