"""Everything that touches Redis: bells, RQ's queue, burst buckets. All of it can be thrown away at any moment.

A bell is `SET bell:<job>:<connection> NX PX 2000`; who sets it enqueues a plain job with a fresh id. Never RQ's `unique`: it
swallows rings while a job runs or after a kill. The queue carries job names and connection names, nothing else.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry as RedisRetry
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

Job = Literal["drain", "deliver", "renew", "beat", "sweep"]

QUEUE: Final = "leadline"
"""One queue for every worker: a worker that listens to two can lose a job when it dies between pop and start."""

_RING_MS: Final = 2_000
_JOB_SECONDS: Final = 120
"""RQ's own timeout, a backstop above every deadline inside a job."""


class BellUnreachableError(RuntimeError):
    """Redis does not answer. Nothing is lost: the clock rings again for whatever waits."""


@dataclass(slots=True)
class Bell:
    """The doorbell. Every call gives up within 50 ms when made on the way of a request."""

    client: redis.Redis
    queue: Queue

    def ring(self, job: Job, connection: str) -> bool:
        """Enqueues `connector.jobs.<job>` unless it was rung and not yet answered. True if it was enqueued.

        Raises:
            BellUnreachableError: Redis is not there.
        """
        try:
            if not self.client.set(_bell(job, connection), b"1", nx=True, px=_RING_MS):
                return False
            self.queue.enqueue(
                f"connector.jobs.{job}", connection, job_id=str(uuid4()), job_timeout=_JOB_SECONDS, result_ttl=0, failure_ttl=300
            )
        except redis.RedisError as error:
            raise BellUnreachableError("Redis does not answer; the clock rings again.") from error
        return True

    def answer(self, job: Job, connection: str) -> None:
        """Takes the bell down, before the work is looked for: whoever rings from now on is heard."""
        try:
            self.client.delete(_bell(job, connection))
        except redis.RedisError:
            return

    def alive(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def forget_everything(self) -> None:
        """Empties Redis, for whoever wants to see that nothing depends on it.

        Raises:
            BellUnreachableError: Redis is not there.
        """
        try:
            self.client.flushall()
        except redis.RedisError as error:
            raise BellUnreachableError("Redis does not answer; there is nothing to forget.") from error

    def waiting(self) -> int:
        """Jobs in the queue.

        Raises:
            BellUnreachableError: Redis is not there.
        """
        try:
            return int(self.queue.count)
        except redis.RedisError as error:
            raise BellUnreachableError("Redis does not answer; what waits there is rung for again.") from error


def open_bell(url: str, *, timeout: float = 0.05) -> Bell:
    client: redis.Redis = redis.Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=RedisRetry(NoBackoff(), 1)
    )
    return Bell(client, Queue(QUEUE, connection=client, serializer=JSONSerializer))


def run_worker(url: str, name: str) -> bool:
    """Works on the queue until told to stop (SIGTERM: after the job in hand). False if Redis went away: start it again.

    A `SimpleWorker`: the models stay loaded, no fork per job. It does no housekeeping of RQ's registries beyond the default.
    """
    client: redis.Redis = redis.Redis.from_url(url, socket_connect_timeout=5, health_check_interval=15)
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    try:  # the worker asks for Redis' version as soon as it is made
        worker = SimpleWorker([queue], connection=client, name=name, serializer=JSONSerializer)
        worker.work(logging_level="WARNING", with_scheduler=False)
    except redis.RedisError:
        return False
    return True


def _bell(job: Job, connection: str) -> str:
    return f"bell:{job}:{connection}"


_BUCKET: Final = """
local level, stamp = unpack(redis.call('HMGET', KEYS[1], 'level', 'stamp'))
local capacity, rate, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
if not level then level, stamp = 0, now end
level = math.min(capacity, level + math.max(0, now - stamp) * rate)
local wait = 0
if level >= want then level = level - want else wait = (want - level) / rate end
redis.call('HSET', KEYS[1], 'level', tostring(level), 'stamp', tostring(now))
redis.call('PEXPIRE', KEYS[1], 60000)
return tostring(wait)
"""


_LOWER: Final = """
local level = redis.call('HGET', KEYS[1], 'level')
if level and tonumber(level) > tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'level', ARGV[1]) end
return 0
"""


@dataclass(slots=True)
class Bucket:
    """A token bucket shared by all processes, on Redis' clock.

    One that is missing starts empty, so that losing Redis cannot overdraw it; while Redis is away each process keeps to a small
    share by its own clock.
    """

    client: redis.Redis
    name: str
    calls: int
    seconds: float
    processes: int = 8
    monotonic: Callable[[], float] = time.monotonic
    fixed: bool = False
    """An admin set the limit: the vendor's own figure may lower it, and never raises it."""
    _script: Any = None
    _last: float = 0.0
    _lowering: Any = None

    def wait_for(self, calls: int) -> float:
        """Seconds to wait before `calls` calls may go; 0.0 means they are taken."""
        rate = 0.6 * self.calls / self.seconds
        try:
            self._script = self._script or self.client.register_script(_BUCKET)
            return float(self._script(keys=[f"bucket:{self.name}"], args=[0.3 * self.calls, rate, calls]))
        except redis.RedisError:
            return self._alone(calls, rate / self.processes)

    def learn(self, *, limit: int, remaining: int, seconds: float) -> None:
        """The vendor's figures: its limit from the next call on, and no more than it says is left."""
        if limit and seconds and not (self.fixed and limit / seconds >= self.calls / self.seconds):
            self.calls, self.seconds = limit, seconds
        if remaining < 0.3 * self.calls:  # so much a bucket may hold
            self._lower(remaining)

    def _lower(self, level: int) -> None:
        try:
            self._lowering = self._lowering or self.client.register_script(_LOWER)
            self._lowering(keys=[f"bucket:{self.name}"], args=[level])
        except redis.RedisError:
            return

    def _alone(self, calls: int, rate: float) -> float:
        now = self.monotonic()
        wait = self._last + calls / rate - now
        if wait <= 0:
            self._last = now
            return 0.0
        return wait


def open_bucket(url: str, name: str, *, calls: int, seconds: float, fixed: bool = False) -> Bucket:
    """At most nine tenths of `calls` in any window of `seconds`: a burst of three tenths, refilled at six tenths a window."""
    client: redis.Redis = redis.Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25)
    return Bucket(client, name, calls, seconds, fixed=fixed)
