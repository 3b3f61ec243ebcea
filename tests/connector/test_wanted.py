"""What an installation has to consist of, worked out from connection, mapping and policy."""

from dataclasses import replace

import pytest

from config.fields import OUTPUTS
from config.mapping import shipped_mapping
from config.output_fields import WORDINGS
from config.policy import Member, Policy, load_policy, shipped_policy_text
from connector.store.connections import CrmConnection
from connector.wanted import DEFAULT_QUEUE, REVIEW_QUEUE, wanted, webhook_url

SALESFORCE = CrmConnection(
    "acme", "salesforce", "00D", "https://acme.example", "v67.0", shipped_mapping("salesforce"), inbound_secrets=("new", "old")
)


def _policy(**pools: str) -> Policy:
    return load_policy(shipped_policy_text()).with_pools({name: [Member(email)] for name, email in pools.items()})


def test_every_output_has_words_that_both_crms_take() -> None:
    assert WORDINGS.keys() == OUTPUTS.keys()
    assert [name for name, words in WORDINGS.items() if not 0 < len(words.label) <= 40 or not 0 < len(words.help) <= 510] == []
    labels = [words.label for words in WORDINGS.values()]
    assert len(set(labels)) == len(labels)


def test_a_field_of_another_name_is_the_customers() -> None:
    mapping = replace(SALESFORCE.mapping, outputs={"fit_score": "Score__c", "route": "LEADLINE_ROUTE__C"})
    fields = wanted(replace(SALESFORCE, mapping=mapping), _policy(), "https://x").fields
    assert [(one.output, one.ours) for one in fields] == [("fit_score", False), ("route", True)]


def test_queues_are_those_of_the_policy_and_the_two_lanes_that_always_are() -> None:
    assert wanted(SALESFORCE, _policy(), "https://x").queues == (
        "Leadline Nurture",
        "Leadline Disqualified",
        REVIEW_QUEUE,
        DEFAULT_QUEUE,
    )


def test_the_rule_asks_whom_leadline_chose_then_the_route_and_takes_the_rest() -> None:
    rule = wanted(SALESFORCE, _policy(closers="ada@acme.example", reviewers="hana@acme.example"), "https://x").rule
    assert [(one.by, one.route, one.owner) for one in rule] == [
        ("suggested_owner", "ada@acme.example", "ada@acme.example"),
        ("suggested_owner", "hana@acme.example", "hana@acme.example"),
        ("route", "review", REVIEW_QUEUE),
        ("route", "nurture", "Leadline Nurture"),
        ("route", "watch", "Leadline Nurture"),
        ("route", "disqualify", "Leadline Disqualified"),
        ("", "", DEFAULT_QUEUE),
    ]


def test_whoever_reviews_watches_the_queues() -> None:
    assert wanted(SALESFORCE, _policy(closers="ada@acme.example", reviewers="hana@acme.example"), "https://x").watchers == (
        "hana@acme.example",
    )


@pytest.mark.parametrize(
    ("crm", "url"),
    [
        (SALESFORCE, "https://x/webhooks/salesforce/acme/new/outbound-message"),
        (replace(SALESFORCE, inbound_secrets=()), ""),
        (replace(SALESFORCE, kind="hubspot"), "https://x/webhooks/hubspot/acme"),
    ],
    ids=["the newest secret", "no secret", "signed"],
)
def test_where_the_crm_calls(crm: CrmConnection, url: str) -> None:
    assert webhook_url(crm, "https://x") == url
