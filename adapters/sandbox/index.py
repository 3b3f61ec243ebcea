"""Finding live records by the value of a field."""

from collections import defaultdict

from adapters.sandbox.record import Record


class UniqueValueError(ValueError):
    """A unique field already has this value, on the record `existing`."""

    def __init__(self, field: str, existing: str) -> None:
        super().__init__(f"{field} already has this value on record {existing}; use that record.")
        self.field = field
        self.existing = existing


class Index:
    """One field of one object, letter case and outer blanks aside. Archived and merged records are not in it."""

    def __init__(self, field: str, *, unique: bool) -> None:
        self.field = field
        self.unique = unique
        self._ids: dict[str, dict[str, None]] = defaultdict(dict)

    def ids(self, value: object) -> list[str]:
        return list(self._ids.get(_fold(value), ()))

    def check(self, record: Record) -> None:
        """Raises: UniqueValueError, when another record holds this record's value."""
        if not self.unique or (value := self._key(record)) is None:
            return
        if others := [id_ for id_ in self._ids.get(value, ()) if id_ != record.id]:
            raise UniqueValueError(self.field, others[0])

    def swap(self, before: Record | None, after: Record | None) -> None:
        """Takes out what `before` was found by and enters `after`."""
        old, new = self._key(before), self._key(after)
        if old == new:
            return
        if before is not None and old is not None:
            self._ids[old].pop(before.id, None)
            if not self._ids[old]:
                del self._ids[old]
        if after is not None and new is not None:
            self._ids[new][after.id] = None

    def _key(self, record: Record | None) -> str | None:
        if record is None or record.archived or record.merged_into:
            return None
        value = record.values.get(self.field)
        return None if value is None or value == "" else _fold(value)


def _fold(value: object) -> str:
    return str(value).strip().lower()
