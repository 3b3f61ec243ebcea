"""One trace from the delivery through packet and receipt, and in what the processes log on the way."""

import io
import json

import pytest
import structlog
from sqlalchemy import text

from connector import observe
from connector.demo.portals import Portals
from connector.explain import story
from connector.store.engine import reading
from connector.wiring import Services
from tests.connector.crm_leads import ASKED, add_lead, arrive, deliver, drain, go


def test_a_delivery_can_be_followed_to_its_receipt(services: Services, portals: Portals, request: pytest.FixtureRequest) -> None:
    before = structlog.get_config()
    request.addfinalizer(lambda: structlog.configure(**before))
    said = io.StringIO()
    structlog.configure(
        processors=[observe.guarded, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger("debug"),
        logger_factory=structlog.WriteLoggerFactory(file=said),
    )
    go(services)
    add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"])
    arrive(portals)
    drain(services, "salesforce")
    deliver(services, "salesforce")
    with reading(services.engine) as session:
        [trace] = session.execute(text("SELECT left(encode(fingerprint, 'hex'), 16) FROM delivery")).scalars()
        found = session.execute(text("SELECT kind, body FROM document ORDER BY seq")).all()
    documents = {row.kind: json.loads(row.body) for row in found}
    assert {kind: document["trace"] for kind, document in documents.items()} == {"packet": trace, "receipt": trace}
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [line["event"] for line in lines if line.get("trace") == trace] == ["delivery opened", "decided", "write answered"]
    assert f"Trace {trace}." in story(documents["packet"], None)[0]


def test_what_no_delivery_told_has_no_trace(services: Services, portals: Portals) -> None:
    go(services)
    portals.sandbox.remove_targets()
    id_ = add_lead(portals, "salesforce", "nora@acme.example")
    with services.engine.begin() as session:
        session.execute(
            text("INSERT INTO due (connection, object, record_id, source_at) VALUES ('acme-salesforce', 'lead', :id, now())"),
            {"id": id_},
        )
    drain(services, "salesforce")
    with reading(services.engine) as session:
        [body] = session.execute(text("SELECT body FROM document WHERE kind = 'packet'")).scalars()
    assert "trace" not in json.loads(body)
