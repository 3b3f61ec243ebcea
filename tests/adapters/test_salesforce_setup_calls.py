"""The calls that only an installation makes, against a server that answers as told: what the sandbox cannot be made to say."""

import json
from functools import partial
from typing import Any

import pytest

from adapters.errors import AdapterError, CallOperator, Refused, Retry, UnknownOutcome
from adapters.salesforce.client import Client, soql
from adapters.salesforce.metadata import Metadata
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.tree import branch, leaf
from adapters.sandbox.wire import Answer, json_answer
from tests.adapters import test_salesforce_client as ordinary
from tests.adapters.test_salesforce_client import EXPIRED, Org

client_of = partial(ordinary.client_of, installing=True)

_XML = {"Content-Type": "text/xml;charset=UTF-8"}
_QUEUE = Component("Queue", "Mine", branch("Queue", leaf("name", "Mine")))


def _soap(body: str, status: int = 200) -> Answer:
    names = 'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    metadata = 'xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:sf="http://soap.sforce.com/2006/04/metadata"'
    return Answer(
        status, _XML, f"<soapenv:Envelope {names} {metadata}><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>".encode()
    )


def _records(*records: str) -> Answer:
    return _soap(f"<readMetadataResponse><result>{''.join(records)}</result></readMetadataResponse>")


def _fault(code: str) -> Answer:
    return _soap(f"<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>Zoë said so</faultstring></soapenv:Fault>", 500)


QUEUE = '<records xsi:type="Queue"><fullName>Mine</fullName><name>Mine</name></records>'


def test_metadata_is_read_with_the_token_in_the_envelope() -> None:
    org = Org(_records(QUEUE, '<records xsi:nil="true"/>', "<records/>"))
    with client_of(org) as client:
        (found,) = client.read_metadata("Queue", ["Mine", "Gone", "Never"])
    assert found.findtext("{http://soap.sforce.com/2006/04/metadata}name") == "Mine"
    (call,) = org.calls
    assert call.path == "/services/Soap/m/67.0"
    assert call.headers["soapaction"] == '""'
    assert "authorization" not in call.headers
    assert b"sessionId>first<" in call.body
    assert call.body.count(b"fullNames>") == 6
    assert org.budget.taken == [("burst", 1)]


def test_a_session_that_has_ended_is_renewed_for_soap_too() -> None:
    org = Org(_fault("INVALID_SESSION_ID"), _records(QUEUE))
    with client_of(org) as client:
        assert len(client.read_metadata("Queue", ["Mine"])) == 1
    assert org.tokens.renewed == ["first"]
    assert b"sessionId>second<" in org.calls[1].body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_fault("INSUFFICIENT_ACCESS"), CallOperator),
        (_fault("UNSUPPORTED_API_VERSION"), CallOperator),
        (_fault("INVALID_TYPE"), CallOperator),
        (_fault("SERVER_UNAVAILABLE"), Retry),
        (_fault("EXCEEDED_MAX_TYPES_LIMIT"), Refused),
        (Answer(502, {"Content-Type": "text/html"}, b"<html>"), Retry),
        (Answer(200, _XML, b"<!DOCTYPE x [<!ENTITY a 'a'>]><x>&a;</x>"), Retry),
        (Answer(200, _XML, b"<x/>"), Retry),
        (None, Retry),
    ],
    ids=["right", "version", "type", "busy", "limit", "page", "entities", "not soap", "silence"],
)
def test_what_cannot_be_read_says_what_to_do(answer: Answer | None, error: type[AdapterError]) -> None:
    with client_of(Org(answer)) as client, pytest.raises(error) as raised:
        client.read_metadata("Queue", ["Mine"])
    assert "Zoë" not in str(raised.value)


# --- deployments


def _begun(**result: Any) -> Answer:
    return json_answer(201, {"id": "0Af1", "deployResult": {"status": "Pending", "done": False, **result}})


def _stands(**result: Any) -> Answer:
    return json_answer(200, {"id": "0Af1", "deployResult": {"done": True, **result}})


def _metadata(client: Client) -> tuple[Metadata, list[float]]:
    slept: list[float] = []
    return Metadata(client, "v67.0", monotonic=lambda: sum(slept), sleep=slept.append), slept


def test_a_package_is_checked_first_and_then_deployed_all_or_nothing() -> None:
    org = Org(EXPIRED, _begun(), _stands(success=True), _begun(), _stands(success=True))
    with client_of(org) as client:
        _metadata(client)[0].deploy([_QUEUE])
    begun = [call for call in org.calls if call.method == "POST"]
    assert all(call.headers["content-type"].startswith("multipart/form-data") for call in begun)
    options = [json.loads(call.body.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])["deployOptions"] for call in begun]
    assert [one["checkOnly"] for one in options] == [True, True, False], "the first was refused for its token"
    assert all(one["rollbackOnError"] and one["singlePackage"] for one in options)
    assert all("testLevel" not in one for one in options), "production takes no NoTestRun"


def test_a_deployment_is_looked_at_less_and_less_often() -> None:
    waits = [_begun(), *[_stands(done=False)] * 5, _stands(success=True)]
    with client_of(Org(*waits, _begun(), _stands(success=True))) as client:
        metadata, slept = _metadata(client)
        metadata.deploy([_QUEUE])
    assert slept == [0.5, 1.0, 2.0, 5.0, 5.0]


def test_whether_a_package_was_taken_may_not_be_known() -> None:
    with client_of(Org(_begun(), _stands(success=True), None)) as client, pytest.raises(UnknownOutcome):
        _metadata(client)[0].deploy([_QUEUE])


@pytest.mark.parametrize("listed", [True, False], ids=["a list", "one alone"])
def test_a_refusal_names_every_component(listed: bool) -> None:
    failure = {"componentType": "CustomField", "fullName": "Lead.X__c", "problem": "Too long."}
    details = {"componentFailures": [failure] * 7 if listed else failure}
    with client_of(Org(_begun(), _stands(success=False, details=details))) as client, pytest.raises(CallOperator) as raised:
        _metadata(client)[0].deploy([_QUEUE])
    said = str(raised.value)
    assert said.startswith("Salesforce refuses the package, and nothing was changed: custom field Lead.X__c: Too long")
    assert ("and 2 more" in said) is listed


def test_a_refusal_of_the_whole_says_that() -> None:
    answer = _stands(success=False, errorMessage="No package.xml found", errorStatusCode="INVALID_ID_FIELD")
    with client_of(Org(_begun(), answer)) as client, pytest.raises(CallOperator, match=r"No package\.xml found"):
        _metadata(client)[0].deploy([_QUEUE])


# --- dependencies, identity, assignments


def test_dependencies_come_in_pages() -> None:
    def page(locator: str, name: str) -> Answer:
        head = "MetadataComponentId,MetadataComponentName,MetadataComponentType,RefMetadataComponentId"
        return Answer(200, {"Content-Type": "text/csv", "Sforce-Locator": locator}, f'{head}\n1,"{name}",Report,00N1\n'.encode())

    org = Org(
        json_answer(200, {"id": "7501", "state": "UploadComplete"}),
        json_answer(200, {"id": "7501", "state": "InProgress"}),
        json_answer(200, {"id": "7501", "state": "JobComplete"}),
        page("MjAw/A==", "Leads, by route"),
        Answer(401, {}, b""),
        page("null", "Other"),
    )
    with client_of(org) as client:
        rows = _metadata(client)[0].dependencies(["00N1"])
    assert [row["MetadataComponentName"] for row in rows] == ["Leads, by route", "Other"]
    assert org.calls[-1].query == "locator=MjAw%2FA%3D%3D"


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_failed_query_of_dependencies_is_no_licence_to_purge(state: str) -> None:
    org = Org(json_answer(200, {"id": "7501"}), json_answer(200, {"state": state}))
    with client_of(org) as client, pytest.raises(Retry, match=state):
        _metadata(client)[0].dependencies(["00N1"])


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"user_id": 5}'])
def test_an_identity_that_makes_no_sense_is_asked_again(body: bytes) -> None:
    with client_of(Org(Answer(200, {}, body))) as client, pytest.raises(Retry):
        client.whoami()


def test_nothing_but_an_assignment_is_ever_deleted() -> None:
    org = Org()
    with client_of(org) as client, pytest.raises(ValueError, match="only assignments"):
        client.unassign(["0Pa000000000001AAA", "00Q000000000001AAA"])
    assert org.calls == []


def test_values_cannot_leave_their_quotes() -> None:
    assert soql("SELECT Id FROM User WHERE Email IN {}", ["o'x", "b\\"]) == r"SELECT Id FROM User WHERE Email IN ('o\'x','b\\')"
