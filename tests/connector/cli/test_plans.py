"""How a plan looks to who has to say yes to it."""

import click
import pytest
from click.testing import CliRunner

from adapters.kit import Nobody, Plan, Reaction, Step, Usage
from connector.cli.plans import show_plan, show_usages

PLAN = Plan(
    steps=(
        Step("custom field", "Lead.Leadline_Fit_Score__c", "create"),
        Step("custom field", "Lead.Leadline_Route__c", "change", ("length 80 ► 255", "label Route ► Lane")),
        Step("queue", "Leadline_Nurture", "keep"),
        Step("queue", "Leadline_Old", "remove"),
        Step("page layout", "Show the fields", "by_hand", ("Setup ► Object Manager ► Lead",)),
    ),
    reactions=(
        Reaction("flow", "Mild", "It reads Route."),
        Reaction("validation rule", "Lead.Grave", "It may refuse the write.", grave=True),
    ),
    nobody=(Nobody("00G1", "Inbound", 40, "a queue"),),
)


def _shown(plan: Plan, *, verbose: bool = False) -> str:
    @click.command()
    def command() -> None:
        show_plan("acme: what `--apply` would do", plan, verbose=verbose)

    return CliRunner().invoke(command, catch_exceptions=False).output


def test_a_plan_is_a_diff_then_clicks_then_who_would_notice() -> None:
    assert (
        _shown(PLAN)
        == """\
acme: what `--apply` would do

  + custom field Lead.Leadline_Fit_Score__c
  ~ custom field Lead.Leadline_Route__c
        length 80 ► 255
        label Route ► Lane
  - queue Leadline_Old

1 to create, 1 to change, 1 to remove, 1 as they should be.

By hand, each with its way through the menus
  1. Show the fields
     Setup ► Object Manager ► Lead

Who would notice
  ! validation rule Lead.Grave
      It may refuse the write.
  - flow Mild
      It reads Route.

Owners under whom leads are born: whom Leadline may replace is yours to say
  Inbound (00G1): 40 leads in 90 days, a queue
"""
    )


def test_what_stays_is_shown_when_asked_for() -> None:
    assert "  = queue Leadline_Nurture\n" in _shown(PLAN, verbose=True)


def test_nothing_to_do_and_nobody_to_notice_is_said() -> None:
    shown = _shown(Plan(()))
    assert "Nothing to do." in shown
    assert "Nothing there reads or reacts to what Leadline writes." in shown


def test_users_of_fields_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    show_usages([Usage("Lead.Leadline_Route__c", "report", "Leads by route")])
    assert "  - Lead.Leadline_Route__c: report Leads by route" in capsys.readouterr().out
