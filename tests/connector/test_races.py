"""A person from both CRMs at once, a CRM that hangs, senders that never end; two web and three worker processes at it."""

from collections.abc import Iterator

import pytest

from connector.bench.chaos_races import beside_a_hung_crm, beside_slow_senders, race_for_persons
from connector.bench.chaos_world import World, open_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world(workers=3, webs=2) as made:
        yield made


def test_a_person_released_from_both_crms_at_once_is_decided_once() -> None:
    with open_world(workers=0, webs=1) as quiet:
        quiet.portals.sandbox.remove_targets()
        report = race_for_persons(quiet, 30)

    assert report.findings == []


def test_two_hundred_slow_senders_keep_no_webhook_out(world: World) -> None:
    assert beside_slow_senders(world, 5).findings == []


def test_one_crm_is_written_while_the_other_hangs(world: World) -> None:
    report = beside_a_hung_crm(world, 5)  # raises if a lead is not written while the other hangs

    assert report.findings == []
    assert report.ms["written_p99"]
