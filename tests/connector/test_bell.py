"""The doorbell on a real Valkey: rung once, heard always, and nothing depends on its memory."""

import threading

import pytest
import redis

from connector.bell import Bell, BellUnreachableError, Bucket, open_bell, open_bucket

PATIENT = 5.0


@pytest.fixture
def bell(redis_url: str) -> Bell:
    """With more patience than a request has, for a machine that is busy with other tests."""
    return open_bell(redis_url, timeout=PATIENT)


def test_a_ring_is_one_job_until_it_is_answered(bell: Bell) -> None:
    assert [bell.ring("drain", "acme") for _ in range(3)] == [True, False, False]
    assert bell.waiting() == 1
    bell.answer("drain", "acme")
    assert bell.ring("drain", "acme")
    assert bell.waiting() == 2


def test_jobs_and_connections_have_bells_of_their_own(bell: Bell) -> None:
    assert all(bell.ring(job, name) for job in ("drain", "deliver") for name in ("acme", "other"))
    assert bell.waiting() == 4


def test_a_job_carries_two_names_and_nothing_else(bell: Bell) -> None:
    bell.ring("drain", "acme")
    [job] = bell.queue.jobs
    assert (job.func_name, list(job.args), job.kwargs) == ("connector.jobs.drain", ["acme"], {})


def test_a_bell_that_nobody_answers_goes_quiet_by_itself(bell: Bell, redis_url: str) -> None:
    """Its worker was killed between the pop and the answer."""
    bell.ring("drain", "acme")
    with redis.Redis.from_url(redis_url) as client:
        assert 0 < client.pttl("bell:drain:acme") <= 2_000


def test_many_ring_at_once_and_one_job_is_made(bell: Bell) -> None:
    start, heard = threading.Barrier(8), []

    def run() -> None:
        start.wait()
        heard.append(bell.ring("drain", "acme"))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard.count(True) == bell.waiting() == 1


def test_everything_may_be_forgotten(bell: Bell) -> None:
    bell.ring("drain", "acme")
    bell.forget_everything()
    assert bell.waiting() == 0
    assert bell.ring("drain", "acme")


def test_without_redis_a_ring_says_so_and_an_answer_does_not() -> None:
    gone = open_bell("unix:///nowhere/valkey.sock")
    with pytest.raises(BellUnreachableError):
        gone.ring("drain", "acme")
    with pytest.raises(BellUnreachableError):
        gone.forget_everything()
    gone.answer("drain", "acme")
    assert not gone.alive()


# --- burst buckets: so slow that nothing worth counting flows in while a test runs


def bucket(url: str, calls: int = 100, seconds: float = 1e7) -> Bucket:
    return open_bucket(url, "acme:burst", calls=calls, seconds=seconds)


def filled(url: str, level: float) -> None:
    """As if it had been left alone until it held this much."""
    with redis.Redis.from_url(url) as client:
        client.hset("bucket:acme:burst", "level", str(level))


def taken(one: Bucket, at_most: int = 1_000) -> int:
    """How many calls go before the first has to wait."""
    return next((n for n in range(at_most) if one.wait_for(1) > 0), at_most)


def test_a_new_bucket_is_empty(redis_url: str) -> None:
    """Losing Redis may never be a way to more calls than the vendor allows."""
    assert bucket(redis_url).wait_for(1) == pytest.approx(1e7 / 60, rel=1e-3)


def test_a_bucket_holds_a_third_of_the_window_at_most(redis_url: str) -> None:
    one = bucket(redis_url)
    one.wait_for(1)
    filled(redis_url, 1_000.0)
    assert taken(one) == 30


def test_what_was_taken_is_gone_for_all_processes(redis_url: str) -> None:
    first, second = bucket(redis_url), bucket(redis_url)
    first.wait_for(1)
    filled(redis_url, 20.0)
    assert (first.wait_for(8), second.wait_for(8)) == (0.0, 0.0)
    assert second.wait_for(8) == pytest.approx(4 * 1e7 / 60, rel=1e-3)
    assert taken(first) == 4


def test_a_flush_empties_the_bucket(redis_url: str) -> None:
    one = bucket(redis_url)
    one.wait_for(1)
    filled(redis_url, 20.0)
    assert one.wait_for(1) == 0.0
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    assert one.wait_for(1) > 0


def test_threads_never_overdraw_it(redis_url: str) -> None:
    bucket(redis_url).wait_for(1)
    filled(redis_url, 30.0)
    went = []
    threads = [threading.Thread(target=lambda: went.append(taken(bucket(redis_url), 30))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(went) == 30


def test_without_redis_each_process_keeps_to_a_small_share() -> None:
    now = [1_000.0]
    client: redis.Redis = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    alone = Bucket(client, "acme:burst", calls=80, seconds=10.0, processes=8, monotonic=lambda: now[0])
    assert alone.wait_for(1) == 0.0
    assert alone.wait_for(1) == pytest.approx(10.0 * 8 / 48)
    now[0] += 10.0 * 8 / 48
    assert alone.wait_for(1) == 0.0
