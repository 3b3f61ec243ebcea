"""A file's columns, by what they hold, as the fields that pairs are compared in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scoring.match import plain
from scoring.match.columns import Column
from scoring.match.mailboxes import Mailbox, Mailboxes, named_after, read_mailbox
from scoring.match.names import Name, Names, read_full_name, read_name
from scoring.match.organisations import ALONE, ORGANISATION, Organisations, read_organisation
from scoring.match.phones import Phones, read_phone
from scoring.match.places import Places
from scoring.match.values import Field

_ONE_EACH: Final[Mapping[Column, plain.Kind]] = {
    "date": plain.DATE,
    "number": plain.NUMBER,
    "text": plain.TEXT,
    "category": plain.CATEGORY,
    "profile": plain.PROFILE,
}
_TOGETHER: Final[Mapping[Column, plain.Kind]] = {"postcode": plain.POSTCODE, "address": plain.ADDRESS, "title": plain.TITLE}


class Table:
    """Records, column by column."""

    def __init__(self, columns: Mapping[str, Sequence[str]], kinds: Mapping[str, Column]) -> None:
        """Args: columns: header to values, all of one length. kinds: what each of them holds."""
        self._columns, self._kinds = columns, kinds
        self.count = len(next(iter(columns.values()), ()))

    def fields(self) -> list[Field]:
        """What there is to compare; empty if no column says anything about anybody."""
        return [*self._people(), *self._places(), *self._plain()]

    def _people(self) -> Iterator[Field]:
        boxes = [read_mailbox(text) for text in self._joined("email")]
        names = [named_after(box, name) if box else name for box, name in zip(boxes, self._names(), strict=True)]
        if any(name.first or name.last for name in names):
            yield Names(names)
        if any(boxes):
            yield Mailboxes(boxes, names)
        if phones := [[read_phone(text) for text in column] for column in self._of("phone")]:
            yield Phones(phones)
        if any(boxes) or self._of("company") or self._of("website"):
            yield self._organisations(boxes)

    def _names(self) -> list[Name]:
        if self._of("full"):
            return [read_full_name(text) for text in self._joined("full")]
        return [read_name(first, last) for first, last in zip(self._joined("first"), self._joined("last"), strict=True)]

    def _organisations(self, boxes: Sequence[Mailbox | None]) -> Organisations:
        rows = zip(self._joined("company"), self._joined("website"), boxes, strict=True)
        read = [read_organisation(company, website, box) for company, website, box in rows]
        return Organisations(read, ORGANISATION if self._of_people() else ALONE)

    def _places(self) -> Iterator[Field]:
        if any(self._of(kind) for kind in ("city", "state", "country")):
            yield Places(self._joined("city"), self._joined("state"), self._joined("country"))

    def _plain(self) -> Iterator[Field]:
        for column, kind in _TOGETHER.items():
            if self._of(column):
                yield plain.Plain(self._of_sites(kind), column, self._joined(column))
        for header, column in self._kinds.items():
            if column in _ONE_EACH:
                yield plain.Plain(_ONE_EACH[column], header, self._columns[header])

    def _of_sites(self, kind: plain.Kind) -> plain.Kind:
        """People move; an organisation at another address may be another site of it, with the same name and telephone."""
        return plain.SITE if kind is plain.ADDRESS and not self._of_people() else kind

    def _of_people(self) -> bool:
        return any(self._of(column) for column in ("first", "last", "full"))

    def _of(self, kind: Column) -> list[Sequence[str]]:
        return [self._columns[header] for header, column in self._kinds.items() if column == kind]

    def _joined(self, kind: Column) -> list[str]:
        """All columns of a kind as one, in the file's order."""
        columns = self._of(kind)
        return [" ".join(parts) for parts in zip(*columns, strict=True)] if columns else [""] * self.count
