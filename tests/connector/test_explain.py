import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.explain import plain, story

DECISION: dict[str, Any] = {
    "scores": {
        "fit": {"value": 82, "reasons": [["size_band", 15], ["seniority", 30], ["budget", 0], ["region", 37]]},
        "engagement": {"value": None, "reasons": [["engagement", 0]]},
        "grade": "A2",
        "measured": False,
        "confidence": 92,
        "confidence_label": "High",
        "rank": 12,
        "rank_parts": [5, 3, 4],
    },
    "route": "Closers",
    "kind": "pool",
    "rule": "matrix A2",
    "path": ["customer: relationship is not customer", "matrix A2: holds"],
    "reason_code": "FIT_HIGH",
    "review_code": "",
    "clock": "five minutes",
    "due_at": "2026-11-22T10:05:00Z",
    "owner": {"chosen": "ana", "why": "turn", "pool": "closers", "arithmetic": [["ana", 2, 3, "14/3"], ["bo", 1, 3, "7/3"]]},
    "arm": "policy",
    "arm_percent": 100,
    "mode": "full",
    "acts": True,
    "match": {"verdict": "known", "person": "person-1", "evidence": ["email"]},
    "source_at": "2026-11-22T09:59:58Z",
}
PACKET: dict[str, Any] = {
    "kind": "packet",
    "id": "p1",
    "connection": "acme",
    "record": {"object": "lead", "id": "00QJ500000AbCdEMAV"},
    "decided_at": "2026-11-22T10:00:00Z",
    "decision": DECISION,
    "versions": {"policy": "policy-3", "profile": "profile-7", "code": "0.1.0"},
}
FACTS: dict[str, Any] = {
    "values": {
        "first_name": "Zoë",
        "last_name": "Testdottir",
        "title": "VP Sales",
        "source": "Web",
        "form": "demo",
        "comment": "1\n\x1b[31m",
        "phone": "",
    },
    "derived": {"seniority": {"value": "vp", "provider": "titles", "confidence": "0.93"}},
    "words": {
        "route_reason": "Call by 10:05 - your turn in closers.",
        "fit": [["seniority", 30, "VP", True], ["region", 37, "Nordics", True], ["budget", 0, "budget unknown", False]],
        "engagement": [["engagement", 0, "engagement not measured", False]],
    },
}
RECEIPT = {
    "kind": "receipt",
    "at": "2026-11-22T10:00:02Z",
    "attempt": 1,
    "outcome": "written",
    "owner": {"before": None, "after": "005A"},
    "task_ids": ["00T1"],
}


def decided(**changes: Any) -> dict[str, Any]:
    return PACKET | {"decision": DECISION | changes}


def test_the_whole_story_in_its_order() -> None:
    assert story(PACKET, FACTS, [RECEIPT]) == [
        "Decision p1 about lead 00QJ500000AbCdEMAV of acme, made 2026-11-22T10:00:00Z.",
        "It came at 2026-11-22T09:59:58Z, source “Web”, form “demo”.",
        "Somebody we know already, who asks again, by email.",
        "The CRM says: first name = Zoë, last name = Testdottir, title = VP Sales, source = Web, form = demo, comment = 1 [31m.",
        "Worked out: seniority = vp (provider titles, confidence 0.93).",
        "The record says: Call by 10:05 - your turn in closers.",
        "Fit 82 = Nordics +37; VP +30; budget unknown +0.",
        "Engagement not measured, which is not 0.",
        "Together: grade A2; rank 12 (company 5, intent 3, relationship 4); confidence High (92 % known).",
        "Open: budget unknown, engagement not measured.",
        "  customer: relationship is not customer",
        "  matrix A2: holds",
        "So it goes to Closers, by “matrix A2”, reason fit high.",
        "Owner: ana, since it was their turn in closers.",
        "  ana: weight 2, had 3 turns of a share of 14/3",
        "  bo: weight 1, had 3 turns of a share of 7/3",
        "Clock “five minutes”: first touch by 2026-11-22T10:05:00Z.",
        "Live: fields, owner and task are written.",
        "Attempt 1 at 2026-11-22T10:00:02Z: written; owner nobody ► 005A; task 00T1.",
        "Decided with policy = policy-3, profile = profile-7, code = 0.1.0.",
    ]


def test_five_plain_lines() -> None:
    assert plain(PACKET, FACTS) == [
        "Who: Zoë Testdottir, VP Sales (lead 00QJ500000AbCdEMAV of acme).",
        "Why: fit 82 (Nordics +37, VP +30); engagement not measured.",
        "Where: Closers, by “matrix A2”.",
        "By whom and when: ana, since it was their turn; first touch by 2026-11-22T10:05:00Z.",
        "How sure: confidence High (92 % known). Open: budget unknown, engagement not measured.",
    ]


def test_an_erased_packet_still_tells_what_names_nobody() -> None:
    told = story(PACKET, None)
    assert "What was known about the person has been erased." in told
    assert "Fit 82 = region +37; seniority +30; size band +15; budget +0." in told
    assert plain(PACKET, None)[0] == "Who: erased (lead 00QJ500000AbCdEMAV of acme)."
    assert "Zoë" not in " ".join([*told, *plain(PACKET, None)])


def test_doubt_is_said_in_both() -> None:
    unsure = decided(review_code="LOW_CONFIDENCE")
    assert "A person looks first: low confidence." in story(unsure, None)
    assert "A person looks first: low confidence." in plain(unsure, None)[4]


def test_a_drawn_lead_says_so_with_its_chance() -> None:
    assert "It was drawn for the sample, a chance of 5 %: what we call bad is measured, too." in story(
        decided(arm="sample", arm_percent=5), None
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"mode": "shadow"}, "Shadow: only our own fields are written, no owner, no task."),
        (
            {"mode": "partial", "acts": False},
            "Partly live: owners are set for a fixed share of the leads, but not for this lead.",
        ),
        ({"mode": "later"}, "later."),
    ],
)
def test_what_was_written_follows_the_mode(changes: dict[str, Any], line: str) -> None:
    assert line in story(decided(**changes), None)


def test_what_is_not_due_has_no_clock() -> None:
    quiet = decided(due_at=None, clock="none", owner={"chosen": None, "why": "no_owner_needed"})
    assert plain(quiet, None)[3] == "By whom and when: nobody, since nobody has to call; no first touch is due."
    assert "Clock “none”: no first touch is due." in story(quiet, None)


def test_points_may_be_fixed_decimal_texts() -> None:
    scores = {"fit": {"value": "12.5", "reasons": [["a", "2.5"], ["b", "-12.5"], ["c", "x"]]}}
    assert "Fit 12.5 = b -12.5; a +2.5; c +x." in story(decided(scores=scores), None)


def test_a_score_of_nothing_is_a_score() -> None:
    nothing = decided(scores={"fit": {"value": 0, "reasons": [["region", 0]]}, "engagement": {"value": 0, "reasons": []}})
    assert plain(nothing, None)[1] == "Why: fit 0; engagement 0."
    assert "Fit 0 = region +0." in story(nothing, None)
    assert "Engagement 0." in story(nothing, None)


def test_an_empty_packet_is_told_without_complaint() -> None:
    assert story({}, {}) == ["Decision about a record."]
    assert len(plain({}, {})) == 5


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
decisions = st.fixed_dictionaries({}, optional=dict.fromkeys(DECISION, anything))
scores = st.fixed_dictionaries({}, optional=dict.fromkeys(DECISION["scores"], anything))
score = st.fixed_dictionaries({}, optional={"value": anything, "reasons": anything})


@given(decisions, scores, score, anything, st.fixed_dictionaries({}, optional=dict.fromkeys(FACTS, anything)))
def test_whatever_a_packet_holds_is_told_in_whole_lines(
    decision: dict[str, Any], some_scores: dict[str, Any], fit: dict[str, Any], said: object, facts: dict[str, Any]
) -> None:
    packet = PACKET | {"decision": decision | {"scores": some_scores | {"fit": fit}}}
    told = story(packet, facts | {"words": {"fit": said}}, [{"owner": said, "task_ids": said}])
    brief = plain(packet, facts)
    assert len(brief) == 5
    assert all(line.isprintable() for line in [*told, *brief])


def test_the_story_needs_nothing_but_parsed_json() -> None:
    assert story(json.loads(json.dumps(PACKET)), json.loads(json.dumps(FACTS))) == story(PACKET, FACTS)
