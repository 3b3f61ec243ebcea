"""What Leadline would have done is what it does: the audit's counts against the real pipeline's decisions on the same leads."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.audit.cost import NEW
from connector.audit.taking import Wish, take
from connector.demo.portals import Portals
from connector.wiring import Services
from tests.connector.audit.conftest import NAMES
from tests.connector.crm_leads import ASKED, add_lead, documents, go, owners_we_set, tasks

TITLE = {"salesforce": "Title", "hubspot": "jobtitle"}
SIZE = {"salesforce": "NumberOfEmployees", "hubspot": "numemployees"}
KIND = {"salesforce": "Relationship__c", "hubspot": "relationship"}
UNKNOWN = {
    "salesforce": dict.fromkeys(("Title", "NumberOfEmployees", "Industry", "Country")),
    "hubspot": dict.fromkeys(("jobtitle", "numemployees", "industry", "country")),
}
PHONE = {"salesforce": "Phone", "hubspot": "phone"}


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_the_counts_are_those_of_the_decisions(services: Services, portals: Portals, work: Callable[[], None], crm: Any) -> None:
    portals.sandbox.settings("hubspot", search_lag_ms=0)
    add_lead(portals, crm, "good@acme.example", **ASKED[crm])
    add_lead(portals, crm, "plain@acme.example")
    add_lead(portals, crm, "intern@gmail.com", **{TITLE[crm]: "Intern", SIZE[crm]: 3})
    add_lead(portals, crm, "unknown@acme.example", **UNKNOWN[crm])
    add_lead(portals, crm, "rival@acme.example", **{KIND[crm]: "competitor"})
    add_lead(portals, crm, "once@acme.example", **{PHONE[crm]: "+49 30 901820"})
    add_lead(portals, crm, "twice@acme.example", **{PHONE[crm]: "+49 30 901820"})
    connection = services.crm(NAMES[crm])
    assert connection
    audit = take(services, connection, Wish(days=1, across=False), lambda *_: None, now=datetime.now(UTC) + timedelta(seconds=2))
    assert documents(services, "packet") == [], "an audit records nothing"
    work()
    decided = [one["decision"] for one in documents(services, "packet")]

    assert counts(audit.figure("would_routes")) == Counter(one["route"] for one in decided)
    assert counts(audit.figure("would_reasons")) == Counter(one["review_code"] or one["reason_code"] for one in decided)
    assert counts(audit.figure("would_unsure")) == Counter(one["review_code"] for one in decided if one["rule"] == "unsure")
    grades = Counter(one["scores"]["grade"] if one["scores"]["measured"] else one["scores"]["grade"][0] + "-" for one in decided)
    assert counts(audit.figure("would_grades")) == grades
    assert audit.figure("would_routes").values == {"judged": len(decided), "linked": 1, "failed": 0}


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_a_record_that_comes_alone_takes_no_more_calls_than_the_audit_says(
    services: Services, portals: Portals, work: Callable[[], None], crm: Any
) -> None:
    """With all that can happen to one: fields, owner, task. What is read once in a while (fields, owners) is not a lead's."""
    go(services)
    add_lead(portals, crm, "first@acme.example", **ASKED[crm])
    work()
    portals.sandbox.reset_stats()
    id_ = add_lead(portals, crm, "second@acme.example", **ASKED[crm])
    work()
    calls = [one for one in portals.sandbox.stats()["calls"] if one["crm"] == crm and not one["route"].endswith("/token")]
    assert owners_we_set(portals, crm, id_)
    assert tasks(portals, crm)
    assert 0 < sum(one["count"] for one in calls) <= NEW, calls


def counts(figure: Any) -> Counter[str]:
    return +Counter({part.label: part.count for part in figure.parts})
