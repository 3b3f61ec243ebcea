"""An admin's whole way, as one script of keystrokes: from nothing to shadow, leads in shadow, then live for one source.

The commands are real processes in a pseudo-terminal and speak over HTTP with both sandbox CRMs; what they did is read from the
CRMs' own books. Whatever the admin does by hand in a CRM must have been said on the screen before.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.sandbox.client import CRMName
from connector.bench.journey_books import Books, Effects, Named
from connector.bench.journey_hands import make_hubspot_app, make_salesforce_app, stop_rotation
from connector.bench.journey_leads import SOURCES, Came, Site
from connector.bench.journey_world import FORM_USER, World, open_world, running
from connector.bench.keystrokes import Shown

CONNECTIONS: Final[Mapping[CRMName, str]] = {"salesforce": "acme", "hubspot": "portal"}
MOST_QUESTIONS: Final = 6

_PER_LEAD: Final = 0.5
_AT_LEAST: Final = 90.0
"""Seconds that leads may take until they have their scores: a lead in limbo is a finding, not a hang."""


@dataclass(frozen=True, slots=True)
class JourneyReport:
    """The figures of one journey. `findings` is empty if all is as it should be."""

    lived_in: bool
    questions: Mapping[CRMName, int]
    """Asked from nothing to shadow, by all commands together."""
    clicks: Mapping[CRMName, Sequence[str]]
    """Told on the way there, each with its path."""
    by_hand: Sequence[str]
    """What the admin did in the CRMs; all of it told before."""
    leads: Mapping[str, int]
    scored: Mapping[str, int]
    shadow: Effects
    live: Effects
    live_sources: Sequence[tuple[CRMName, str]]
    findings: Sequence[str] = field(default_factory=tuple)

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "lived_in": self.lived_in,
            "questions": dict(self.questions),
            "clicks": {crm: list(lines) for crm, lines in self.clicks.items()},
            "by_hand": list(self.by_hand),
            "leads": dict(self.leads),
            "scored": dict(self.scored),
            "shadow": _effects(self.shadow),
            "live": _effects(self.live),
            "live_sources": [f"{crm}: {source}" for crm, source in self.live_sources],
            "findings": list(self.findings),
        }


def _effects(effects: Effects) -> dict[str, Any]:
    return {
        "owners": effects.owned,
        "owners_by_source": _said(effects.owners),
        "tasks": effects.made,
        "tasks_by_source": _said(effects.tasks),
        "notifications": effects.notifications,
        "other_fields": dict(effects.other_fields),
    }


def _said(named: Named) -> dict[str, int]:
    return {f"{crm}: {source or 'none of these leads'}": count for (crm, source), count in sorted(named.items())}


def run_journey(leads: int, *, lived_in: bool, servers: Mapping[str, str] | None = None) -> JourneyReport:
    """The whole of it, with `leads` in each CRM in shadow, and a fifth as many again once one source is live.

    Args:
        servers: as `open_world` takes them.

    Raises:
        StageError: a command did not end as it should, or asked what nobody can answer.
        connector.demo.machine.DemoError: the sandbox CRMs did not start.
    """
    with open_world(lived_in=lived_in, servers=servers) as world:
        way = _Way(world)
        way.to_shadow()
        with running(world):
            return way.with_leads(leads, lived_in=lived_in)


@dataclass(slots=True)
class _Way:
    """One admin, step by step."""

    world: World
    to: dict[CRMName, list[Shown]] = field(default_factory=lambda: {"salesforce": [], "hubspot": []})
    """All that appeared on the way to shadow, by CRM."""

    def to_shadow(self) -> None:
        for crm, name in CONNECTIONS.items():
            self._type(crm, *self._connect(crm, name), answers=self._answers(crm))
            for command in (("audit", name, "--days", "90"), ("install", name, "--plan"), ("install", name, "--apply")):
                self._type(crm, *command)

    def with_leads(self, count: int, *, lived_in: bool) -> JourneyReport:
        books = Books(self.world.crms, str(self.world.crms.settings("hubspot")["app_id"]))
        site = Site(self.world.crms, self.world.key_file)
        books.turn_over()
        quiet = site.send(count)
        books.wait(quiet, max(_AT_LEAST, _PER_LEAD * count))
        scored, shadow = books.scored(quiet), books.effects(quiet)
        self.go_live()
        books.turn_over()
        loud = site.send(max(20, count // 5), first=100_001)
        books.wait(loud, max(_AT_LEAST, _PER_LEAD * count))
        return self._report(lived_in, (quiet, scored, shadow), (loud, books.scored(loud), books.effects(loud)))

    def go_live(self) -> None:
        """Names the reps, says whose leads are nobody's, and takes one source of each CRM out of shadow."""
        policy = self.world.home / "policy.yaml"
        self._type(None, "policy", "show", into=policy)
        policy.write_text(_with_pools(policy.read_text(encoding="utf-8"), self.world), encoding="utf-8")
        self._type(None, "policy", "activate", str(policy))
        for crm, name in CONNECTIONS.items():
            proposed = self._type(None, "nobody", name)
            if command := re.search(rf"leadline (nobody {name} [^\n]*?)  ", proposed.text):
                self._type(None, *shlex.split(command[1]))
            if crm == "salesforce":
                self._type(None, "nobody", name, FORM_USER)
            else:
                stop_rotation(self.world)
            self._type(None, "golive", name, "--source", SOURCES[crm][0])

    def _type(self, crm: CRMName | None, *command: str, **more: Any) -> Shown:
        shown = self.world.terminal.run(*command, **more).needed()
        if crm:
            self.to[crm].append(shown)
        return shown

    def _connect(self, crm: CRMName, name: str) -> Sequence[str]:
        """The only words that a real CRM would not need say that it is on this machine."""
        url = self.world.crms.url
        where = ("--login-url", url) if crm == "salesforce" else ("--app-url", url, "--api-url", url)
        return ("connect", crm, name, *where)

    def _answers(self, crm: CRMName) -> Mapping[str, Any]:
        common = {"Is this production or a sandbox": "sandbox", "Who looks when Leadline is unsure?": self.world.company.reviewer}
        return {
            **common,
            **(make_salesforce_app(self.world) if crm == "salesforce" else make_hubspot_app(self.world, CONNECTIONS[crm])),
        }

    # --- what is to be said of it

    def _report(
        self, lived_in: bool, shadow: tuple[Sequence[Came], int, Effects], live: tuple[Sequence[Came], int, Effects]
    ) -> JourneyReport:
        questions = {crm: sum(len(shown.questions) for shown in all_) for crm, all_ in self.to.items()}
        clicks = {crm: list(dict.fromkeys(line for shown in all_ for line in shown.clicks)) for crm, all_ in self.to.items()}
        report = JourneyReport(
            lived_in=lived_in,
            questions=questions,
            clicks=clicks,
            by_hand=[what for what, _ in self.world.done],
            leads={"shadow": len(shadow[0]), "live": len(live[0])},
            scored={"shadow": shadow[1], "live": live[1]},
            shadow=shadow[2],
            live=live[2],
            live_sources=[(crm, SOURCES[crm][0]) for crm in CONNECTIONS],
        )
        untold = [
            what for what, words in self.world.done if not any(words in shown.flowed for shown in self.world.terminal.history)
        ]
        return _judged(report, untold)


def _with_pools(policy: str, world: World) -> str:
    """The reps' names where the policy has none yet."""
    for pool, members in (("closers", world.company.closers), ("sdrs", world.company.sdrs)):
        lines = "".join(f"\n    - email: {one}" for one in members)
        policy = policy.replace(f"\n  {pool}: []", f"\n  {pool}:{lines}")
    return policy.replace("\n  reviewers: []", f"\n  reviewers:\n    - email: {world.company.reviewer}")


def _judged(report: JourneyReport, untold: Sequence[str]) -> JourneyReport:
    live = set(report.live_sources)
    checks = [
        *((count <= MOST_QUESTIONS, f"{count} questions were asked for {crm}.") for crm, count in report.questions.items()),
        *((False, f"Nothing on the screen said to do this by hand: {what}.") for what in untold),
        *(
            (report.scored[when] == count, f"{count - report.scored[when]} leads have no score ({when}).")
            for when, count in report.leads.items()
        ),
        (report.shadow.owned == 0, f"{report.shadow.owned} owners were written in shadow."),
        (report.shadow.made == 0, f"{report.shadow.made} tasks were made in shadow."),
        (report.shadow.notifications == 0, f"{report.shadow.notifications} notifications went out in shadow."),
        (not report.shadow.other_fields, f"In shadow other fields were written: {json.dumps(dict(report.shadow.other_fields))}."),
        *(
            (count == 0, f"{count} leads of {crm} {source} got an owner in shadow.")
            for (crm, source), count in report.live.owners.items()
            if (crm, source) not in live
        ),
        *(
            (count == 0, f"{count} tasks were made for {crm} {source or 'leads that are none of these'}, which is in shadow.")
            for (crm, source), count in report.live.tasks.items()
            if (crm, source) not in live
        ),
        *((report.live.owners.get(one, 0) > 0, f"No lead of {one[0]} {one[1]} got an owner, though it is live.") for one in live),
    ]
    return replace(report, findings=tuple(sentence for fine, sentence in checks if not fine))
