"""Reads what an audit is counted from: paged, out of the connection's allowance, each question for itself.

A question that is not allowed is left open, with the reason, and the others stand. A CRM that does not answer ends the audit:
half of one would be a baseline that lies.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from adapters.base import CRM
from adapters.errors import CallOperator, Refused, Retry
from adapters.history import Created, History, Result, Touch
from adapters.records import Lead, Owner, RecordRef

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""What is being read, how much of it is done, and of how much."""

_PATIENCE: Final = 6
"""Tries of one call."""

_WORTH_WAITING: Final = 60.0
"""Seconds. A longer wait (a day's limit, an account on the move) is for another day."""


class AuditError(ValueError):
    """The audit cannot be made as asked; the sentence says why and what to do."""


@dataclass(slots=True)
class Material:
    """One CRM as read for an audit."""

    since: datetime
    until: datetime
    created: list[Created] = field(default_factory=list)
    owners: Sequence[Owner] | None = None
    manned: Mapping[str, bool] = field(default_factory=dict)
    touches: dict[RecordRef, list[Touch]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    """What touches could be read from."""
    results: dict[RecordRef, Result] | None = None
    older: list[Lead] = field(default_factory=list)
    """Records from outside the window that share an e-mail address with one inside."""
    absent: frozenset[str] = frozenset()
    changed: int | None = None
    """Records created or changed in the last 24 hours."""
    remarks: tuple[str, ...] = ()
    unread: dict[str, str] = field(default_factory=dict)
    """Question to why it could not be asked: owners, results, absent, changed, older, manned, and each source of touches."""

    @property
    def untold(self) -> tuple[str, ...]:
        """Sources of touches that could not be read."""
        return tuple(name for name in self.sources if name in self.unread)

    @property
    def touches_known(self) -> bool:
        return len(self.untold) < len(self.sources)


@dataclass(slots=True)
class Reader:
    """One audit's reading of one CRM."""

    crm: CRM
    history: History
    progress: Progress
    pause: Callable[[float], None] = time.sleep

    def read(self, since: datetime, until: datetime) -> Material:
        """Everything.

        Raises:
            adapters.errors.AdapterError: the CRM does not answer, or its records may not be read at all.
        """
        material = Material(since, until, sources=self.history.sources)
        material.created = self.records(since, until)
        self._people(material)
        for source in self.history.sources:
            self._touches(material, source)
        self._results(material)
        self._older(material)
        self._sundry(material)
        material.remarks = self.history.remarks
        return material

    def records(self, since: datetime, until: datetime) -> list[Created]:
        """The records created in the window, oldest first."""
        found: list[Created] = []
        total = self._patiently(lambda: self.history.count(since, until))
        after = ""
        while True:
            self.progress("records", len(found), total)
            page = self._patiently(lambda after=after: self.history.created(since, until, after))  # type: ignore[misc]
            found += page.records
            after = page.after
            if not after:
                self.progress("records", len(found), len(found))
                return sorted(found, key=lambda one: (one.lead.created_at, one.ref.id))

    def window(self, days: int, until: datetime, most: int) -> int:
        """The longest window, in days, that holds no more than `most` records. Halving costs one call each.

        Raises:
            AuditError: a single day holds more.
        """
        if self._fits(days, until, most):
            return days
        if not self._fits(1, until, most):
            sentence = f"More than {most:,} records were created on the last day alone; raise --most, or wait for a quieter day."
            raise AuditError(sentence)
        fits, too_long = 1, days
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            fits, too_long = (middle, too_long) if self._fits(middle, until, most) else (fits, middle)
        return fits

    def sharing(self, emails: Sequence[str]) -> list[Lead]:
        """Every record with one of these addresses."""
        found: list[Lead] = []
        for some in self._portions("same e-mail", emails):
            found += self._patiently(lambda some=some: self.history.sharing(some))  # type: ignore[misc]
        return found

    def _fits(self, days: int, until: datetime, most: int) -> bool:
        since = until - timedelta(days=days)
        return self._patiently(lambda: self.history.count(since, until)) <= most

    def _people(self, material: Material) -> None:
        material.owners = self._allowed(material, "owners", self.crm.owners)
        queues = [owner.id for owner in material.owners or () if owner.kind == "queue"]
        material.manned = self._allowed(material, "manned", lambda: self.history.manned(queues)) or {}

    def _touches(self, material: Material, source: str) -> None:
        for some in self._portions(source, material.created):
            found = self._allowed(material, source, lambda some=some: self.history.touches(source, some))  # type: ignore[misc]
            if found is None:
                return
            for touch in found:
                material.touches.setdefault(touch.ref, []).append(touch)

    def _results(self, material: Material) -> None:
        results: dict[RecordRef, Result] = {}
        for some in self._portions("outcomes", material.created):
            found = self._allowed(material, "results", lambda some=some: self.history.results(some))  # type: ignore[misc]
            if found is None:
                return
            results |= found
        material.results = results

    def _older(self, material: Material) -> None:
        inside = {one.ref for one in material.created}
        found = self._allowed(material, "older", lambda: self.sharing(emails_of(one.lead for one in material.created)))
        material.older = [lead for lead in found or () if lead.ref not in inside]

    def _sundry(self, material: Material) -> None:
        material.absent = self._allowed(material, "absent", self.history.absent) or frozenset()
        yesterday = material.until - timedelta(days=1)
        material.changed = self._allowed(material, "changed", lambda: self.history.changed(yesterday))

    def _portions(self, what: str, things: Sequence[T]) -> Iterator[Sequence[T]]:
        size = self.history.portion
        for start in range(0, len(things), size):
            self.progress(what, start, len(things))
            yield things[start : start + size]
        self.progress(what, len(things), len(things))

    def _allowed(self, material: Material, question: str, ask: Callable[[], T]) -> T | None:
        """The answer; None, and the reason kept, where we may not ask."""
        try:
            return self._patiently(ask)
        except (CallOperator, Refused) as error:
            if error.status == 401:
                raise
            material.unread[question] = str(error)
            return None

    def _patiently(self, ask: Callable[[], T]) -> T:
        for _ in range(_PATIENCE - 1):
            try:
                return ask()
            except Retry as error:
                if error.after > _WORTH_WAITING:
                    raise
                self.pause(error.after)
        return ask()


def emails_of(leads: Iterator[Lead] | Sequence[Lead]) -> list[str]:
    """Their addresses, each once, in order."""
    given = (lead.values.get("email") for lead in leads)
    return list(dict.fromkeys(text for one in given if isinstance(one, str) and "@" in (text := one.strip().lower())))
