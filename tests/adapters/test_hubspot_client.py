import contextlib
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from hubspot.crm.objects.exceptions import NotFoundException

from adapters.base import Endpoint
from adapters.errors import CallOperator, Retry, Throttled, UnknownOutcome
from adapters.hubspot.client import Client
from adapters.hubspot.failures import Rejected
from adapters.hubspot.transport import NotSent, Untrusted
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens
from tests.adapters.hubspot_server import Said, Script, fixture, said, serving

EMPTY = said({"results": []})


class Bench:
    def __init__(self, script: Script, api: str = "v3") -> None:
        self.tokens = RecordingTokens("old", iter(["new", "newer"]))
        self.budget = RecordingBudget()
        self.client = Client(endpoint(script.url, api), self.tokens, self.budget)


def endpoint(url: str, api: str = "v3") -> Endpoint:
    mapping = shipped_mapping("hubspot")
    return Endpoint(connection="acme", base_url=url, api=api, mapping=mapping, connect_seconds=1.0, total_seconds=2.0)


@pytest.fixture
def script() -> Iterator[Script]:
    with serving() as running:
        yield running


@pytest.fixture
def bench(script: Script) -> Iterator[Bench]:
    made = Bench(script)
    yield made
    made.client.close()


def test_a_404_is_the_sdks_own_exception_not_an_attribute_error(script: Script, bench: Bench) -> None:
    """urllib3 2.6.0 had no `getheaders`, and every call ended in AttributeError, finished writes included."""
    script.says(said(fixture("error__not_found"), 404))
    with pytest.raises(NotFoundException) as caught:
        bench.client._objects.read("contacts", {"inputs": []}, _preload_content=False)
    assert caught.value.status == 404
    assert "OBJECT_NOT_FOUND" in caught.value.body


@pytest.mark.parametrize(
    ("api", "paths"),
    [
        (
            "v3",
            [
                "/crm/v3/objects/contacts/batch/read",
                "/crm/v3/objects/contacts/batch/update",
                "/crm/v3/objects/tasks/batch/create",
                "/crm/v4/associations/contacts/tasks/batch/read",
                "/crm/v3/owners/",
                "/crm/v3/properties/contacts",
                "/crm/v3/objects/contacts",
            ],
        ),
        (
            "2026-09",
            [
                "/crm/objects/2026-09/contacts/batch/read",
                "/crm/objects/2026-09/contacts/batch/update",
                "/crm/objects/2026-09/tasks/batch/create",
                "/crm/associations/2026-09/contacts/tasks/batch/read",
                "/crm/owners/2026-09",
                "/crm/properties/2026-09/contacts",
                "/crm/objects/2026-09/contacts",
            ],
        ),
    ],
)
def test_every_call_goes_to_its_generations_path(script: Script, api: str, paths: list[str]) -> None:
    client = Bench(script, api).client
    client.read("contacts", ["1"], ["email"])
    client.update("contacts", [])
    client.create("tasks", [])
    client.linked("contacts", "tasks", {"1": None})
    client.owner_page(after=None, archived=False)
    client.properties("contacts")
    client.probe("contacts")
    assert [asked.path for asked in script.asked] == paths
    client.close()


def test_reading_asks_for_exactly_what_is_wanted(script: Script, bench: Bench) -> None:
    bench.client.read("contacts", ["1", "2"], ["email"], history=["hubspot_owner_id"], archived=True)
    (asked,) = script.asked
    assert asked.body == {
        "inputs": [{"id": "1"}, {"id": "2"}],
        "properties": ["email"],
        "propertiesWithHistory": ["hubspot_owner_id"],
    }
    assert parse_qs(asked.query) == {"archived": ["true"]}


def test_owner_pages_are_asked_for_in_words_that_hubspot_reads(script: Script, bench: Bench) -> None:
    script.says(said({"results": [], "paging": {"next": {"after": "41"}}}), EMPTY)
    page = bench.client.owner_page(after=None, archived=False)
    bench.client.owner_page(after=page.after, archived=True)
    queries = [parse_qs(asked.query) for asked in script.asked]
    assert queries == [{"limit": ["100"], "archived": ["false"]}, {"limit": ["100"], "archived": ["true"], "after": ["41"]}]


def test_the_token_of_the_moment_is_sent(script: Script, bench: Bench) -> None:
    bench.client.read("contacts", ["1"], [])
    bench.tokens.renew("old")
    bench.client.read("contacts", ["1"], [])
    assert [asked.headers["Authorization"] for asked in script.asked] == ["Bearer old", "Bearer new"]


def test_a_401_renews_once_and_repeats_the_call_unchanged(script: Script, bench: Bench) -> None:
    script.says(said(fixture("error__expired_token"), 401), EMPTY)
    bench.client.update("contacts", [{"id": "1", "properties": {"leadline_grade": "A1"}}])
    assert bench.tokens.renewed == ["old"]
    first, second = script.asked
    assert (first.path, first.body) == (second.path, second.body)
    assert second.headers["Authorization"] == "Bearer new"


def test_a_second_401_calls_the_operator(script: Script, bench: Bench) -> None:
    script.answer = lambda _: said(fixture("error__expired_token"), 401)
    with pytest.raises(CallOperator):
        bench.client.read("contacts", ["1"], [])
    assert len(script.asked) == 2


def test_every_request_is_paid_for_the_repeated_one_too(script: Script, bench: Bench) -> None:
    script.says(said(fixture("error__expired_token"), 401), EMPTY)
    bench.client.read("contacts", ["1"], [])
    assert bench.budget.taken == [("burst", 1), ("burst", 1)]


def test_a_spent_budget_stops_the_call_before_it_is_made(script: Script, bench: Bench) -> None:
    def spent(policy: str, calls: int = 1) -> None:
        raise Throttled("Spent.", provider="hubspot", operation="take", policy=policy, after=3.0)

    bench.budget.take = spent  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        bench.client.read("contacts", ["1"], [])
    assert script.asked == []


@pytest.mark.parametrize("status", [200, 400])
def test_the_days_usage_is_learned_from_good_and_bad_answers(script: Script, bench: Bench, status: int) -> None:
    headers = {"X_HubSpot_RateLimit_Daily": "250000", "X_HubSpot_RateLimit_Daily_Remaining": "249000"}
    script.says(said({"results": []}, status, **headers))
    if status == 200:
        bench.client.read("contacts", ["1"], [])
    else:
        with pytest.raises(Rejected):
            bench.client.read("contacts", ["1"], [])
    assert bench.budget.learned == [(1000, 250_000)]


def test_an_app_without_a_daily_limit_teaches_nothing(script: Script, bench: Bench) -> None:
    script.says(said({"results": []}, X_HubSpot_RateLimit_Max="110"))
    bench.client.read("contacts", ["1"], [])
    assert bench.budget.learned == []


@pytest.mark.parametrize("body", [b"<html>hello ada</html>", b"[]", b'{"results": 3}', b'{"results": [{"id": ""}]}', b"\xff"])
def test_an_answer_of_another_shape_is_no_answer(script: Script, bench: Bench, body: bytes) -> None:
    script.answer = lambda _: Said(200, body)
    with pytest.raises(Retry) as caught:
        bench.client.read("contacts", ["1"], [])
    assert "ada" not in str(caught.value)
    with pytest.raises(UnknownOutcome):
        bench.client.update("contacts", [])


def test_a_dropped_answer_is_unknown_for_a_write_and_to_be_repeated_for_a_read(script: Script, bench: Bench) -> None:
    script.answer = lambda _: None
    with pytest.raises(UnknownOutcome):
        bench.client.create("tasks", [])
    with pytest.raises(Retry):
        bench.client.owner_page(after=None, archived=False)


@pytest.mark.parametrize(("trouble", "error"), [(NotSent("no connection"), Retry), (Untrusted("a stranger"), CallOperator)])
def test_what_never_left_was_never_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, trouble: NotSent, error: type[Exception]
) -> None:
    def request(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr(bench.client.transport, "request", request)
    with pytest.raises(error):
        bench.client.update("contacts", [])


def test_300_calls_leave_one_connection(script: Script, bench: Bench) -> None:
    bad = said(fixture("error__invalid_option"), 400)
    script.answer = lambda _: bad if len(script.asked) % 3 == 0 else EMPTY
    for _ in range(300):
        with contextlib.suppress(Rejected):
            bench.client.update("contacts", [])
    assert (len(script.asked), script.connections) == (300, 1)
