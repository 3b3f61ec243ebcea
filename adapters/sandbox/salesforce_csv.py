"""CSV as Bulk API 2.0 speaks it: a delimiter and a line ending per job, quotes doubled, every value text."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.sandbox.salesforce_errors import SalesforceError

DELIMITERS: Final[Mapping[str, str]] = {
    "COMMA": ",",
    "TAB": "\t",
    "SEMICOLON": ";",
    "PIPE": "|",
    "CARET": "^",
    "BACKQUOTE": "`",
}
ENDINGS: Final[Mapping[str, str]] = {"LF": "\n", "CRLF": "\r\n"}


class CsvError(ValueError):
    """A body that is not the CSV its job announced; the sentence is the job's `errorMessage`."""


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str = "COMMA"
    ending: str = "LF"

    def written(self, heading: Sequence[str], rows: Iterable[Iterable[str]]) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=DELIMITERS[self.delimiter], quoting=csv.QUOTE_ALL, lineterminator=ENDINGS[self.ending])
        writer.writerow(heading)
        writer.writerows(rows)
        return out.getvalue().encode()

    def read(self, body: bytes) -> tuple[list[str], list[list[str]]]:
        """The heading, and the rows that are not empty.

        Raises:
            CsvError: no CSV, another line ending, or a row of another width than the heading.
        """
        text = _decoded(body)
        self._check_ending(text)
        try:
            heading, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[self.delimiter], strict=True)
        except (csv.Error, ValueError) as error:
            raise CsvError(f"InvalidBatch : Failed to parse CSV. {error}") from None
        rows = [row for row in rows if row]
        for number, row in enumerate(rows, start=1):
            if len(row) != len(heading):
                raise CsvError(f"InvalidBatch : Row {number} has {len(row)} values where the heading has {len(heading)}.")
        return heading, rows

    def _check_ending(self, text: str) -> None:
        """By the heading: no column has a line break in its name."""
        first, newline, _ = text.partition("\n")
        found = "CRLF" if first.endswith("\r") else "LF"
        if newline and found != self.ending:
            raise CsvError(f"InvalidBatch : LineEnding is invalid on user data. Current LineEnding setting is {self.ending}")


def dialect(body: Mapping[str, Any]) -> Dialect:
    """Of a job, as its `columnDelimiter` and `lineEnding` ask.

    Raises:
        SalesforceError: INVALIDJOB.
    """
    asked = Dialect(str(body.get("columnDelimiter") or "COMMA"), str(body.get("lineEnding") or "LF"))
    if asked.delimiter not in DELIMITERS:
        raise SalesforceError(400, "INVALIDJOB", f"Unknown columnDelimiter '{asked.delimiter}': one of {', '.join(DELIMITERS)}")
    if asked.ending not in ENDINGS:
        raise SalesforceError(400, "INVALIDJOB", f"Unknown lineEnding '{asked.ending}': one of {', '.join(ENDINGS)}")
    return asked


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise CsvError("InvalidBatch : The data is not UTF-8") from None
