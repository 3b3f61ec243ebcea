"""The policy document: what it says, and what is said about a wrong one."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.policy import CELLS, Member, PolicyError, Problem, load_policy, shipped_policy_text

DEFAULT = shipped_policy_text()


def problems_of(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(PolicyError) as caught:
        load_policy(text)
    return [(problem.line, problem.where, problem.sentence) for problem in caught.value.problems]


def outcome(text: str) -> tuple[Problem, ...]:
    """The problems of a document, none where it loads; anything but PolicyError comes through."""
    try:
        load_policy(text)
    except PolicyError as error:
        return error.problems or pytest.fail("refused without a reason")
    return ()


def changed(old: str, new: str) -> tuple[str, int]:
    """The default document with one passage replaced, and the line where it stood."""
    assert DEFAULT.count(old) == 1, f"{old!r} is there {DEFAULT.count(old)} times"
    return DEFAULT.replace(old, new), DEFAULT.count("\n", 0, DEFAULT.index(old)) + 1


def test_the_default_document_loads() -> None:
    policy = load_policy(DEFAULT)
    assert policy.name == "Leadline default"
    assert set(policy.matrix) == set(CELLS)
    assert [rule.name for rule in policy.rules][:4] == ["test", "competitor", "vendor", "job seeker"]
    assert policy.sample.percent == 5
    assert policy.destinations["ai_sdr"].locked
    assert policy.if_unanswered == "triage"


def test_the_version_is_the_documents_own() -> None:
    policy = load_policy(DEFAULT)
    assert len(policy.version) == 16
    assert int(policy.version, 16) >= 0
    assert load_policy(DEFAULT) == policy
    assert load_policy(DEFAULT + "# a remark\n").version != policy.version


def test_pools_come_from_a_list_of_people() -> None:
    policy = load_policy(DEFAULT)
    assert policy.vacant == ("closers", "reviewers", "sdrs")
    filled = policy.with_pools({"closers": [Member("ann@acme.example", 3)], "sdrs": [Member("bob@acme.example")]})
    assert filled.pools["closers"] == (Member("ann@acme.example", 3),)
    assert filled.vacant == ("reviewers",)
    assert filled.version == policy.version


@pytest.mark.parametrize(("weight", "cap"), [(0, None), (-1, None), (1, 0)])
def test_a_member_needs_weight_and_cap(weight: int, cap: int | None) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Member("ann@acme.example", weight, cap)


def test_members_in_the_document() -> None:
    text, _ = changed("closers: []", "closers: [{email: Ann@Acme.example, weight: 2, cap: 10}, {email: bob@acme.example}]")
    assert load_policy(text).pools["closers"] == (Member("ann@acme.example", 2, 10), Member("bob@acme.example", 1, None))


WRONG = [
    # what stands there, what stands there instead, where, a piece of the sentence
    ("when: relationship = test,", "when: relatonship = test,", "rules 1 when", "did you mean relationship?"),
    ("when: relationship = test,", "when: postal_code = 10115,", "rules 1 when", "allow-list"),
    ("when: relationship = test,", "when: first_name = Ann,", "rules 1 when", "allow-list"),
    ("when: relationship = test,", "when: relationship like test,", "rules 1 when", "No known operator"),
    ("when: relationship = test,", "when: relationship == test,", "rules 1 when", "No known operator"),
    ("when: relationship = test,", "when: relationship > test,", "rules 1 when", "cannot be used with"),
    ("when: relationship = test,", "when: relationship = frend,", "rules 1 when", "is one of"),
    ("when: relationship = test,", "when: relationship =,", "rules 1 when", "nothing after"),
    ("when: relationship = test,", "when: no_such_segment,", "rules 1 when", "No segment"),
    ("when: relationship = test,", "when: {some: [relationship = test]},", "rules 1 when", "one of all, any, not"),
    ("when: relationship = test,", "when: {all: []},", "rules 1 when all", "at least one"),
    ("when: relationship = test,", "when: [relationship = test],", "rules 1 when", "Write a sentence"),
    ("when: relationship = test,", "when: 7,", "rules 1 when", "Write a sentence"),
    ("when: relationship = test,", 'when: "source in [a, b\'c]",', "rules 1 when", "double quotes"),
    ("when: relationship = test,", "when: source in a,", "rules 1 when", "square brackets"),
    ("when: relationship = test,", "when: source is missing today,", "rules 1 when", "Nothing may follow"),
    ("when: relationship = test,", "when: employees between 5,", "rules 1 when", "both ends"),
    ("when: relationship = test,", "when: employees between 50 and 5,", "rules 1 when", "wrong way round"),
    ("when: relationship = test,", "when: employees between many and few,", "rules 1 when", "whole number"),
    ("when: relationship = test,", "when: hand_raised_at > yesterday,", "rules 1 when", "like 2026-11-22T09:30:00Z"),
    ("when: open_opportunity = yes,", "when: open_opportunity = maybe,", "rules 5 when", "yes or no"),
    ("- rank >= 13", "- rank >= 13.5", "segments fast_track all 1", "whole number"),
    ("when: relationship = test,", "", "rules 1 when", "Missing"),
    ("when: relationship = test,", "when: ,", "rules 1 when", "Empty"),
    ("reason_code: TEST}", "reason_code: test!}", "rules 1 reason_code", "in capitals"),
    ("reason_code: TEST}", "reason_code: TEST, weight: 3}", "rules 1 weight", "No such key"),
    ("name: vendor,", "name: test,", "rules 3 name", "Another rule"),
    ("destination: opportunity_owner,", "destination: the_boss,", "rules 5 destination", "not defined"),
    ("    clock: half_hour\n", "    clock: teatime\n", "rules 8 clock", "not defined"),
    ("    clock: half_hour\n", "    clock: no_touch\n", "rules 8 clock", "Somebody has to act"),
    ("sdrs: {kind: pool, pool: sdrs, clock: half_hour}", "sdrs: {kind: pool, pool: sdrs}", "destinations sdrs clock", "Missing"),
    (
        "sdrs: {kind: pool, pool: sdrs, clock: half_hour}",
        "sdrs: {kind: pool, clock: half_hour}",
        "destinations sdrs pool",
        "needs `pool`",
    ),
    ("pool: closers, clock", "pool: hunters, clock", "destinations closers pool", "not defined"),
    ("{kind: disqualify, queue", "{kind: bin, queue", "destinations disqualify kind", "No such kind"),
    (
        "clock: half_hour, fallback: account_owner",
        "clock: half_hour, fallback: nurture",
        "destinations opportunity_owner fallback",
        "Nobody",
    ),
    (
        "clock: half_hour, fallback: triage",
        "clock: no_touch, fallback: triage",
        "destinations review clock",
        "Somebody has to act",
    ),
    (
        "clock: five_minutes, fallback: sdrs}\n  sdrs",
        "clock: five_minutes, fallback: closers}\n  sdrs",
        "destinations closers fallback",
        "began",
    ),
    ("closers: []", "closers: [{email: ann@acme.example, weight: 0}]", "pools closers 1 weight", "from 1 to"),
    ("closers: []", "closers: [{email: ann@acme.example, weight: 1.5}]", "pools closers 1 weight", "whole number"),
    ("closers: []", "closers: [{email: ann}]", "pools closers 1 email", "not an e-mail"),
    ("closers: []", "closers: [{email: a@b.example}, {email: A@B.example}]", "pools closers", "twice"),
    ("closers: []", "closers: ann", "pools closers", "Write a list"),
    ("closers: []", "Closers: []", "pools Closers", "lower case"),
    ("{minutes: 5, task: yes}", "{minutes: 5, same_day: yes}", "clocks five_minutes", "exactly one"),
    ("{minutes: 5, task: yes}", "{minutes: 0}", "clocks five_minutes minutes", "from 1 to"),
    ("{minutes: 5, task: yes}", "{minutes: 5, task: perhaps}", "clocks five_minutes task", "yes or no"),
    ("zone: UTC", "zone: Mars/Olympus", "hours zone", "time zone"),
    ("zone: UTC", "zone: ../etc/passwd", "hours zone", "time zone"),
    ("open: 09:00", "open: 25:00", "hours open", "time of day"),
    ("close: 17:00", "close: 08:00", "hours close", "after it opens"),
    ("[mon, tue, wed, thu, fri]", "[mon, noday]", "hours days 2", "No such day"),
    ("[mon, tue, wed, thu, fri]", "[]", "hours days", "at least one"),
    ("{percent: 5,", "{percent: 80,", "sample percent", "from 0 to 50"),
    ("default: {destination: review,", "default: {destination: nurture,", "default destination", "cannot stand here"),
    ("unsure: {destination: review,", "unsure: {destination: disqualify,", "unsure destination", "cannot stand here"),
    ("  asks_again:\n", "  source:\n", "segments source", "another name"),
    ("name: Leadline default", "name: 12", "name", "Write a text"),
    ("nobody: []", "nobody: [&a x]", "nobody 1", "Anchors"),
    ("nobody: []", "nobody: [*a]", "nobody 1", "Aliases"),
    ("nobody: []", "nobody: [!!python/object x]", "nobody 1", "Tags"),
    ("nobody: []", "nobody: []\nname: Again", "name", "twice"),
]


@pytest.mark.parametrize(
    ("old", "new", "where", "piece"), WRONG, ids=[f"{new.strip()} @ {where}"[:70] for _, new, where, _ in WRONG]
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, where: str, piece: str) -> None:
    text, line = changed(old, new)
    line += new.count("\n") if piece == "twice" and where == "name" else 0
    found = [problem for problem in problems_of(text) if problem[1] == where and piece in problem[2]]
    assert [problem[0] for problem in found] == [line], problems_of(text)


@pytest.mark.parametrize("section", ["name", "hours", "clocks", "destinations", "unsure", "default", "sample"])
def test_a_required_section(section: str) -> None:
    document = yaml.safe_load(DEFAULT)
    del document[section]
    assert any(
        where == section and sentence == "Missing; add it." for _, where, sentence in problems_of(yaml.safe_dump(document))
    )


@pytest.mark.parametrize("cell", CELLS)
def test_a_matrix_has_no_holes(cell: str) -> None:
    document = yaml.safe_load(DEFAULT)
    del document["matrix"][cell]
    assert (f"matrix {cell}", "Missing; add it.") in [
        (where, sentence) for _, where, sentence in problems_of(yaml.safe_dump(document))
    ]


def test_all_problems_at_once_in_the_order_of_lines() -> None:
    text = DEFAULT
    for old, new in (
        ("{minutes: 5, task: yes}", "{minutes: five}"),
        ("- rank >= 13", "- ranks >= 13"),
        ("when: relationship = vendor, destination: disqualify", "when: relationship ~ vendor, destination: bin"),
        ("default: {destination: review,", "default: {destination: nobody,"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    found = problems_of(text)
    assert [where for _, where, _ in found] == [
        "clocks five_minutes minutes",
        "segments fast_track all 1",
        "rules 3 destination",
        "rules 3 when",
        "default destination",
    ]
    assert found == sorted(found)


def test_a_long_circle_of_fallbacks_is_found() -> None:
    text, _ = changed(
        "triage: {kind: pool, pool: sdrs, clock: same_day}", "triage: {kind: pool, pool: sdrs, clock: same_day, fallback: review}"
    )
    assert {where for _, where, _ in problems_of(text)} == {"destinations triage fallback", "destinations review fallback"}


def test_segments_read_only_what_stands_above() -> None:
    text, line = changed("  asks_again:\n    all:\n", "  asks_again:\n    all:\n      - fast_track\n")
    assert [(at, where) for at, where, _ in problems_of(text)] == [(line + 2, "segments asks_again all 1")]


@pytest.mark.parametrize(
    ("text", "line", "piece"),
    [
        ("", 1, "table of sections"),
        ("- a\n- b\n", 1, "table of sections"),
        ("just words", 1, "table of sections"),
        ("name: x\nrules: [\n", 3, "not YAML"),
        ("name: x\n\trules: y\n", 2, "not YAML"),
        ("name: x\nhours: \x07\n", 2, "plain UTF-8"),
        ('name: x\nhours: "\\UFFFFFFFF"\n', 2, "plain UTF-8"),
        ("name: \ud800", 1, "plain UTF-8"),
        ("[" * 5000, 1, "levels deep"),
        ("name: x\n---\nname: y\n", 2, "second document"),
        ("? [a, b]\n: 1\n", 1, "one word"),
        ("x" * 262145, 1, "262144"),
    ],
)
def test_what_is_no_document(text: str, line: int, piece: str) -> None:
    assert any(at == line and piece in sentence for at, _, sentence in problems_of(text)), problems_of(text)


def test_a_bomb_of_segments_does_not_go_off() -> None:
    ladder = ["  s0:\n    any: [" + ", ".join(["fit > 1"] * 10) + "]"]
    ladder += [f"  s{n}:\n    any: [{', '.join([f's{n - 1}'] * 10)}]" for n in range(1, 9)]
    text = DEFAULT.replace("segments:\n", "segments:\n" + "\n".join(ladder) + "\n")
    assert "comparisons in one condition" in problems_of(text)[0][2]


def test_a_mistake_does_not_repeat_a_persons_address() -> None:
    text, _ = changed("closers: []", "closers: [{email: ann@acme@example}]")
    with pytest.raises(PolicyError) as caught:
        load_policy(text)
    assert "ann" not in str(caught.value)


def test_the_message_stays_readable_however_much_is_wrong() -> None:
    text = "\n".join(f"key{number}: 1" for number in range(300))
    with pytest.raises(PolicyError) as caught:
        load_policy(text)
    assert len(caught.value.problems) > 300
    assert str(caught.value).count("\n") == 20


LINES = DEFAULT.splitlines(keepends=True)
PIECES = st.sampled_from(
    [*LINES, "  - ", ": ", "{", "}", "[", "]", "&a ", "*a", "!!x ", '"', "'", "|\n", "? ", "---\n", "%YAML 9\n", "\\U", "\t"]
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_no_text_raises_anything_else(text: str) -> None:
    assert all(1 <= problem.line <= len(text) + 1 for problem in outcome(text))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_wrong_value_anywhere_raises_anything_else(data: st.DataObject) -> None:
    document = yaml.safe_load(DEFAULT)
    at = document
    while isinstance(at, (dict, list)) and at:
        step = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
        if not isinstance(at[step], (dict, list)) or not at[step] or data.draw(st.booleans()):
            at[step] = data.draw(JUNK)
            break
        at = at[step]
    outcome(yaml.safe_dump(document, allow_unicode=True))
