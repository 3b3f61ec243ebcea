"""Our own writes come back as news and decide nothing; what a person changes is always seen, in whatever second it was."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.records import Lead, RecordRef
from adapters.sandbox.sandbox import RunningSandbox, start, wall_clock
from config.fields import FIELDS
from connector.demo.portals import Portals
from connector.hydration import input_hash
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    OBJECTS,
    add_lead,
    arrive,
    crm_of,
    deliver,
    documents,
    drain,
    edit,
    execute,
    go,
    our_writes,
    rows,
)

NAMES_OF_FIELDS: Final = sorted(FIELDS)
STEPS: Final = 10
TITLES: Final = ("VP Sales", "Chief Executive Officer", "Intern", "Head of IT", "Marketing Assistant")
TITLE = {"salesforce": "Title", "hubspot": "jobtitle"}
VALUES = st.dictionaries(
    st.sampled_from(NAMES_OF_FIELDS), st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=3)), max_size=6
)


@given(VALUES, VALUES)
def test_news_is_an_echo_if_and_only_if_no_input_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    """No origin, no author and no moment has a say in it: none of them is read."""
    given_ = [{name: (type(v), v) for name, v in values.items() if v is not None} for values in (one, other)]
    assert (input_hash(one) == input_hash(other)) is (given_[0] == given_[1])


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """CRMs whose clock stands still: everything that happens there, by whomever, happens in the same second."""
    now = wall_clock()
    running = start(tmp_path / "sandbox", clock=lambda: now)
    yield running
    running.stop()


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
@pytest.mark.parametrize("seed", range(2))
def test_a_persons_change_in_the_same_second_as_ours_is_always_seen(
    portals: Portals, services: Services, work: Work, crm: str, seed: int
) -> None:
    random = Random(seed)
    portals.sandbox.settings("hubspot", limits=False)
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    arrive(portals)
    for _ in range(STEPS):
        random.choice(
            [
                lambda: edit(portals, crm, lead, **{TITLE[crm]: random.choice(TITLES)}),
                lambda: drain(services, crm),
                lambda: deliver(services, crm),
                lambda: _hear_of_it(services, crm, lead),
                arrive_of(portals),
            ]
        )()
    edit(portals, crm, lead, **{TITLE[crm]: "Chief Revenue Officer"})
    work()
    present = services.adapter(crm_of(services, crm)).fetch([ref := RecordRef(NAMES[crm], OBJECTS[crm], lead)])[ref]  # type: ignore[arg-type]
    assert isinstance(present, Lead)
    assert present.values["title"] == "Chief Revenue Officer"
    assert rows(services, "SELECT input_hash FROM record WHERE connection = :name", name=NAMES[crm]) == [
        (input_hash(present.values),)
    ]
    _and_our_own_writes_decide_nothing(portals, services, work, crm, lead)


def arrive_of(portals: Portals) -> Any:
    return lambda: arrive(portals)


def _hear_of_it(services: Services, crm: str, lead: str) -> None:
    """The news of our own write, as it comes back: the record is due, with nothing to say whose doing it was."""
    execute(
        services,
        "INSERT INTO due (connection, object, record_id, source_at) VALUES (:name, :object, :id, clock_timestamp())"
        " ON CONFLICT DO NOTHING",
        name=NAMES[crm],
        object=OBJECTS[crm],
        id=lead,
    )


def _and_our_own_writes_decide_nothing(portals: Portals, services: Services, work: Work, crm: str, lead: str) -> None:
    decided, written = len(documents(services, "packet")), len(our_writes(portals, crm, lead))
    for _ in range(3):
        _hear_of_it(services, crm, lead)
        work()
    assert (len(documents(services, "packet")), len(our_writes(portals, crm, lead))) == (decided, written)
    assert rows(services, "SELECT count(*) FROM due") == [(0,)]
