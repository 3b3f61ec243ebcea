"""Speed, memory and accuracy of `dedupe` on made-up people, beside splink on the same file where an interpreter has it.

Each runs in a process of its own, from reading the file to writing the clusters, training included.
"""

import csv
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from connector.bench.load import LoadError
from connector.bench.people import HEADER, KINDS, People, people
from connector.bench.result import Result

_PEER: Final = Path(__file__).with_name("dedupe_peer.py")


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    peak_mb: float
    precision: float
    """Pairwise, of the clusters."""
    recall: float
    by_kind: Mapping[str, float]
    """Of the further records of each kind, the share that is in a cluster with another record of the person."""

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def measure(*, records: int, seed: int, peer: Path | None) -> list[Result]:
    """
    Args:
        peer: an interpreter with splink 4; None leaves the peer out.

    Raises:
        LoadError: one of the two did not come to an end.
    """
    made = people(seed, records)
    with TemporaryDirectory(prefix="leadline-bench-") as folder:
        file, clusters = Path(folder, "people.csv"), Path(folder, "clusters.csv")
        _write(file, made)
        options = ["--id", "id", "--exclude", "cluster", "--out", str(Path(folder, "pairs.csv")), "--clusters", str(clusters)]
        ours = _run([sys.executable, "-m", "connector", "dedupe", str(file), *options], clusters, made)
        theirs = _run([str(peer), str(_PEER), str(file), str(clusters)], clusters, made) if peer else None
    return [_result(records, ours, theirs)]


def _result(records: int, ours: Run, theirs: Run | None) -> Result:
    speed = records / ours.seconds
    peer = records / theirs.seconds if theirs else None
    kinds = ", ".join(f"{kind} {share:.2f}" for kind, share in ours.by_kind.items())
    beside = f"; splink F1 {theirs.f1:.3f}, {theirs.peak_mb:.0f} MB" if theirs else "; no peer was named (--peer PYTHON)"
    return Result(
        name="dedupe",
        says=f"F1 {ours.f1:.3f} (precision {ours.precision:.3f}, recall {ours.recall:.3f}){beside}. Found by kind: {kinds}.",
        unit="records/s",
        ours=speed,
        floor=peer,
        ratio=speed / peer if peer else None,
        peak_memory_mb=ours.peak_mb,
        details={"ours": _document(ours), "peer": _document(theirs) if theirs else None},
    )


def _document(run: Run) -> dict[str, object]:
    return {
        "seconds": run.seconds,
        "peak_mb": run.peak_mb,
        "precision": run.precision,
        "recall": run.recall,
        "f1": run.f1,
        "by_kind": dict(run.by_kind),
    }


def _write(path: Path, made: People) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(made.rows)


def _run(command: Sequence[str], clusters: Path, made: People) -> Run:
    clusters.unlink(missing_ok=True)
    start = time.monotonic()
    quiet = [(os.POSIX_SPAWN_OPEN, place, os.devnull, os.O_WRONLY, 0) for place in (1, 2)]
    pid = os.posix_spawn(command[0], [*command], os.environ, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) or not clusters.exists():
        raise LoadError(f"This did not come to an end: {' '.join(command[:4])}. Run it by hand to see why.")
    seconds = time.monotonic() - start
    return _judged(seconds, usage.ru_maxrss / 1024, _groups(clusters), made)


def _groups(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["cluster"] for row in csv.DictReader(file)}


def _judged(seconds: float, peak_mb: float, group: Mapping[str, str], made: People) -> Run:
    told = [(row["id"], row["cluster"], group.get(row["id"], f"alone {row['id']}")) for row in made.rows]
    both = Counter((person, cluster) for _, person, cluster in told)
    right, claimed = _pairs(both), _pairs(Counter(cluster for _, _, cluster in told))
    true = _pairs(Counter(person for _, person, _ in told))
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for id_, person, cluster in told:
        if id_ in made.kinds:
            found[made.kinds[id_]].append(both[person, cluster] > 1)
    by_kind = {kind: sum(found[kind]) / len(found[kind]) for kind in KINDS if found[kind]}
    return Run(seconds, peak_mb, right / max(claimed, 1), right / max(true, 1), by_kind)


def _pairs(sizes: "Counter[str] | Counter[tuple[str, str]]") -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())
