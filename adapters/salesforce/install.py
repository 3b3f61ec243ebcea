"""Leadline's installation in a Salesforce org. Fulfils `adapters.kit.Kit`."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from adapters.base import Budget, Endpoint, Tokens
from adapters.errors import CallOperator
from adapters.kit import Plan, Reaction, Step, Usage, Wanted
from adapters.salesforce.births import nobodies
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import COLLECTION, Client, soql
from adapters.salesforce.failures import PROVIDER
from adapters.salesforce.goal import Assignment, Goal, Planner, row_id_of
from adapters.salesforce.impact import Impact
from adapters.salesforce.metadata import Metadata
from adapters.salesforce.package.archive import project_of
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.conversion import NAME as CONVERSION
from adapters.salesforce.package.conversion import PAIR, contacts_of
from adapters.salesforce.package.fields import objects_of, our_fields
from adapters.salesforce.removal import Done, Remover, assign
from adapters.salesforce.usage import usages, values

_SHOWN_FIRST: Final = (
    "fit_score",
    "engagement_score",
    "grade",
    "route",
    "route_reason",
    "sla_due",
    "seller_response",
    "packet_url",
)


_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SalesforceKit:
    """One org. What there is to do is always worked out from what the org has, so that an interrupted `apply` goes on.

    Options of the endpoint: `flow_row_id` (`no`: the flow's action is not handed the record's id), `task_closed_status` (API
    value of the status that closes a task; else the org's first such status).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        tokens: Tokens,
        budget: Budget,
        *,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._client = Client(endpoint, tokens, budget, installing=True)
        self._metadata = Metadata(self._client, endpoint.api, monotonic=monotonic, sleep=sleep)
        self._planner = Planner(self._client, self._metadata, endpoint.api, row_id=row_id_of(endpoint.options))
        self._now = now

    def plan(self, wanted: Wanted) -> Plan:
        goal = self._planner.goal(wanted)
        steps = (*(step for step, _ in goal.steps()), *map(_assignment_step, goal.assignments))
        reps = self._planner.org.users(one.owner for one in wanted.rule if "@" in one.owner)
        return Plan(
            steps=(*steps, *_by_hand(wanted, goal, self._endpoint.base_url)),
            reactions=(*Impact(self._client, self._metadata, self._planner).reactions(wanted), *_uncarried(goal)),
            nobody=tuple(nobodies(self._client, self._now, [one.id for one in reps.values()])),
        )

    def apply(self, wanted: Wanted, done: Done) -> None:
        """One package, then the flow in another, since it refers to the message, then who holds which permission set."""
        goal = self._planner.goal(wanted)
        todo = [(step, one) for step, one in goal.steps() if step.action != "keep"]
        for stage in (False, True):
            self._deploy([(step, one) for step, one in todo if (one.type == "Flow") is stage], done)
        if any(one.type == CONVERSION for _, one in todo):
            for pair in _pairs(goal):
                done(Step(PAIR, pair, "create"))
        for name in dict.fromkeys(one.permission_set for one in goal.assignments):
            lacking = [one for one in goal.assignments if one.permission_set == name]
            assign(self._client, self._planner, name, [one.user.id for one in lacking])
            for one in lacking:
                done(_assignment_step(one))

    def _deploy(self, todo: Sequence[tuple[Step, Component]], done: Done) -> None:
        if todo:
            self._metadata.deploy([one for _, one in todo])
        for step, _ in todo:
            done(step)

    def plan_removal(self, wanted: Wanted, *, purge: bool) -> Plan:
        return self._remover.plan(wanted, purge=purge)

    def remove(self, wanted: Wanted, done: Done, *, heir: str, purge: bool) -> None:
        if purge and usages(self._client, self._metadata, wanted):
            sentence = "Nothing was removed: our fields are still used in this org."
            raise CallOperator(sentence, provider=PROVIDER, operation="purge")
        self._remover.run(wanted, done, heir=heir, purge=purge)

    @property
    def _remover(self) -> Remover:
        return Remover(self._client, self._metadata, self._planner, self._now)

    def close_tasks(self, ids: Sequence[str]) -> int:
        closed = 0
        done = self._done_statuses() if ids else []
        for part in chunks(ids, COLLECTION):
            rows = self._client.query(soql("SELECT Id FROM Task WHERE Id IN {} AND Status NOT IN {}", list(part), done))
            changes = [{"attributes": {"type": "Task"}, "id": row["Id"], "Status": done[0]} for row in rows]
            closed += sum(item.success for item in self._client.update(changes)) if changes else 0
        return closed

    def _done_statuses(self) -> list[str]:
        """The org's own words for a closed task, the one to use first."""
        rows = self._client.query("SELECT ApiName FROM TaskStatus WHERE IsClosed = true ORDER BY SortOrder")
        chosen = self._endpoint.options.get("task_closed_status", "")
        found = [name for name in (chosen, *(str(row["ApiName"]) for row in rows)) if name]
        if not found:
            sentence = "This org has no status that closes a task; name one as the connection's option task_closed_status."
            raise CallOperator(sentence, provider=PROVIDER, operation="close tasks")
        return found

    def files(self, wanted: Wanted) -> Mapping[str, bytes]:
        """The whole package as a project, for `sf project deploy start --dry-run` and for who wants to read or review it."""
        return project_of(self._planner.goal(wanted).components, self._endpoint.api)

    def owner_elsewhere(self) -> str | None:
        return ""

    def usages(self, wanted: Wanted) -> Sequence[Usage]:
        return usages(self._client, self._metadata, wanted)

    def values(self, wanted: Wanted) -> Iterator[Mapping[str, str]]:
        """As the port says. A removal took the sight of our fields: it is granted again for as long as the purge lasts."""
        self._remover.see(wanted, self._planner.goal(wanted))
        yield from values(self._client, self._planner.org, wanted)

    def close(self) -> None:
        self._client.close()


def _pairs(goal: Goal) -> Iterator[str]:
    """The customer's fields that this conversion mapping joins anew."""
    there = contacts_of(goal.present.get((CONVERSION, CONVERSION)))
    for one in goal.passages:
        if one.foreign and not one.hindrance and one.lead.field.lower() not in {name.lower() for name in there}:
            yield one.pair


def _uncarried(goal: Goal) -> Iterator[Reaction]:
    for one in goal.passages:
        if one.hindrance:
            sentence = (
                f"Salesforce does not carry it to Contact.{one.contact.field}: {one.hindrance}. Leadline itself writes "
                f"{one.lead.label} there once it hears of the conversion."
            )
            yield Reaction("lead conversion", f"Lead.{one.lead.field}", sentence)


def _assignment_step(one: Assignment) -> Step:
    return Step("permission set assignment", f"{one.permission_set} ► {one.user.user_name}", "create")


def unreachable(wanted: Wanted, base_url: str) -> bool:
    """Whether this org could not call us: Salesforce sends to https alone, and not to a machine of ours that has no name."""
    org, us = urlsplit(base_url), urlsplit(wanted.webhook_url)
    return org.scheme == "https" and (us.scheme != "https" or us.hostname in _LOCAL)


def _by_hand(wanted: Wanted, goal: Goal, base_url: str) -> Iterator[Step]:
    if unreachable(wanted, base_url):
        lines = ("Set LEADLINE_PUBLIC_URL to an https address that Salesforce reaches, then run --apply again",)
        yield Step("address", "Salesforce cannot reach Leadline under its present address", "by_hand", lines)
    for object_ in objects_of(wanted):
        labels = {one.output: one.label for one in our_fields(wanted, object_)}
        if shown := ", ".join(labels[output] for output in _SHOWN_FIRST if output in labels):
            lines = (f"Setup ► Object Manager ► {object_} ► Page Layouts ► your layout ► drag in: {shown}",)
            yield Step("page layout", f"Show the fields on the {object_.lower()}", "by_hand", lines)
    if goal.asleep:
        lines = ("Setup ► Flows ► Leadline: record changed ► Activate (production deploys flows inactive unless told otherwise)",)
        yield Step("flow", "Activate the flow, or no lead is heard of before the sweep", "by_hand", lines)
    for email in goal.strangers:
        lines = (f"Setup ► Users: make or activate a user with this e-mail, or take {email} out of the policy's pools",)
        yield Step("user", f"{email} is in the policy and no active user here", "by_hand", lines)
