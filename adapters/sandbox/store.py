"""The sandbox's memory: rows decoded once, kept in memory, written through to one file."""

import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.sandbox.disk import Disk
from adapters.sandbox.index import Index
from adapters.sandbox.record import OWNER_FIELDS, TASK_OBJECTS, Actor, Kind, Record, Write

Clock = Callable[[], int]
"""Milliseconds since 1970."""


class Store:
    """Records, their history, and plain documents (owners, properties, targets), for one process.

    Single reads need no lock: records are immutable and replaced whole. The writes of one `transaction` reach the file
    together or, when it raises, not at all; listeners see them just before the commit.
    """

    def __init__(self, home: Path, clock: Clock) -> None:
        self.clock = clock
        self.disk = Disk(home)
        self.lock = threading.RLock()
        self._depth = 0
        self._staged: list[Write] = []
        self._listeners: list[Callable[[Sequence[Write]], None]] = []
        self._records: dict[tuple[str, str], dict[str, Record]] = defaultdict(dict)
        self._order: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._indexes: dict[tuple[str, str], dict[str, Index]] = defaultdict(dict)
        self._documents: dict[str, dict[str, Any]] = defaultdict(dict)
        self._counters = self.disk.counters()
        for record in self.disk.records():
            self._records[record.crm, record.object][record.id] = record
            self._order[record.crm, record.object].append(record.id)
        for kind, key, document in self.disk.documents():
            self._documents[kind][key] = document

    def close(self) -> None:
        with self.lock:
            self.disk.save_counters(self._counters)
            self.disk.close()

    # reading

    def get(self, crm: str, table: str, id_: str) -> Record | None:
        """The record under this id, or the one it was merged into; archived ones too."""
        record = self.exactly(crm, table, id_)
        while record is not None and record.merged_into is not None:
            record = self.exactly(crm, table, record.merged_into)
        return record

    def exactly(self, crm: str, table: str, id_: str) -> Record | None:
        """The record stored under this very id, merged or not."""
        return self._records[crm, table].get(id_)

    def all(self, crm: str, table: str) -> list[Record]:
        """Every live record in order of creation: neither archived nor merged away."""
        return [record for record in self.every(crm, table) if not record.archived and record.merged_into is None]

    def every(self, crm: str, table: str) -> list[Record]:
        """Every record ever, archived and merged ones too."""
        with self.lock:
            return list(self._records[crm, table].values())

    def behind(self, crm: str, table: str, id_: int) -> list[Record]:
        """Every record ever whose id is greater, in order: for tables whose ids are numbers, which grow as records are made."""
        with self.lock:
            ids, records = self._order[crm, table], self._records[crm, table]
            return [records[one] for one in ids[bisect_right(ids, id_, key=int) :]]

    def index(self, crm: str, table: str, field: str, *, unique: bool = False, many: bool = False) -> None:
        """Keeps live records findable by a field, letter case aside. `unique` refuses a second record with the same value;
        `many` takes the field as a list joined by semicolons."""
        with self.lock:
            index = self._indexes[crm, table][field] = Index(field, unique=unique, many=many)
            for record in self._records[crm, table].values():
                index.swap(None, record)

    def lookup(self, crm: str, table: str, field: str, value: object) -> list[Record]:
        """Live records with this value in an indexed field.

        Raises:
            KeyError: the field has no index.
        """
        with self.lock:
            return [self._records[crm, table][id_] for id_ in self._indexes[crm, table][field].ids(value)]

    def history(self, crm: str, table: str, id_: str) -> list[dict[str, Any]]:
        """What happened to one record, oldest first: seq, kind, at, source, actor, changed {field: [old, new]}."""
        with self.lock:
            return self.disk.history(crm, table, id_)

    def journal(self, after: int = 0) -> list[dict[str, Any]]:
        """Every change of an owner and every creation of a task after sequence number `after`, oldest first."""
        with self.lock:
            return self.disk.journal(after)

    def last_write(self) -> int:
        """The sequence number of the last write of all."""
        with self.lock:
            return self.disk.last()

    # writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside is kept together, or undone when the block raises. Blocks nest; the outermost commits."""
        with self.lock:
            mark = len(self._staged)
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._commit()
            except BaseException:
                self._undo(mark)
                raise
            finally:
                self._depth -= 1

    def listen(self, listener: Callable[[Sequence[Write]], None]) -> None:
        """`listener` gets the writes of each transaction before it commits, holding the lock."""
        self._listeners.append(listener)

    def create(self, crm: str, table: str, id_: str, values: Mapping[str, Any], actor: Actor, *, at: int | None = None) -> Record:
        """Stores a new record. None values are left out; `at` backdates.

        Raises:
            UniqueValueError: a unique field has this value on another live record.
        """
        at = self.clock() if at is None else at
        kept = {name: value for name, value in values.items() if value is not None}
        record = Record(crm, table, id_, kept, at, at, actor, actor)
        return self._keep(Write("created", None, record, {name: (None, value) for name, value in kept.items()}, actor, at))

    def update(
        self, record: Record, values: Mapping[str, Any], actor: Actor, *, touch: bool = True, at: int | None = None
    ) -> Record:
        """Sets fields; None clears one. With `touch` off, a write that changes nothing leaves no trace; `at` backdates.

        Raises:
            UniqueValueError: a unique field has this value on another live record.
        """
        old = record.values
        changed = {name: (old.get(name), value) for name, value in values.items() if old.get(name) != value}
        if not changed and not touch:
            return record
        at = self.clock() if at is None else at
        merged = {**old, **values}
        if None in values.values():
            merged = {name: value for name, value in merged.items() if value is not None}
        after = Record(record.crm, record.object, record.id, merged, record.created_at, at, record.created_by, actor)
        return self._keep(Write("updated", record, after, changed, actor, at))

    def archive(self, record: Record, actor: Actor, *, merged_into: str | None = None, kind: Kind = "deleted") -> Record:
        """Takes a record away; it stays readable as archived. `merged_into` makes its id resolve to that one;
        kind `erased` is a privacy deletion: the values go too."""
        at = self.clock()
        values = {} if kind == "erased" else record.values
        gone = replace(record, values=values, archived=True, archived_at=at, merged_into=merged_into)
        return self._keep(Write(kind, record, replace(gone, modified_at=at, modified_by=actor), {}, actor, at))

    def restore(self, record: Record, actor: Actor) -> Record:
        """Takes an archived record back.

        Raises:
            UniqueValueError: meanwhile another record has its unique value.
        """
        at = self.clock()
        after = replace(record, archived=False, archived_at=None, modified_at=at, modified_by=actor)
        return self._keep(Write("restored", record, after, {}, actor, at))

    def fuse(self, id_: str, values: Mapping[str, Any], primary: Record, other: Record, actor: Actor) -> Record:
        """HubSpot's merge: a new record `id_` with `values`, to which the two old ids resolve."""
        at = self.clock()
        with self.transaction():
            for old in (primary, other):
                self.archive(old, actor, merged_into=id_, kind="merged")
            record = Record(primary.crm, primary.object, id_, values, primary.created_at, at, primary.created_by, actor)
            return self._keep(Write("merged", None, record, {}, actor, at, merged=(primary.id, other.id)))

    def strip(self, crm: str, table: str, field: str) -> None:
        """Takes a field's values out of every record, as when the field itself is deleted: no write, no history, no stamp."""
        with self.lock:
            held = [record for record in self.every(crm, table) if field in record.values]
            bare = [replace(record, values={k: v for k, v in record.values.items() if k != field}) for record in held]
            self._records[crm, table].update({record.id: record for record in bare})
            self._indexes[crm, table].pop(field, None)
            self.disk.save_records(bare)

    def next_number(self, name: str) -> int:
        """1, 2, 3, … per name; kept over restarts."""
        with self.lock:
            self._counters[name] = self._counters.get(name, 0) + 1
            return self._counters[name]

    # documents

    def put(self, kind: str, key: str, document: Any) -> None:
        """Keeps a plain JSON document: an owner, a property, a target. Not undone with a transaction."""
        self.put_all(kind, {key: document})

    def put_all(self, kind: str, documents: Mapping[str, Any]) -> None:
        """Keeps many documents of one kind at once."""
        with self.lock:
            self._documents[kind].update(documents)
            self.disk.save_documents(kind, documents)
            self.disk.save_counters(self._counters)

    def drop(self, kind: str, key: str) -> bool:
        """Forgets a document; False when there was none."""
        with self.lock:
            self.disk.drop_document(kind, key)
            return self._documents[kind].pop(key, None) is not None

    def documents(self, kind: str) -> dict[str, Any]:
        """All documents of a kind by key, in order of creation."""
        with self.lock:
            return dict(self._documents[kind])

    def document(self, kind: str, key: str) -> Any:
        """One document, or None."""
        return self._documents[kind].get(key)

    # inside a transaction

    def _keep(self, write: Write) -> Record:
        record = write.record
        with self.transaction():
            for index in self._indexes[record.crm, record.object].values():
                index.check(record)
            self._swap(write.before, record)
            self._staged.append(write)
        return record

    def _swap(self, before: Record | None, after: Record) -> None:
        if after.id not in self._records[after.crm, after.object]:
            self._order[after.crm, after.object].append(after.id)
        self._records[after.crm, after.object][after.id] = after
        for index in self._indexes[after.crm, after.object].values():
            index.swap(before, after)

    def _unmake(self, record: Record) -> None:
        del self._records[record.crm, record.object][record.id]
        self._order[record.crm, record.object].pop()  # undone in reverse, so that it is the last one
        for index in self._indexes[record.crm, record.object].values():
            index.swap(record, None)

    def _undo(self, mark: int) -> None:
        for write in reversed(self._staged[mark:]):
            if write.before is None:
                self._unmake(write.record)
            else:
                self._swap(write.record, write.before)
        del self._staged[mark:]

    def _commit(self) -> None:
        self.disk.begin()
        try:
            self.disk.save_records({(w.record.crm, w.record.object, w.record.id): w.record for w in self._staged}.values())
            self.disk.save_history((write, _notable(write)) for write in self._staged)
            for listener in self._listeners:
                listener(self._staged)
            self.disk.save_counters(self._counters)
        except BaseException:
            self.disk.rollback()
            raise
        self.disk.commit()
        self._staged = []


def _notable(write: Write) -> bool:
    return not OWNER_FIELDS.isdisjoint(write.changed) or (write.kind == "created" and write.record.object in TASK_OBJECTS)
