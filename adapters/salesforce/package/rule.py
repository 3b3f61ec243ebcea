"""The lead assignment rule that carries out what Leadline decided, for who wants the org's own rule to move the owner."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from adapters.kit import RuleEntry, Wanted
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.tree import branch, leaf

RULE: Final = "Leadline"


def rule_component(wanted: Wanted, users: Mapping[str, str], queues: Mapping[str, str], *, active: bool) -> Component | None:
    """None where no entry could name anybody.

    Args:
        users: e-mail, in lower case, to user name.
        queues: label to developer name.
        active: as it stands in the org. Made, it is inactive: only one rule can be active, and that is the org's own.
    """
    entries = [entry for one in wanted.rule if (entry := _entry(wanted, one, users, queues)) is not None]
    if not entries:
        return None
    return Component("AssignmentRule", f"Lead.{RULE}", branch("assignmentRule", leaf("active", active), *entries))


def strangers(wanted: Wanted, users: Mapping[str, str]) -> Sequence[str]:
    """People of the policy who are no active user of this org, in order."""
    return sorted({one.owner for one in wanted.rule if "@" in one.owner and one.owner.lower() not in users})


def _entry(wanted: Wanted, one: RuleEntry, users: Mapping[str, str], queues: Mapping[str, str]) -> Element | None:
    user, queue = users.get(one.owner.lower()), queues.get(one.owner)
    whom = _whom(user, queue)
    if whom is None or (one.by and one.by not in wanted.mapping.outputs):
        return None
    return branch("ruleEntry", *whom, *_criteria(wanted, one))


def _whom(user: str | None, queue: str | None) -> tuple[Element, Element] | None:
    if user is None and queue is None:
        return None
    return leaf("assignedTo", user or queue), leaf("assignedToType", "User" if user else "Queue")


def _criteria(wanted: Wanted, one: RuleEntry) -> Iterator[Element]:
    if one.by:
        field = f"{wanted.mapping.object}.{wanted.mapping.outputs[one.by]}"
        yield branch("criteriaItems", leaf("field", field), leaf("operation", "equals"), leaf("value", one.route))
