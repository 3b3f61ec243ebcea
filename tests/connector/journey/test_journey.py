"""An admin's whole way, typed at a terminal, with both CRMs, lived in: real processes, real HTTP, the CRMs' books.

With empty CRMs, and with a thousand leads: `leadline bench journey`.
"""

import pytest

from connector.bench.journey import MOST_QUESTIONS, SOURCES, run_journey
from connector.store.servers import Servers

LEADS = 40


@pytest.fixture
def own_servers(database_url: str, redis_url: str) -> dict[str, str]:
    return {"LEADLINE_DATABASE_URL": database_url, "LEADLINE_REDIS_URL": redis_url}


@pytest.mark.slow
def test_from_nothing_to_shadow_and_live_for_one_source(own_servers: dict[str, str], servers: Servers) -> None:
    report = run_journey(LEADS, lived_in=True, servers=own_servers)
    assert report.findings == ()
    assert max(report.questions.values()) <= MOST_QUESTIONS
    assert min(report.questions.values()) >= 4, "somebody was asked"
    assert report.leads == report.scored == {"shadow": 2 * LEADS, "live": 40}
    assert (report.shadow.owned, report.shadow.made, report.shadow.notifications) == (0, 0, 0)
    assert report.shadow.other_fields == {}
    for crm, (live, shadow) in SOURCES.items():
        assert report.live.owners[crm, live] > 0
        assert report.live.owners[crm, shadow] == report.live.tasks.get((crm, shadow), 0) == 0
        assert all(
            " ► " in line or line.startswith(("this machine", "another terminal", "in FOLDER")) for line in report.clicks[crm]
        )
    assert report.live.made > 0
    assert len(report.by_hand) >= 8
