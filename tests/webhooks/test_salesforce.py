"""Salesforce's outbound messages: exact answers, hostile XML, notifications in the house's words."""

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.receiver_contract import NOW, PREVIOUS, SECRET, ReceiverContract, fixture
from webhooks.base import Inbound, Opened, Receiver, Reply, Request, UnreadableDeliveryError
from webhooks.salesforce import SalesforceOutboundReceiver
from webhooks.salesforce_words import same_org, to18

INBOUND = Inbound(connection="acme", account="00D5e000000KQ2eEAG", app_id="", secrets=(SECRET, PREVIOUS))
LEAD = fixture("salesforce/outbound__lead_created.xml")
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'

ACKNOWLEDGEMENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">
   <Ack>true</Ack>
  </notificationsResponse>
 </soapenv:Body>
</soapenv:Envelope>
"""


def message(body: bytes, secret: str = SECRET) -> Request:
    headers = {"content-type": "text/xml; charset=utf-8", "x-leadline-path-secret": secret, "soapaction": '""'}
    return Request("POST", "https://leadline.example.com/webhooks/salesforce/acme/x/outbound-message", headers, body, NOW)


def check(body: bytes, inbound: Inbound = INBOUND) -> Reply:
    return SalesforceOutboundReceiver(lambda: NOW).check(message(body), inbound)


def opened(body: bytes, inbound: Inbound = INBOUND) -> Opened:
    return SalesforceOutboundReceiver(lambda: NOW).open(body, inbound)


class TestContract(ReceiverContract):
    inbound = INBOUND
    body = LEAD
    unknown = b""
    proof = "x-leadline-path-secret"
    unproven = 404

    def receiver(self) -> Receiver:
        return SalesforceOutboundReceiver(lambda: NOW)

    def signed(self, body: bytes, secret: str) -> Request:
        return message(body, secret)

    def test_an_unknown_type_is_ignored_and_no_problem(self) -> None:
        """A notification has no type; of an object we do not route it keeps Salesforce's word."""
        [event] = opened(fixture("salesforce/outbound__account.xml")).events
        assert (event.object, event.kind) == ("Account", "changed")


def test_the_answer_is_the_acknowledgement_byte_for_byte() -> None:
    reply = check(LEAD)
    assert (reply.status, reply.content_type, reply.body) == (200, "text/xml; charset=utf-8", ACKNOWLEDGEMENT)


def test_without_the_secret_there_is_nothing_here() -> None:
    whole = SalesforceOutboundReceiver(lambda: NOW).check(message(LEAD, "wrong"), INBOUND)
    odd = replace(message(b"<", "wrong"), headers={})
    assert SalesforceOutboundReceiver(lambda: NOW).check(odd, INBOUND) == whole
    assert whole.status == 404


@pytest.mark.parametrize("account", ["00D5e000000KQ2e", "00D5e000000KQ2eEAG", "00D5e000000KQ2eXXX"])
def test_orgs_are_equal_on_fifteen_characters(account: str) -> None:
    for name in ("outbound__lead_created", "outbound__fifteen_characters"):
        assert check(fixture(f"salesforce/{name}.xml"), replace(INBOUND, account=account)).status == 200


@pytest.mark.parametrize("account", ["00d5e000000KQ2eEAG", "00D5e000000KQ2E", "00D5e000000KQ2", "", "00D5e000000KQ2fEAG"])
def test_another_org_gets_a_fault(account: str) -> None:
    inbound = replace(INBOUND, account=account)
    reply = check(LEAD, inbound)
    code = fromstring(reply.body).findtext(".//faultcode")  # noqa: S314  # our own answer
    assert (reply.status, reply.refusal, code) == (403, "other_org", "soapenv:Client")
    assert opened(LEAD, inbound).events == ()
    assert len(opened(LEAD, inbound).problems) == 1


def test_no_org_is_nobodys_org() -> None:
    assert check(LEAD.replace(b"00D5e000000KQ2eEAG", b""), replace(INBOUND, account="")).status == 403


def test_a_second_message_of_another_org_does_not_slip_through() -> None:
    part = LEAD[LEAD.index(b"  <notifications") : LEAD.index(b" </soapenv:Body>")]
    both = LEAD.replace(part, part + part.replace(b"00D5e000000KQ2eEAG", b"00D5e000000OTHRAAA"))
    assert check(both).status == 200
    result = opened(both)
    assert (len(result.events), len(result.problems)) == (1, 1)


BOMB = b'<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
HOSTILE = {
    "billion laughs": LEAD.replace(DECLARATION, DECLARATION + BOMB).replace(b"ada@example.com", b"&c;"),
    "external entity": LEAD.replace(
        DECLARATION, DECLARATION + b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    ).replace(b"ada@example.com", b"&x;"),
    "parameter entity": LEAD.replace(DECLARATION, DECLARATION + b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]>'),
    "external DTD": LEAD.replace(DECLARATION, DECLARATION + b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'),
    "bare DTD": LEAD.replace(DECLARATION, DECLARATION + b"<!DOCTYPE a>"),
    "undeclared entity": LEAD.replace(b"ada@example.com", b"&x;"),
    "cut off": LEAD[:-30],
    "unbound prefix": LEAD.replace(b"<sf:Email>ada@example.com</sf:Email>", b"<zz:Email>a</zz:Email>"),
    "prefix bound to nothing": LEAD.replace(b"ada@example.com", b'<zz:a xmlns:zz=""/>'),
    "two colons": LEAD.replace(b"ada@example.com", b"<a:b:c/>"),
    "two roots": LEAD + b"<a/>",
    "not UTF-8": LEAD.replace(b"ada", b"\xff\xfe\xfd"),
    "NUL": LEAD.replace(b"ada", b"\x00"),
    "empty": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_xml_is_refused_and_never_opened(body: bytes) -> None:
    reply = check(body)
    assert (reply.status, reply.refusal) == (400, "unsound_xml")
    with pytest.raises(UnreadableDeliveryError):
        opened(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<a/>",
        LEAD.replace(b"<OrganizationId>00D5e000000KQ2eEAG</OrganizationId>", b""),
        LEAD.replace(b"http://soap.sforce.com/2005/09/outbound", b"urn:something.else"),
        b"<OrganizationId>00D5e000000KQ2eEAG</OrganizationId>",
        LEAD.replace(b"<OrganizationId>", b"<Deeper><OrganizationId>").replace(
            b"</OrganizationId>", b"</OrganizationId></Deeper>"
        ),
    ],
)
def test_xml_without_an_org_in_its_place_is_refused(body: bytes) -> None:
    assert check(body).status == 400


@pytest.mark.parametrize(
    "declared", ["ascii", "latin-1", "utf-7", "cp037", "shift_jis", "base64", "rot13", "no such thing", "unicode_escape"]
)
def test_a_declared_encoding_changes_nothing(declared: str) -> None:
    body = LEAD.replace(b'encoding="UTF-8"', f'encoding="{declared}"'.encode())
    assert check(body).status == (400 if " " in declared else 200)


def test_a_byte_order_mark_and_other_prefixes_are_fine() -> None:
    assert check(b"\xef\xbb\xbf" + LEAD).status == 200
    assert opened(b"\xef\xbb\xbf" + LEAD) == opened(LEAD)
    assert check(LEAD.decode().encode("utf-16")).status == 200
    assert opened(LEAD.decode().encode("utf-16")) == opened(LEAD)
    other = fixture("salesforce/outbound__other_prefixes.xml")
    assert check(other).status == 200
    [event] = opened(other).events
    assert (event.object, event.record_id) == ("lead", "00Q5e00000AbCdEEAV")


def test_the_org_is_found_behind_a_long_comment() -> None:
    assert check(LEAD.replace(b"<OrganizationId>", b"<!--" + b"x" * 3 * len(LEAD) + b"--><OrganizationId>")).status == 200


def test_a_lead_as_it_was_created() -> None:
    [event] = opened(LEAD).events
    assert event.identity == "04l5e00000Gx7QzAAJ"
    assert (event.kind, event.object, event.record_id) == ("created", "lead", "00Q5e00000AbCdEEAV")
    assert event.occurred_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_unsure_is_changed() -> None:
    later, only_created = opened(fixture("salesforce/outbound__two_contacts.xml")).events
    assert (later.kind, later.object, later.occurred_at) == ("changed", "contact", datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
    assert (only_created.kind, only_created.occurred_at) == ("changed", datetime(2026, 11, 20, 8, tzinfo=UTC))


def test_a_record_touched_since_its_creation_is_changed() -> None:
    created = b"<sf:SystemModstamp>2026-11-20T08:00:00.000Z</sf:SystemModstamp>"
    later = b"<sf:LastModifiedDate>2026-11-20T08:00:01.000Z</sf:LastModifiedDate>"
    assert [event.kind for event in opened(LEAD.replace(created, created + later)).events] == ["changed"]


def test_ids_always_have_eighteen_characters() -> None:
    [event] = opened(fixture("salesforce/outbound__fifteen_characters.xml")).events
    assert (event.identity, event.record_id) == (to18("04l5e00000Gx7Qz"), to18("00Q5e00000AbCdE"))
    assert (event.kind, event.occurred_at) == ("changed", NOW)


def test_deleted_records_are_told_or_left_to_the_sweep() -> None:
    result = opened(fixture("salesforce/outbound__deleted_and_deleted_before_delivery.xml"))
    assert [event.kind for event in result.events] == ["deleted"]
    assert result.problems == (
        "Item 2: it names no record, as when one is deleted before delivery; the next sweep looks for deleted records.",
    )


def test_nonsense_is_set_aside_and_the_rest_goes_on() -> None:
    result = opened(fixture("salesforce/outbound__mixed_with_nonsense.xml"))
    assert [event.identity for event in result.events] == ["04l5e00000Gx7QzAAJ", "04l5e00000Gx7R2AAJ"]
    assert [problem.partition(":")[0] for problem in result.problems] == ["Item 2", "Item 3", "Item 4"]


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("0031I0000081tbP", "0031I0000081tbPQAQ"),
        ("04l1I000000fzt9", "04l1I000000fzt9QAA"),
        ("04k5e000000CaRk", "04k5e000000CaRkAAK"),
    ],
)
def test_to18_as_salesforce_does_it(short: str, full: str) -> None:
    assert to18(short) == to18(full) == full


@given(st.text(), st.text())
def test_same_org_never_raises_and_means_it(one: str, other: str) -> None:
    assert same_org(one, other) <= (one[:15] == other[:15])


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_what_is_acknowledged_can_be_opened(place: int, bit: int) -> None:
    body = bytearray(LEAD)
    body[place % len(body)] ^= 1 << bit
    if check(bytes(body)).status == 200:
        result = opened(bytes(body))
        assert len(result.events) + len(result.problems) == 1
