"""Salesforce's answers, parsed once. Message texts are never read: they are reworded, translated, and quote values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"[A-Za-z0-9]{15,18}")
_CODE = re.compile(r"[A-Za-z_]{1,100}")


@dataclass(frozen=True, slots=True)
class VendorError:
    """`errorCode` of a single call, `statusCode` of an item. `fields` are API names."""

    code: str
    fields: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    """Of DUPLICATES_DETECTED: the records that the org takes for the same. Empty where sharing hides them."""


@dataclass(frozen=True, slots=True)
class Item:
    """One record's part of a collections or composite answer."""

    success: bool
    id: str | None = None
    errors: tuple[VendorError, ...] = ()
    status: int = 200
    """HTTP status of a composite subrequest; a collection's items have none of their own."""

    @property
    def code(self) -> str:
        return self.errors[0].code if self.errors else ""

    @property
    def twins(self) -> tuple[str, ...]:
        return tuple(twin for error in self.errors for twin in error.twins)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(field for error in self.errors for field in error.fields)


def parse_errors(content: object) -> tuple[VendorError, ...]:
    """An error body: an array as a rule, a bare object on a few resources, HTML from a proxy (which says nothing to us)."""
    entries = content if isinstance(content, list) else [content]
    return tuple(_error(entry) for entry in entries if isinstance(entry, dict))


def _error(entry: Mapping[str, Any]) -> VendorError:
    code = entry.get("errorCode") or entry.get("statusCode") or ""
    fields = entry.get("fields")
    return VendorError(
        code=code if isinstance(code, str) and _CODE.fullmatch(code) else "",
        fields=tuple(name for name in fields if isinstance(name, str)) if isinstance(fields, list) else (),
        twins=tuple(dict.fromkeys(_twins(entry.get("duplicateResult")))),
    )


def _twins(result: object) -> Iterator[str]:
    """`matchResults[].matchRecords[].record.Id`, of whatever object."""
    for match in _entries_of(result, "matchResults"):
        for found in _entries_of(match, "matchRecords"):
            record = found.get("record")
            id_ = record.get("Id") if isinstance(record, dict) else None
            if isinstance(id_, str) and _ID.fullmatch(id_):
                yield id_


def _entries_of(document: object, name: str) -> list[dict[str, Any]]:
    entries = document.get(name) if isinstance(document, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def parse_collection(document: object, expected: int) -> list[Item]:
    """The answer of `composite/sobjects`: an array in the order of the request. A record that was rolled back still
    carries its id, so `success` alone counts.

    Raises:
        ValueError: it is not `expected` items.
    """
    return [
        Item(success=entry.get("success") is True, id=entry.get("id"), errors=parse_errors(entry.get("errors")))
        for entry in _entries(document, expected)
    ]


def parse_composite(document: object, expected: int) -> list[Item]:
    """The answer of `composite`: `{"compositeResponse": [{"body", "httpStatusCode", ...}]}` in the order of the request.

    Raises:
        ValueError: it is not `expected` subanswers.
    """
    answers = document.get("compositeResponse") if isinstance(document, dict) else None
    return [_subanswer(entry) for entry in _entries(answers, expected)]


def _subanswer(entry: Mapping[str, Any]) -> Item:
    status = entry.get("httpStatusCode")
    if not isinstance(status, int):
        raise ValueError("an answer for a record without its status")  # noqa: TRY004 - outside data, like the rest of it
    fine = 200 <= status < 300
    return Item(success=fine, errors=() if fine else parse_errors(entry.get("body")), status=status)


def _entries(document: object, expected: int) -> Sequence[Mapping[str, Any]]:
    if not isinstance(document, list) or len(document) != expected or not all(isinstance(entry, dict) for entry in document):
        raise ValueError("not one answer per record")
    return document
