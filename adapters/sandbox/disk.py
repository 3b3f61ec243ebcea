"""The sandbox's SQLite file. Knows rows and nothing of what they mean; its callers hold the one lock."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.sandbox.record import Actor, Record, Write

_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS record (crm TEXT, object TEXT, id TEXT, row TEXT, PRIMARY KEY (crm, object, id));
CREATE TABLE IF NOT EXISTS history (seq INTEGER PRIMARY KEY, crm TEXT, object TEXT, id TEXT, notable INTEGER, row TEXT);
CREATE INDEX IF NOT EXISTS history_of ON history (crm, object, id);
CREATE INDEX IF NOT EXISTS history_notable ON history (seq) WHERE notable = 1;
CREATE TABLE IF NOT EXISTS document (kind TEXT, key TEXT, row TEXT, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER);
CREATE TABLE IF NOT EXISTS queued (seq INTEGER PRIMARY KEY, row TEXT);
"""


class Disk:
    """One file, opened for the life of the process. A crash of the machine may lose the last moments, by choice."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(home / "sandbox.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def begin(self) -> None:
        self._db.execute("BEGIN")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        self._db.execute("ROLLBACK")

    def records(self) -> Iterator[Record]:
        for crm, object_, id_, row in self._db.execute("SELECT crm, object, id, row FROM record ORDER BY rowid"):
            fields = json.loads(row)
            creator, editor = Actor(**fields.pop("created_by")), Actor(**fields.pop("modified_by"))
            yield Record(crm, object_, id_, created_by=creator, modified_by=editor, **fields)

    def save_records(self, records: Iterable[Record]) -> None:
        rows = [(record.crm, record.object, record.id, _record_row(record)) for record in records]
        self._db.executemany(
            "INSERT INTO record VALUES (?, ?, ?, ?) ON CONFLICT (crm, object, id) DO UPDATE SET row = excluded.row", rows
        )

    def save_history(self, writes: Iterable[tuple[Write, bool]]) -> None:
        """Each write with whether it belongs in the journal."""
        rows = [(w.record.crm, w.record.object, w.record.id, notable, _write_row(w)) for w, notable in writes]
        self._db.executemany("INSERT INTO history (crm, object, id, notable, row) VALUES (?, ?, ?, ?, ?)", rows)

    def history(self, crm: str, table: str, id_: str) -> list[dict[str, Any]]:
        where = "crm = ? AND object = ? AND id = ?"
        return self._past(where, (crm, table, id_))

    def journal(self, after: int) -> list[dict[str, Any]]:
        return self._past("notable = 1 AND seq > ?", (after,))

    def last(self) -> int:
        """The sequence number of the last write; 0 before the first."""
        return int(self._db.execute("SELECT COALESCE(max(seq), 0) FROM history").fetchone()[0])

    def _past(self, where: str, values: Sequence[object]) -> list[dict[str, Any]]:
        rows = self._db.execute(f"SELECT seq, crm, object, id, row FROM history WHERE {where} ORDER BY seq", values)  # noqa: S608
        return [{"seq": seq, "crm": crm, "object": name, "id": id_, **json.loads(row)} for seq, crm, name, id_, row in rows]

    def documents(self) -> Iterator[tuple[str, str, Any]]:
        for kind, key, row in self._db.execute("SELECT kind, key, row FROM document ORDER BY rowid"):
            yield kind, key, json.loads(row)

    def save_documents(self, kind: str, documents: Mapping[str, Any]) -> None:
        rows = [(kind, key, json.dumps(document)) for key, document in documents.items()]
        self._db.executemany(
            "INSERT INTO document VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET row = excluded.row", rows
        )

    def drop_document(self, kind: str, key: str) -> None:
        self._db.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))

    def counters(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT name, value FROM counter").fetchall())

    def save_counters(self, counters: Mapping[str, int]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", counters.items())

    def queued(self) -> list[tuple[int, Any]]:
        return [(seq, json.loads(row)) for seq, row in self._db.execute("SELECT seq, row FROM queued ORDER BY seq")]

    def save_queued(self, rows: Iterable[tuple[int, Any]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO queued VALUES (?, ?)", [(seq, json.dumps(row)) for seq, row in rows])

    def drop_queued(self, seqs: Iterable[int]) -> None:
        self._db.executemany("DELETE FROM queued WHERE seq = ?", [(seq,) for seq in seqs])


def _record_row(record: Record) -> str:
    fields = {
        "values": record.values,
        "created_at": record.created_at,
        "modified_at": record.modified_at,
        "created_by": {"source": record.created_by.source, "id": record.created_by.id},
        "modified_by": {"source": record.modified_by.source, "id": record.modified_by.id},
        "archived": record.archived,
        "archived_at": record.archived_at,
        "merged_into": record.merged_into,
    }
    return json.dumps(fields)


def _write_row(write: Write) -> str:
    by = {"source": write.actor.source, "actor": write.actor.id}
    return json.dumps({"kind": write.kind, "at": write.at, **by, "changed": write.changed})
