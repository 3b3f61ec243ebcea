"""The rows of a load: what their cells mean, and writing them one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from adapters.sandbox.salesforce_collections import of_an_item
from adapters.sandbox.salesforce_csv import CsvError
from adapters.sandbox.salesforce_errors import SalesforceError, refused
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_rest import external_key
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_write import AmbiguousError, Caller

_NULL: Final = "#N/A"
"""Empties a field, where an empty cell leaves it alone."""

Row = Mapping[str, str]
"""One line of the CSV, by column."""

Outcome = dict[str, Any]
"""What became of a row: its `id`, whether it was `created`, and an `error` if it failed."""

Write = Callable[[Row], Outcome]


class Load:
    """The rows of one job."""

    def __init__(self, org: Org, job: Mapping[str, Any], caller: Caller) -> None:
        """A rule assigns only where the job names one; the headers of REST mean nothing here."""
        self._writer = org.writer
        self._spec = org.spec(job["object"])
        self._key: str = job["key"]
        self._caller = replace(caller, assign=job["rule"] or False, allow_save=False, unmodified_since=None)
        operations = {"insert": self._insert, "update": self._update, "upsert": self._upsert, "delete": self._delete}
        self._write: Write = operations[job["operation"]]

    def outcomes(self, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Outcome]:
        """Writes each row; those that fail disturb nobody.

        Raises:
            CsvError: a column is no field; nothing was written.
        """
        names = _columns(self._spec, heading)
        return [self._attempt(dict(zip(names, row, strict=True))) for row in rows]

    def _attempt(self, row: Row) -> Outcome:
        try:
            return self._write(row)
        except (AmbiguousError, SalesforceError) as error:
            found = of_an_item(error)
            fields = ",".join(found.fields or ())
            return {"id": row.get("Id", ""), "error": f"{found.code}:{found.message}:{fields} --"}

    def _insert(self, row: Row) -> Outcome:
        return _done(self._writer.create(self._spec, _values(row), self._caller).id, created=True)

    def _update(self, row: Row) -> Outcome:
        return _done(self._writer.update(self._spec, _id(row), _values(row, "Id"), self._caller).id)

    def _delete(self, row: Row) -> Outcome:
        self._writer.delete(self._spec, _id(row), self._caller)
        return _done(_id(row))

    def _upsert(self, row: Row) -> Outcome:
        value = row.get(self._key, "")
        if self._key == "Id":
            return self._update(row) if value else self._insert(row)
        if not value:
            raise refused("MISSING_ARGUMENT", f"{self._key} not specified", self._key)
        values, key = _values(row, self._key, "Id"), external_key(self._spec, self._key)
        record, created = self._writer.upsert(self._spec, key, value, values, self._caller)
        return _done(record.id, created=created)


def _columns(spec: ObjectSpec, heading: Sequence[str]) -> list[str]:
    unknown = [name for name in heading if name.lower() not in spec.fields]
    if unknown:
        raise CsvError(f"InvalidBatch : Field name not found : {unknown[0]}")
    return [spec.fields[name.lower()].name for name in heading]


def _id(row: Row) -> str:
    if not row.get("Id"):
        raise refused("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
    return row["Id"]


def _values(row: Row, *without: str) -> dict[str, str | None]:
    return {name: None if text == _NULL else text for name, text in row.items() if text and name not in without}


def _done(id_: str, *, created: bool = False) -> Outcome:
    return {"id": id_, "created": created}
