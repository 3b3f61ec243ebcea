"""The real simple-salesforce, which must notice no difference."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce import Salesforce, format_external_id
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, library, running

FALSE = {"Sforce-Auto-Assign": "FALSE"}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Salesforce]:
    client = library(sandbox, session_id=sandbox.login(), instance_url="https://sandbox.my.salesforce.com")
    yield client
    client.session.close()


def test_signing_in_with_a_key(sandbox: Sandbox) -> None:
    sandbox.clock[0] = int(datetime.now(UTC).timestamp() * 1000)
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    sandbox.side.configure({"public_key": public.decode()})
    client = library(sandbox, username="integration@sandbox.example", consumer_key="CK", privatekey=pem, domain="test")
    lead = sandbox.lead()
    assert client.Lead.get(lead)["LastName"] == "Byron"
    client.session.close()


def test_signing_in_with_client_credentials(sandbox: Sandbox) -> None:
    client = library(sandbox, consumer_key="CK", consumer_secret="CS", domain="acme.my")
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000
    client.session.close()


def test_the_life_of_a_lead(sandbox: Sandbox, client: Salesforce) -> None:
    id_ = client.Lead.create({"LastName": "Byron", "Company": "Acme"})["id"]
    assert client.Lead.update(id_, {"Title": "CTO"}, headers=FALSE) == 204
    assert client.Lead.get(id_)["Title"] == "CTO"
    assert client.Lead.delete(id_) == 204
    with pytest.raises(SalesforceResourceNotFound) as caught:
        client.Lead.get(id_)
    assert caught.value.content[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_upsert(client: Salesforce) -> None:
    key = format_external_id("Leadline_Key__c", "a/b@c")
    assert client.Lead.upsert(key, {"LastName": "Byron", "Company": "Acme"}) == 201
    assert client.Lead.upsert(key, {"Title": "CTO"}) == 200
    assert client.Lead.get_by_custom_id("Leadline_Key__c", "a/b@c")["Title"] == "CTO"


def test_queries_over_pages(sandbox: Sandbox, client: Salesforce) -> None:
    sandbox.side.create("Lead", [{"LastName": f"P{n}", "Company": "Acme"} for n in range(2_100)], SELLER)
    assert client.query_all("SELECT Id FROM Lead")["totalSize"] == 2_100
    assert len(list(client.query_all_iter("SELECT Id FROM Lead"))) == 2_100
    assert client.api_usage["api-usage"].used > 0


def test_describe_updated_deleted(sandbox: Sandbox, client: Salesforce) -> None:
    lead = sandbox.lead()
    assert "Leadline_Grade__c" in {field["name"] for field in client.Lead.describe()["fields"]}
    assert "Lead" in {found["name"] for found in client.describe()["sobjects"]}
    sandbox.tick(60)
    start, end = datetime(2026, 11, 22, 11, tzinfo=UTC), datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert client.Lead.updated(start, end)["ids"] == [lead]
    assert client.Lead.deleted(start, end)["deletedRecords"] == []


def test_collections_and_composite(sandbox: Sandbox, client: Salesforce) -> None:
    lead = sandbox.lead()
    body = {"records": [{"attributes": {"type": "Lead"}, "id": lead, "Title": "CTO"}]}
    assert client.restful("composite/sobjects", method="PATCH", json=body, headers=FALSE)[0]["success"]
    part = {"method": "GET", "url": f"/services/data/v67.0/sobjects/Lead/{lead}?fields=Title", "referenceId": "r"}
    answer = client.restful("composite", method="POST", json={"compositeRequest": [part]})
    assert answer["compositeResponse"][0]["body"]["Title"] == "CTO"


def test_refusals_become_the_librarys_exceptions(sandbox: Sandbox, client: Salesforce) -> None:
    lead = sandbox.lead()
    with pytest.raises(SalesforceMalformedRequest) as malformed:
        client.Lead.update(lead, {"Company": "x" * 256})
    assert malformed.value.content[0]["errorCode"] == "STRING_TOO_LONG"
    sandbox.tick(60)
    sandbox.side.update("Lead", lead, {"Title": "a person's"}, SELLER)
    with pytest.raises(SalesforceGeneralError) as conflict:
        client.Lead.update(lead, {"Title": "x"}, headers={"If-Unmodified-Since": "Sun, 22 Nov 2026 12:00:00 GMT"})
    assert conflict.value.status == 412
    sandbox.side.configure({"daily_limit": 1})
    with pytest.raises(SalesforceRefusedRequest):
        client.Lead.get(lead)
    sandbox.side.configure({"expire_tokens": True})
    with pytest.raises(SalesforceExpiredSession):
        client.limits()


def test_ids_are_those_of_the_vendor(sandbox: Sandbox, client: Salesforce) -> None:
    """The three check characters say which of the fifteen are capitals."""
    for id_ in (sandbox.lead(), sandbox.user("Ada"), sandbox.queue("Tier 1")):
        flags = "".join("1" if letter.isupper() else "0" for letter in id_[:15])
        numbers = [int(flags[block : block + 5][::-1], 2) for block in (0, 5, 10)]
        assert id_[15:] == "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[number] for number in numbers)
