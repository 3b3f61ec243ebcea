"""A packet told in words: the whole story, or five plain lines. Reads packets of any age, so whatever is absent is passed over.

Without the facts (`None`: erased, or not to be opened) the story keeps everything that names nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connector.phrases import Tree, bracketed, branch, called, items, joined, pairs, phrase, quoted, signed, size, text

_VERDICTS: Final = {
    "new": "Nobody we knew before",
    "same": "Somebody we know already, who asked for nothing new",
    "known": "Somebody we know already, who asks again",
    "possible": "Possibly somebody we know; a person has to say",
}
_OWNERS: Final = {
    "person_set": "a person had set this owner, and it stays",
    "sticky": "they had this person before",
    "turn": "it was their turn",
    "overflow": "nobody was at work or below the cap, and the lead must have somebody",
    "person": "the destination names them",
    "account_owner": "they own the account",
    "opportunity_owner": "they own the open opportunity",
    "present_owner": "they own the lead already",
    "queue": "the destination is this queue",
    "assignment_rule": "the CRM's own assignment rule decides",
    "no_owner_needed": "nobody has to call",
    "nobody_available": "nobody was available, not even in the default lane",
}
_MODES: Final = {
    "shadow": "Shadow: only our own fields are written, no owner, no task",
    "suggest": "Suggestion: our own fields are written, the owner among them as a proposal only",
    "partial": "Partly live: owners are set for a fixed share of the leads",
    "full": "Live: fields, owner and task are written",
}
_NAME_FIELDS: Final = ("first_name", "last_name")
_TOP_REASONS: Final = 3
_RANK_PARTS: Final = ("company", "intent", "relationship")


def story(packet_document: Tree, facts: Tree | None, receipts: Sequence[Tree] = ()) -> list[str]:
    """Everything about one decision, in the order in which it came about.

    Args:
        packet_document: the parsed body of a packet.
        facts: its opened sealed part.
        receipts: the parsed bodies of its receipts.
    """
    decision = branch(packet_document, "decision")
    told = facts or {}
    return [
        *_opening(packet_document),
        *_origin(decision, told),
        *_match(decision),
        *(_known(told) if facts is not None else ["What was known about the person has been erased."]),
        *_score("Fit", decision, told),
        *_score("Engagement", decision, told),
        *_judgement(decision),
        *_doubt(decision, told),
        *_route(decision),
        *_owner(decision),
        *_clock(decision),
        *_writes(decision, receipts),
        *_versions(packet_document),
    ]


def plain(packet_document: Tree, facts: Tree | None) -> list[str]:
    """Five lines: who, why, where to, by whom and when, how sure."""
    decision = branch(packet_document, "decision")
    told = facts or {}
    return [
        _who(packet_document, facts),
        f"Why: {'; '.join([_score_in_brief('fit', decision, told), _score_in_brief('engagement', decision, told)])}.",
        f"Where: {text(decision.get('route')) or 'not decided'}, by {quoted(decision.get('rule')) or 'no rule'}.",
        f"By whom and when: {_owner_in_brief(decision)}; {_due(decision)}.",
        f"How sure: {'. '.join([_confidence(decision), *_doubt(decision, told)])}".rstrip(".") + ".",
    ]


# ── the parts of the story ────────────────────────────────────────────────────────────────────────────────────────────


def _opening(packet: Tree) -> Iterator[str]:
    made = f", made {text(packet['decided_at'])}" if packet.get("decided_at") else ""
    trace = f" Trace {text(packet['trace'])}." if packet.get("trace") else ""
    yield f"{joined('Decision', packet.get('id'))} about {_reference(packet)}{made}.{trace}"


def _origin(decision: Tree, facts: Tree) -> Iterator[str]:
    values = branch(facts, "values")
    ways = [f"{word} {quoted(values[word])}" for word in ("source", "campaign", "form") if values.get(word)]
    if decision.get("source_at") or ways:
        at = f" at {text(decision['source_at'])}" if decision.get("source_at") else ""
        yield f"It came{at}{', ' if ways else ''}{', '.join(ways)}."


def _match(decision: Tree) -> Iterator[str]:
    match = branch(decision, "match")
    if verdict := text(match.get("verdict")):
        evidence = ", ".join(phrase(one) for one in items(match.get("evidence")))
        yield f"{_VERDICTS.get(verdict, verdict)}{f', by {evidence}' if evidence else ''}."


def _known(facts: Tree) -> Iterator[str]:
    values = {name: value for name, value in branch(facts, "values").items() if value not in (None, "")}
    if values:
        yield f"The CRM says: {pairs(values)}."
    for name, found in branch(facts, "derived").items():
        if isinstance(found, Mapping) and found.get("value") not in (None, ""):
            by = ", ".join(f"{word} {text(found[word])}" for word in ("provider", "confidence") if found.get(word) is not None)
            yield f"Worked out: {called(name)} = {text(found['value'])}{f' ({by})' if by else ''}."
    if reason := text(branch(facts, "words").get("route_reason")):
        yield f"The record says: {reason}"


def _score(name: str, decision: Tree, facts: Tree) -> Iterator[str]:
    score = branch(branch(decision, "scores"), name.lower())
    if score and score.get("value") is None:
        yield f"{name} not measured, which is not 0."
    elif score:
        reasons = "; ".join(_reasons(name.lower(), score, facts))
        yield f"{name} {text(score['value'])}{f' = {reasons}' if reasons else ''}."


def _judgement(decision: Tree) -> Iterator[str]:
    scores = branch(decision, "scores")
    said = [f"grade {text(scores['grade'])}"] if scores.get("grade") else []
    parts = [f"{name} {text(part)}" for name, part in zip(_RANK_PARTS, items(scores.get("rank_parts")), strict=False)]
    if scores.get("rank") is not None:
        said.append(f"rank {text(scores['rank'])} {bracketed(parts)}".rstrip())
    if scores:
        yield f"Together: {'; '.join([*said, _confidence(decision)])}."


def _doubt(decision: Tree, facts: Tree) -> Iterator[str]:
    if code := text(decision.get("review_code")):
        yield f"A person looks first: {called(code)}."
    words = branch(facts, "words")
    unknown = [text(r[2]) for r in (*items(words.get("fit")), *items(words.get("engagement"))) if len(items(r)) > 3 and not r[3]]
    if unknown:
        yield f"Open: {', '.join(unknown)}."


def _route(decision: Tree) -> Iterator[str]:
    for step in items(decision.get("path")):
        yield f"  {phrase(step)}"
    if decision.get("route"):
        code = f", reason {called(text(decision['reason_code']))}" if decision.get("reason_code") else ""
        yield f"So it goes to {text(decision['route'])}, by {quoted(decision.get('rule')) or 'no rule'}{code}."
    if decision.get("arm") and decision["arm"] != "policy":
        chance = f", a chance of {text(decision['arm_percent'])} %" if decision.get("arm_percent") is not None else ""
        yield f"It was drawn for the {text(decision['arm'])}{chance}: what we call bad is measured, too."


def _owner(decision: Tree) -> Iterator[str]:
    owner = branch(decision, "owner")
    if owner:
        pool = f" in {text(owner['pool'])}" if owner.get("pool") else ""
        yield f"Owner: {_owner_in_brief(decision)}{pool}."
    for share in items(owner.get("arithmetic")):
        yield f"  {_share(share)}"


def _clock(decision: Tree) -> Iterator[str]:
    if decision.get("clock") or decision.get("due_at"):
        name = f"Clock {quoted(decision['clock'])}: " if decision.get("clock") else "Clock: "
        yield f"{name}{_due(decision)}."


def _writes(decision: Tree, receipts: Sequence[Tree]) -> Iterator[str]:
    if mode := text(decision.get("mode")):
        held = ", but not for this lead" if mode == "partial" and decision.get("acts") is False else ""
        yield f"{_MODES.get(mode, mode)}{held}."
    yield from (_receipt(receipt) for receipt in receipts)


def _receipt(receipt: Tree) -> str:
    owner = branch(receipt, "owner")
    before, after = (text(owner.get(when)) or "nobody" for when in ("before", "after"))
    said = [text(receipt.get("outcome")), f"owner {before} ► {after}" if before != after else ""]
    said.append(f"task {phrase(receipt['task_ids'])}" if receipt.get("task_ids") else "")
    return f"Attempt {text(receipt.get('attempt'))} at {text(receipt.get('at'))}: {'; '.join(part for part in said if part)}."


def _versions(packet: Tree) -> Iterator[str]:
    if versions := branch(packet, "versions"):
        yield f"Decided with {pairs(versions)}."


# ── the five lines ────────────────────────────────────────────────────────────────────────────────────────────────────


def _who(packet: Tree, facts: Tree | None) -> str:
    if facts is None:
        return f"Who: erased ({_reference(packet)})."
    values = branch(facts, "values")
    name = joined(*(values.get(word) for word in _NAME_FIELDS)) or "no name"
    work = [text(values[word]) for word in ("title", "company") if values.get(word)]
    return f"Who: {', '.join([name, *work])} ({_reference(packet)})."


def _reference(packet: Tree) -> str:
    record = branch(packet, "record")
    at = f"of {text(packet['connection'])}" if packet.get("connection") else ""
    return joined(record.get("object") or "a record", record.get("id"), at)


def _score_in_brief(name: str, decision: Tree, facts: Tree) -> str:
    score = branch(branch(decision, "scores"), name)
    if score.get("value") is None:
        return f"{name} not measured"
    return joined(name, text(score["value"]), bracketed(_reasons(name, score, facts, at_least=1)[:_TOP_REASONS]))


def _owner_in_brief(decision: Tree) -> str:
    owner = branch(decision, "owner")
    why = text(owner.get("why"))
    chosen = text(owner.get("chosen")) or "nobody"
    return f"{chosen}, since {_OWNERS.get(why, why)}" if why else chosen


def _due(decision: Tree) -> str:
    return f"first touch by {text(decision['due_at'])}" if decision.get("due_at") else "no first touch is due"


def _confidence(decision: Tree) -> str:
    scores = branch(decision, "scores")
    label, percent = text(scores.get("confidence_label")), scores.get("confidence")
    if percent is None:
        return f"confidence {label or 'not stated'}"
    return f"confidence {label} ({text(percent)} % known)" if label else f"confidence {text(percent)}"


def _reasons(name: str, score: Tree, facts: Tree, at_least: int = 0) -> list[str]:
    """Those that move the score by `at_least` points, the largest first; in human words where the facts hold them, by feature
    where they are erased."""
    rows = items(branch(facts, "words").get(name)) or items(score.get("reasons"))
    moving = [row for row in rows if len(items(row)) > 1 and size(row[1]) >= at_least]
    ordered = sorted(moving, key=lambda row: -size(row[1]))
    return [f"{text(says[0]) if says else called(feature)} {signed(points)}" for feature, points, *says in ordered]


def _share(share: object) -> str:
    """One member's side of the arithmetic: rep, weight, turns had, exact share."""
    if isinstance(share, Mapping):
        share = [share.get(word) for word in ("rep", "weight", "taken", "share")]
    if len(items(share)) != 4:
        return phrase(share)
    rep, weight, taken, exact = (text(part) for part in items(share))
    return f"{rep}: weight {weight}, had {taken} turns of a share of {exact}"
