"""A delete, an unlisted field, an unlisted object, an unlisted host: each refused with one sentence, and nothing was sent."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from adapters.base import Endpoint
from adapters.egress import NOT_LISTED, UnlistedError, egress, origin_of
from adapters.hubspot import answers
from adapters.hubspot.client import Client as HubSpotClient
from adapters.hubspot.failures import Operation
from adapters.salesforce.client import Client as SalesforceClient
from adapters.salesforce.client import ConditionalPatch
from adapters.salesforce.transport import open_session
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import start
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens

LEAD = "00Q5e0000000001AAA"
OWNER = "0055e0000000001AAA"


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    running = start(tmp_path_factory.mktemp("sandbox"))
    with SandboxClient(running.url) as client:
        yield client
    running.stop()


def endpoint(crm: SandboxClient, kind: str, api: str) -> Endpoint:
    return Endpoint("acme", crm.url, api, shipped_mapping(kind))


@pytest.fixture
def salesforce(crm: SandboxClient) -> Iterator[SalesforceClient]:
    client = SalesforceClient(endpoint(crm, "salesforce", "v67.0"), RecordingTokens("token", iter(())), RecordingBudget())
    yield client
    client.close()


@pytest.fixture(params=["v3", "2026-03"])
def hubspot(crm: SandboxClient, request: pytest.FixtureRequest) -> Iterator[HubSpotClient]:
    client = HubSpotClient(endpoint(crm, "hubspot", request.param), RecordingTokens("token", iter(())), RecordingBudget())
    yield client
    client.close()


def refused(crm: SandboxClient, act: Callable[[], object]) -> str:
    """The one sentence; and the CRM heard of nothing."""
    crm.reset_stats()
    with pytest.raises(UnlistedError) as error:
        act()
    assert error.value.code == NOT_LISTED
    assert crm.stats()["total"] == 0
    sentence = str(error.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def row(type_: str = "Lead", **fields: object) -> dict[str, object]:
    return {"attributes": {"type": type_}, "id": LEAD, **fields}


def test_salesforce_fields_and_objects(crm: SandboxClient, salesforce: SalesforceClient) -> None:
    assert "Email of Lead" in refused(crm, lambda: salesforce.update([row(Leadline_Grade__c="A1", Email="x@y.example")]))
    assert "Leadline_Seller_Response__c" in refused(crm, lambda: salesforce.update([row(Leadline_Seller_Response__c="Accepted")]))
    assert "Opportunity is no object" in refused(crm, lambda: salesforce.update([row("Opportunity", OwnerId=OWNER)]))
    assert "no type" in refused(crm, lambda: salesforce.create([{"Name": "x"}]))
    assert "WhatId of Task" in refused(crm, lambda: salesforce.create([{"attributes": {"type": "Task"}, "WhatId": LEAD}]))
    patch = ConditionalPatch("Lead", LEAD, {"Company": "x"}, "Wed, 25 Nov 2026 00:00:00 GMT")
    assert "Company of Lead" in refused(crm, lambda: salesforce.update_each([patch]))


def test_salesforce_goes_by_what_was_listed_and_not_by_the_mapping(crm: SandboxClient) -> None:
    listed = replace(endpoint(crm, "salesforce", "v67.0"), listed={"lead": frozenset({"leadline_route__c"})})
    client = SalesforceClient(listed, RecordingTokens("token", iter(())), RecordingBudget())
    assert "Leadline_Grade__c of Lead" in refused(
        crm, lambda: client.update([row(Leadline_Route__c="x", Leadline_Grade__c="A1")])
    )
    assert "Contact is no object" in refused(crm, lambda: client.update([row("Contact", Leadline_Route__c="x")]))
    client.close()


@pytest.mark.parametrize("fields", [{"Leadline_Grade__c": "A1"}, {"OwnerId": OWNER}])
def test_salesforce_where_nothing_is_installed(crm: SandboxClient, fields: dict[str, object]) -> None:
    bare = replace(endpoint(crm, "salesforce", "v67.0"), listed={})
    client = SalesforceClient(bare, RecordingTokens("token", iter(())), RecordingBudget())
    assert "Lead is no object" in refused(crm, lambda: client.update([row(**fields)]))
    assert "Task is no object" in refused(crm, lambda: client.create([{"attributes": {"type": "Task"}, "WhoId": LEAD}]))
    client.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", f"sobjects/Lead/{LEAD}"), ("DELETE", f"composite/sobjects?ids={LEAD}"), ("DELETE", "composite/sobjects")],
)
def test_salesforce_deletes(crm: SandboxClient, salesforce: SalesforceClient, method: str, path: str) -> None:
    assert "deletes nothing" in refused(crm, lambda: salesforce._call("x", method, path, params={"ids": LEAD}))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", f"sobjects/Lead/{LEAD}"),
        ("POST", "sobjects/Lead"),
        ("POST", "composite/graph"),
        ("POST", "composite/tree/Lead"),
        ("POST", "jobs/ingest"),
        ("POST", "metadata/deployRequest"),
        ("PATCH", "composite/sobjects/Lead/Leadline_Key__c"),
        ("PUT", "sobjects/Lead"),
    ],
)
def test_salesforce_ways_around(crm: SandboxClient, salesforce: SalesforceClient, method: str, path: str) -> None:
    assert "no call of Leadline's" in refused(crm, lambda: salesforce._call("x", method, path, json={"OwnerId": OWNER}))


def test_salesforce_inside_a_composite(crm: SandboxClient, salesforce: SalesforceClient) -> None:
    def part(method: str, url: str, body: object = None) -> Callable[[], object]:
        document = {"compositeRequest": [{"method": method, "url": url, "referenceId": "a", "body": body}]}
        return lambda: salesforce._call("x", "POST", "composite", json=document)

    assert "deletes nothing" in refused(crm, part("DELETE", f"/services/data/v67.0/sobjects/Lead/{LEAD}"))
    assert "no call" in refused(crm, part("POST", "/services/data/v67.0/sobjects/Lead", {"OwnerId": OWNER}))
    assert "no call" in refused(crm, part("PATCH", "/services/data/v67.0/composite/sobjects", {"records": []}))
    assert "Case is no object" in refused(crm, part("PATCH", "/services/data/v67.0/sobjects/Case/500", {"OwnerId": OWNER}))
    assert "cannot be read" in refused(crm, lambda: salesforce._call("x", "POST", "composite", json=["?"]))


def test_salesforce_soap_reads_and_does_nothing_else(crm: SandboxClient, salesforce: SalesforceClient) -> None:
    assert "deleteMetadata" in refused(crm, lambda: salesforce._send_soap("deleteMetadata", {}, "token"))


def test_salesforce_hosts(crm: SandboxClient, salesforce: SalesforceClient) -> None:
    session = salesforce._quiet.session
    sentence = refused(crm, lambda: session.get("https://evil.example/services/data?token=hush"))
    assert "evil.example" in sentence
    assert "hush" not in sentence


def test_a_redirect_is_asked_about_like_any_other_request() -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://evil.example/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        with open_session(url, connect_seconds=3, total_seconds=5) as session:
            assert session.get(url, allow_redirects=False).status_code == 302
            with pytest.raises(UnlistedError, match=r"evil\.example was refused"):
                session.get(url)
        server.shutdown()


def test_hubspot_fields_and_objects(crm: SandboxClient, hubspot: HubSpotClient) -> None:
    def update(name: str, object_: str = "contacts") -> Callable[[], object]:
        return lambda: hubspot.update(object_, [{"id": "1", "objectWriteTraceId": "0", "properties": {name: "x"}}])

    assert "email of contacts" in refused(crm, update("email"))
    assert "leadline_seller_response" in refused(crm, update("leadline_seller_response"))
    assert "deals is no object" in refused(crm, update("hubspot_owner_id", "deals"))
    assert "deals is no object" in refused(crm, lambda: hubspot.create("deals", [{"properties": {"dealname": "x"}}]))
    assert "cannot be read" in refused(crm, lambda: hubspot.update("contacts", [{"id": "1"}]))


@pytest.mark.parametrize(("listed", "why"), [({"contacts": frozenset({"leadline_route"})}, "leadline_grade"), ({}, "no object")])
def test_hubspot_goes_by_what_was_listed_and_not_by_the_mapping(
    crm: SandboxClient, listed: dict[str, frozenset[str]], why: str
) -> None:
    client = HubSpotClient(
        replace(endpoint(crm, "hubspot", "v3"), listed=listed), RecordingTokens("token", iter(())), RecordingBudget()
    )
    row = {"id": "1", "objectWriteTraceId": "0", "properties": {"leadline_grade": "A1"}}
    assert why in refused(crm, lambda: client.update("contacts", [row]))
    if not listed:
        call = Operation("x", writes=True)
        put = lambda: client.ask(call, "PUT", "/crm/v3/lists/1/memberships/add", answers.batch, body=["1"])  # noqa: E731
        assert "no call" in refused(crm, put)
        assert "tasks is no object" in refused(crm, lambda: client.create("tasks", [{"properties": {"hs_task_subject": "x"}}]))
    client.close()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/crm/v3/objects/contacts/1", None),
        ("POST", "/crm/v3/objects/contacts/batch/archive", {"inputs": [{"id": "1"}]}),
        ("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": "1"}),
        ("POST", "/crm/v3/objects/contacts/merge", {"primaryObjectId": "1", "objectIdToMerge": "2"}),
        ("PATCH", "/crm/v3/objects/contacts/1", {"properties": {"hubspot_owner_id": "1"}}),
        ("POST", "/crm/v3/objects/contacts/batch/upsert", {"inputs": []}),
        ("DELETE", "/crm/v3/properties/contacts/leadline_grade", None),
        ("DELETE", "/crm/v3/lists/1", None),
        ("PUT", "/crm/v4/objects/contacts/1/associations/default/companies/2", None),
    ],
)
def test_hubspot_ways_around(crm: SandboxClient, hubspot: HubSpotClient, method: str, path: str, body: object) -> None:
    call = Operation("x", writes=True)
    sentence = refused(crm, lambda: hubspot.ask(call, method, path, answers.batch, body=body))  # type: ignore[arg-type]
    assert "Leadline" in sentence


def test_an_installation_touches_our_properties_alone(crm: SandboxClient) -> None:
    client = HubSpotClient(endpoint(crm, "hubspot", "v3"), RecordingTokens("token", iter(())), RecordingBudget(), installing=True)
    call = Operation("x", writes=True)
    for method, path, body in (
        ("DELETE", "/crm/v3/properties/contacts/email", None),
        ("POST", "/crm/v3/properties/contacts", {"name": "theirs"}),
        ("DELETE", "/crm/v3/properties/contacts/groups/contactinformation", None),
        ("DELETE", "/crm/v3/objects/contacts/1", None),
    ):
        refused(crm, lambda m=method, p=path, b=body: client.ask(call, m, p, answers.batch, body=b))  # type: ignore[misc]
    client.close()


def test_hubspot_hosts(crm: SandboxClient, hubspot: HubSpotClient) -> None:
    for url in (
        "https://evil.example/crm/v3/owners",
        f"{crm.url}.evil.example/crm/v3/owners",
        f"{crm.url}@evil.example/crm/v3/owners",
        f"{crm.url}\\@evil.example/crm/v3/owners",
    ):
        assert "refused before it left" in refused(crm, lambda url=url: hubspot.transport.request("GET", url))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.hubapi.com/x", ("https", "api.hubapi.com", 443)),
        ("HTTPS://API.hubapi.com:443", ("https", "api.hubapi.com", 443)),
        ("http://127.0.0.1:8700/", ("http", "127.0.0.1", 8700)),
        ("https://user@api.hubapi.com/", None),
        ("https://api.hubapi.com\\@evil.example/", None),
        ("https://api.hubapi.com:port/", None),
        ("ftp://api.hubapi.com/", None),
        ("", None),
    ],
)
def test_addresses_are_read_in_one_way_or_not_at_all(url: str, origin: object) -> None:
    assert origin_of(url) == origin


def test_another_port_and_another_scheme_are_other_hosts() -> None:
    listed = egress("hubspot", ["https://api.hubapi.com"])
    listed.check("https://api.hubapi.com/crm/v3/owners")
    for url in ("http://api.hubapi.com/", "https://api.hubapi.com:8443/", "https://hubapi.com/"):
        with pytest.raises(UnlistedError):
            listed.check(url)
