"""The benchmark of the match index: one new person against many records, for speed and for accuracy on the same run.

The people are made up (`scoring.match.made_up`). The index grows from size to size; at each, known people are looked for by
another record of theirs, with what people mistype and leave out, and strangers of the same kind by a first one. The floor is one
row fetched by its name, the same way and in turns.
"""

import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any, Final, TypeVar

from adapters.records import RecordRef
from connector.bench.arithmetic import percentile
from connector.bench.result import Result
from connector.bench.stage import open_stage
from connector.resolving import Probe, Resolver
from connector.store.engine import Engine, transact
from connector.store.match_index import MatchRow, index_size, packed_of, put_profiles, settle_statistics
from scoring.match.keys import keys_of
from scoring.match.made_up import Being, Row, World
from scoring.match.profile import pack, profile_of

SIZES: Final = (10_000, 100_000, 1_000_000)
_BATCH: Final = 500
_AT_ONCE: Final = 200
"""Records of a batch that is resolved together."""
_CONNECTION: Final = "bench"

Told = Callable[[str], None]
T = TypeVar("T")


@dataclass(slots=True)
class Crowd:
    """People who come one after the other: most go into the index, some are kept as strangers, some are looked for later."""

    seed: int
    keep: int
    """How many known people, and how many strangers, are kept of each stretch."""
    world: World = field(init=False)
    known: list[tuple[RecordRef, Being]] = field(default_factory=list)
    strangers: list[Being] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(self.seed)

    def rows(self, first: int, count: int) -> Iterator[MatchRow]:
        """Index rows number `first` to `first + count`."""
        self.known, self.strangers = [], []
        held = set(Random(self.seed + first).sample(range(count), self.keep))  # noqa: S311 - repeatable
        for number, one in enumerate(islice(self.world.people(count + self.keep), count)):
            ref = RecordRef(_CONNECTION, "lead", f"{first + number}")
            if number in held:
                self.known.append((ref, one))
            yield _row(ref, self.world.row(one))
        self.strangers = list(self.world.people(self.keep))


def _batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    left = iter(items)
    while some := tuple(islice(left, size)):
        yield some


def _row(ref: RecordRef, values: Row) -> MatchRow:
    profile = profile_of(values)
    return MatchRow(ref, pack(profile), keys_of(profile).all)


@dataclass(frozen=True, slots=True)
class Found:
    """What lookups at one size showed."""

    cpu: float
    """Seconds of this process's processor for one lookup and its floor."""
    times: Sequence[float]
    """Seconds, one for each lookup, normalising and weighing included."""
    floor: Sequence[float]
    same: int
    """Known people whose best likeness is the right record, called the same."""
    right: int
    """Known people whose best likeness is the right record, same or possible."""
    wrong_same: int
    """Strangers who were called the same as somebody."""
    wrong: int
    """Strangers who were called the same or possible."""


def measure(*, sizes: Sequence[int] = SIZES, lookups: int = 2_000, seed: int = 1, told: Told = lambda _: None) -> list[Result]:
    """
    Args:
        sizes: records in the index, ascending.
        lookups: of each size, half of them of known people.
    """
    results = []
    crowd = Crowd(seed, lookups // 2)
    with open_stage() as stage:
        engine, first, before = stage.services.engine, 0, None
        for size in sizes:
            told(f"{size:,} records")
            adding = _fill(engine, crowd, first, size - first)
            found = _look(engine, crowd)
            result = _result(engine, size, adding, found, _batch_rate(engine, crowd), before)
            results.append(result)
            first, before = size, before or result.p50_ms
    return results


def _fill(engine: Engine, crowd: Crowd, first: int, count: int) -> float:
    """Seconds for each record, cleaning not included: what a transaction that records a batch pays more."""
    spent = 0.0
    for rows in _batched(crowd.rows(first, count), _BATCH):
        begin = time.perf_counter()
        transact(engine, lambda session: put_profiles(session, rows))  # noqa: B023 - called at once
        spent += time.perf_counter() - begin
    settle_statistics(engine)
    return spent / count


def _look(engine: Engine, crowd: Crowd) -> Found:
    resolver = Resolver(engine)
    probes: list[tuple[Probe, RecordRef | None]]
    probes = [(Probe(_ref(n), crowd.world.again(one)), ref) for n, (ref, one) in enumerate(crowd.known)]
    probes += [(Probe(_ref(n), crowd.world.row(one)), None) for n, one in enumerate(crowd.strangers)]
    Random(crowd.seed).shuffle(probes)  # noqa: S311 - repeatable
    for probe, _ in probes[:50]:
        resolver.resolve([probe])  # plans and look-up tables come about
        packed_of(engine, probe.ref)
    times, floor, best = [], [], []
    cpu = time.process_time()
    for number, (probe, _) in enumerate(probes):
        begin = time.perf_counter()
        found = resolver.resolve([probe])[probe.ref]
        middle = time.perf_counter()
        packed_of(engine, crowd.known[number % len(crowd.known)][0])
        times.append(middle - begin)
        floor.append(time.perf_counter() - middle)
        best.append(found[0] if found else None)
    told = [(likeness, there) for likeness, (_, there) in zip(best, probes, strict=True) if likeness]
    return Found(
        (time.process_time() - cpu) / len(probes),
        times,
        floor,
        same=sum(one.ref == there and one.verdict == "same" for one, there in told),
        right=sum(one.ref == there for one, there in told),
        wrong_same=sum(there is None and one.verdict == "same" for one, there in told),
        wrong=sum(there is None for _, there in told),
    )


def _ref(number: int) -> RecordRef:
    return RecordRef("elsewhere", "contact", str(number))


def _batch_rate(engine: Engine, crowd: Crowd) -> float:
    """Records resolved in a second, many at once."""
    resolver = Resolver(engine)
    probes = [Probe(_ref(number), crowd.world.again(one)) for number, (_, one) in enumerate(crowd.known)]
    begin = time.perf_counter()
    for some in _batched(probes, _AT_ONCE):
        resolver.resolve(some)
    return len(probes) / (time.perf_counter() - begin)


def _result(engine: Engine, size: int, adding: float, found: Found, rate: float, smallest: float | None) -> Result:
    known = strangers = len(found.times) // 2
    p50, p99 = (percentile([1_000 * one for one in found.times], at) for at in (50, 99))
    floor = percentile([1_000 * one for one in found.floor], 50)
    disk = index_size(engine)
    details: dict[str, Any] = {
        "records": disk.records,
        "keys_per_record": disk.keys / disk.records,
        "disk_mb": disk.bytes / 1e6,
        "adding_ms": 1_000 * adding,
        "batch_per_second": rate,
        "recall_same": found.same / known,
        "recall": found.right / known,
        "false_same": found.wrong_same / strangers,
        "false": found.wrong / strangers,
        "growth": p50 / smallest if p50 and smallest else None,
    }
    return Result(
        name=f"lookup {size:,}",
        says=_says(details, p50, p99),
        unit="ms",
        ours=p50,
        floor=floor,
        ratio=p50 / floor if p50 and floor else None,
        p50_ms=p50,
        p99_ms=p99,
        cpu_ms_per_unit=1_000 * found.cpu,
        peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        repetitions=len(found.times),
        details=details,
    )


def _says(details: dict[str, Any], p50: float | None, p99: float | None) -> str:
    return (
        f"one new person is looked for in {p50 or 0:.2f} ms (p99 {p99 or 0:.1f}), cleaning and weighing included; "
        f"of known people {details['recall_same']:.1%} are found as the same and {details['recall']:.1%} at all, "
        f"of strangers {details['false_same']:.1%} are taken for somebody and {details['false']:.1%} are the same or possible; "
        f"{details['disk_mb']:,.0f} MB on disk, {details['adding_ms']:.2f} ms to add one, "
        f"{details['batch_per_second']:,.0f} a second in batches of {_AT_ONCE}."
    )
