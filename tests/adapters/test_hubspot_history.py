"""Looking back over a portal, where HubSpot answers as the sandbox does not: page after page, and with other ids than asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.base import Endpoint
from adapters.errors import CallOperator, Retry
from adapters.history import Created, History
from adapters.hubspot.adapter import HubSpotCRM
from adapters.records import Lead, RecordRef
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens
from tests.adapters.hubspot_server import Script, said, serving

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)


@pytest.fixture
def script() -> Iterator[Script]:
    with serving() as running:
        yield running


@pytest.fixture
def budget() -> RecordingBudget:
    return RecordingBudget()


@pytest.fixture
def history(script: Script, budget: RecordingBudget) -> Iterator[History]:
    endpoint = Endpoint("acme", script.url, "v3", shipped_mapping("hubspot"), connect_seconds=1.0, total_seconds=2.0)
    crm = HubSpotCRM(endpoint, RecordingTokens("t", iter(())), budget, now=lambda: NOW)
    yield crm.history()
    crm.close()


def created(id_: str) -> Created:
    return Created(Lead(RecordRef("acme", "contact", id_), {}, {}, None, BEFORE, BEFORE, NOW))


def links(id_: str, *to: int, after: str = "") -> dict[str, Any]:
    paging = {"paging": {"next": {"after": after}}} if after else {}
    return {"from": {"id": id_}, "to": [{"toObjectId": one, "associationTypes": []} for one in to], **paging}


def call(id_: str, at: str) -> dict[str, Any]:
    return {"id": id_, "properties": {"hubspot_owner_id": "7", "hs_timestamp": at}}


def test_a_contact_with_more_calls_than_a_page_holds(script: Script, history: History) -> None:
    script.says(
        said({"results": [links("1", 11, after="one"), links("2", 12)]}),
        said({"results": [links("1", 12)]}),
        said({"results": [call("11", "2026-11-01T08:00:00Z"), call("12", "2026-11-02T08:00:00Z")]}),
    )
    touches = history.touches("calls", [created("1"), created("2")])
    assert sorted((touch.ref.id, touch.at.day) for touch in touches) == [("1", 1), ("1", 2), ("2", 2)]
    assert script.asked[1].body == {"inputs": [{"id": "1", "after": "one"}]}


def test_links_of_a_record_that_was_not_asked_for_are_nobodys(script: Script, history: History) -> None:
    """A contact that was merged meanwhile answers under its new id."""
    script.says(said({"results": [links("99", 11)]}))
    assert history.touches("calls", [created("1")]) == []


def test_nothing_is_asked_about_no_activity(script: Script, history: History) -> None:
    script.says(said({"results": []}))
    assert history.touches("tasks", [created("1")]) == []
    assert len(script.asked) == 1


def test_search_has_an_allowance_of_its_own_and_one_page_says_how_many(
    script: Script, history: History, budget: RecordingBudget
) -> None:
    script.says(said({"total": 12_345, "results": [{"id": "1", "properties": {}}]}))
    assert history.count(BEFORE, NOW) == 12_345
    assert budget.taken == [("search", 1)]
    assert script.asked[0].path == "/crm/v3/objects/contacts/search"
    assert script.asked[0].body["limit"] == 1


def test_an_answer_without_a_total_is_no_answer(script: Script, history: History) -> None:
    script.says(said({"results": []}))
    with pytest.raises(Retry, match="total is no number"):
        history.count(BEFORE, NOW)


def test_a_missing_scope_is_named(script: Script, history: History) -> None:
    missing = [{"context": {"requiredScopes": ["sales-email-read"]}}]
    refusal = {"status": "error", "category": "MISSING_SCOPES", "message": "", "errors": missing}
    script.says(said(refusal, 403))
    with pytest.raises(CallOperator, match="sales-email-read"):
        history.touches("emails", [created("1")])
