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

    def __init__(self, field: str, *, unique: bool, many: bool = False) -> None:
        self.field = field
        self.unique = unique
        self._many = many
        self._ids: dict[str, dict[str, None]] = defaultdict(dict)

    def ids(self, value: object) -> list[str]:
        return list(self._ids.get(_fold(value), ()))

    def check(self, record: Record) -> None:
        """Raises: UniqueValueError, when another record holds this record's value."""
        if not self.unique:
            return
        for key in self._keys(record):
            if others := [id_ for id_ in self._ids.get(key, ()) if id_ != record.id]:
                raise UniqueValueError(self.field, others[0])

    def swap(self, before: Record | None, after: Record | None) -> None:
        """Takes out what `before` was found by and enters `after`."""
        old, new = self._keys(before), self._keys(after)
        if old == new:
            return  # most writes change other fields
        if before is not None:
            self._leave(before.id, old)
        if after is not None:
            for key in new:
                self._ids[key][after.id] = None

    def _leave(self, id_: str, keys: list[str]) -> None:
        for key in keys:
            self._ids[key].pop(id_, None)
            if not self._ids[key]:
                del self._ids[key]

    def _keys(self, record: Record | None) -> list[str]:
        """`many` fields hold several values joined by semicolons."""
        if record is None or record.archived or record.merged_into:
            return []
        value = record.values.get(self.field)
        if value is None or value == "":
            return []
        return [_fold(part) for part in str(value).split(";")] if self._many else [_fold(value)]


def _fold(value: object) -> str:
    return str(value).strip().lower()
