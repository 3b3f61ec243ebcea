"""The rows of a load: what their cells mean, and writing them one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.sandbox.salesforce_collections import of_an_item
from adapters.sandbox.salesforce_csv import CsvError
from adapters.sandbox.salesforce_errors import SalesforceError, refused
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_rest import external_key
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec
from adapters.sandbox.salesforce_write import AmbiguousError, Caller

_NULL: Final = "#N/A"
"""Empties a field, where an empty cell leaves it alone."""

Row = Mapping[str, str]
"""One line of the CSV, by column."""

Outcome = dict[str, Any]
"""What became of a row: its `id`, whether it was `created`, and an `error` if it failed."""

Write = Callable[[Row], Outcome]


@dataclass(frozen=True, eq=False)
class Referral:
    """A column that names a related record by an external id of its own."""

    field: str
    """The reference."""
    target: ObjectSpec
    key: FieldSpec


class Load:
    """The rows of one job."""

    def __init__(self, org: Org, job: Mapping[str, Any], caller: Caller) -> None:
        """A rule assigns only where the job names one; the headers of REST mean nothing here."""
        self._writer = org.writer
        self._find = org.schema.find
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
        names = [self._column(name) for name in heading]
        return [self._attempt(dict(zip(names, row, strict=True))) for row in rows]

    def _column(self, name: str) -> str | Referral:
        """
        Raises:
            CsvError: it is no field, and no external id behind a relationship.
        """
        field = self._spec.fields.get(name.lower())
        found = field.name if field else self._referral(*name.partition(":"))
        if found is None:
            raise CsvError(f"InvalidBatch : Field name not found : {name}")
        return found

    def _referral(self, first: str, colon: str, second: str) -> Referral | None:
        """`Account.Key__c`; where a relationship leads to several objects, `Lead:Who.Key__c`."""
        relation, _, key = (second if colon else first).partition(".")
        reference = self._spec.relationship(relation)
        names = reference.refers_to if reference else ()
        targets = [spec for spec in map(self._find, names) if spec and (not colon or spec.name.lower() == first.lower())]
        if reference is None or len(targets) != 1:
            return None
        field = targets[0].fields.get(key.lower())
        return Referral(reference.name, targets[0], field) if field and field.external_id else None

    def _resolved(self, row: Mapping[str | Referral, str]) -> Row:
        """With ids in place of what refers by another key."""
        return {
            column if isinstance(column, str) else column.field: text if isinstance(column, str) else self._id_of(column, text)
            for column, text in row.items()
        }

    def _id_of(self, column: Referral, value: str) -> str:
        if value in {"", _NULL}:
            return value
        found = self._writer.by_external_id(column.target, column.key, value)
        if found is None:
            message = f"Foreign key external ID: {value} not found for field {column.key.name} in entity {column.target.name}"
            raise refused("INVALID_FIELD", message)
        return found.id

    def _attempt(self, row: Mapping[str | Referral, str]) -> Outcome:
        try:
            return self._write(self._resolved(row))
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


def _id(row: Row) -> str:
    if not row.get("Id"):
        raise refused("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
    return row["Id"]


def _values(row: Row, *without: str) -> dict[str, str | None]:
    return {name: None if text == _NULL else text for name, text in row.items() if text and name not in without}


def _done(id_: str, *, created: bool = False) -> Outcome:
    return {"id": id_, "created": created}
