"""Whatever is sent to HubSpot's half, it is answered in HubSpot's shapes and never breaks."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sandbox.faults import Faults
from adapters.sandbox.hubspot import HubSpot
from adapters.sandbox.outbound import Outbound
from adapters.sandbox.record import Actor
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Call
from adapters.sandbox.world import World

IMPORT = Actor("IMPORT", "userId:1")

PATHS = st.sampled_from(
    [
        f"/crm/{version}/{tail}"
        for version in ("v3/objects", "objects/2026-09", "v4/objects")
        for tail in (
            *("contacts", "contacts/37000000001", "contacts/search", "contacts/merge", "contacts/gdpr-delete", "nothing"),
            *(f"contacts/batch/{verb}" for verb in ("read", "create", "update", "upsert", "archive", "x")),
            *("leads", "tasks", "contacts/37000000001/associations/companies", "contacts/1/associations/default/x/2"),
        )
    ]
    + [f"/crm/v3/properties/contacts{tail}" for tail in ("", "/email", "/groups", "/groups/x", "/batch/create", "/batch/read")]
    + [f"/crm/v4/associations/contacts/companies/batch/{verb}" for verb in ("read", "create", "associate/default", "archive")]
    + [
        f"/crm/lists/2026-09{tail}"
        for tail in (
            "",
            "/search",
            "/1",
            "/1/memberships",
            "/1/memberships/add",
            "/1/update-list-filters",
            "/records/0-1/1/memberships",
        )
    ]
    + [f"/automation/v4/flows{tail}" for tail in ("", "/1", "/batch/read")]
    + [f"/marketing/v3/forms{tail}" for tail in ("", "/1")]
    + [
        f"/webhooks/v3/14947001/{tail}"
        for tail in ("", "settings", "subscriptions", "subscriptions/1", "subscriptions/batch/update")
    ]
    + [
        "/settings/v3/users",
        "/crm/v3/pipelines/deals/x",
        "/crm-object-schemas/v3/schemas/0-1",
        "/oauth/v2/private-apps/get/access-token-info",
    ]
    + ["/automation/v4/actions/callbacks/x/complete", "/account-info/v3/api-usage/daily", "/oauth/v3/token/introspect"]
    + ["/crm/v3/owners", "/oauth/v1/token", "/oauth/authorize", "/crm/", "/account-info/v3/details"]
)
WORDS = st.sampled_from(
    (
        "inputs id properties filterGroups filters propertyName operator value values sorts limit after associations to from "
        "types idProperty email EQ IN 37000000001 name options type label groupName fieldType associationTypeId 578 objectId "
        "processingType objectTypeId 0-1 MANUAL DYNAMIC filterBranch query offset count actions flowId fieldGroups fields "
        "targetUrl throttling maxConcurrentRequests eventType contact.creation active tokenKey outputFields recordIdsToAdd"
    ).split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
QUERIES = st.sampled_from(
    [
        "",
        "hapikey=sandbox-developer-key",
        "limit=x",
        "limit=0",
        "after=x",
        "idProperty=city",
        "associations=x",
        "archived=true",
        "properties=,",
    ]
)


@pytest.fixture(scope="module")
def side() -> Iterator[HubSpot]:
    with tempfile.TemporaryDirectory() as home:
        store = Store(Path(home), lambda: 1_795_348_800_000)
        world = World(store, Faults(Random(1)), store.clock, Random(1))
        portal = HubSpot(world)
        outbound = world.deliveries = Outbound(store, {"hubspot": portal.channel}, Random(1))
        portal.configure({"limits": False})
        portal.create("contacts", [{"email": "a@b.test"}], IMPORT)
        yield portal
        outbound.stop()
        store.close()


@given(st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]), PATHS, QUERIES, JSON)
@settings(max_examples=400, deadline=None)
def test_any_call(side: HubSpot, method: str, path: str, query: str, body: Any) -> None:
    answer = side.answer(Call(method, path, query, {"authorization": "Bearer pat-x"}, json.dumps(body).encode()))
    assert answer.status < 500
    if answer.status >= 400:
        assert {"status", "message"} <= set(json.loads(answer.body))


LIST = {"name": "x", "objectTypeId": "0-1", "processingType": "MANUAL"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/v3/lists/search", {"offset": "x"}),
        ("/crm/v3/lists/search", {"count": -1}),
        ("/crm/v3/lists", {**LIST, "objectTypeId": "9-9"}),
        ("/crm/v3/lists", {**LIST, "name": ["x"]}),
        ("/automation/v4/flows", {"name": {}, "objectTypeId": "0-1", "actions": []}),
        ("/automation/v4/flows/batch/read", {"inputs": [{"flowId": []}]}),
        ("/marketing/v3/forms", {"name": "x", "fieldGroups": [{"fields": [{"name": [], "objectTypeId": "0-1"}]}]}),
        (
            "/marketing/v3/forms",
            {"name": "x", "fieldGroups": [{"fields": [{"name": "a", "objectTypeId": "0-1", "dependentFields": [1]}]}]},
        ),
        (
            "/crm/v3/properties/contacts",
            {"name": "a", "label": "A", "type": "enumeration", "fieldType": "select", "options": [1]},
        ),
    ],
)
def test_bodies_of_the_wrong_shape_are_a_400_that_says_why(side: HubSpot, path: str, body: Any) -> None:
    answer = side.answer(Call("POST", path, "", {"authorization": "Bearer pat-x"}, json.dumps(body).encode()))
    assert (answer.status, json.loads(answer.body)["category"]) == (400, "VALIDATION_ERROR")
