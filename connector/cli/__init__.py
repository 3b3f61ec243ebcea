"""The command `leadline`. One file per family of commands; exit 0 fine, 1 the answer is no, 2 usage."""

import sys

import click

from connector.cli.audit import audit
from connector.cli.backfill import backfill
from connector.cli.backup import backup, restore
from connector.cli.bench import bench
from connector.cli.budget import budget
from connector.cli.connect import connect, disconnect
from connector.cli.connections import connections, pause, resume
from connector.cli.dedupe import dedupe
from connector.cli.demo import demo
from connector.cli.doctor import doctor
from connector.cli.explain import explain
from connector.cli.golive import golive
from connector.cli.install import install
from connector.cli.keys import keys
from connector.cli.letters import deadletters
from connector.cli.lists import lists
from connector.cli.map import map_
from connector.cli.match_accounts import match_accounts
from connector.cli.nobody import nobody
from connector.cli.owner import owner
from connector.cli.packets import packet, replay
from connector.cli.policy import policy
from connector.cli.privacy import forget
from connector.cli.processes import clock, up, web, worker
from connector.cli.safety import safety
from connector.cli.sandbox import sandbox
from connector.cli.sweep import sweep


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="leadline")
def leadline() -> None:
    """Leadline receives Salesforce and HubSpot webhooks, decides each lead once, and writes the decision into the CRM."""


for command in (
    demo,
    sandbox,
    up,
    web,
    worker,
    clock,
    connect,
    connections,
    audit,
    disconnect,
    keys,
    install,
    doctor,
    safety,
    budget,
    nobody,
    golive,
    owner,
    backfill,
    sweep,
    lists,
    pause,
    resume,
    dedupe,
    match_accounts,
    bench,
    explain,
    packet,
    replay,
    forget,
    deadletters,
    backup,
    restore,
    map_,
    policy,
):
    leadline.add_command(command)


def main() -> None:
    """Runs the command; what goes wrong is one sentence, never a traceback."""
    from connector import observe
    from connector.cli.failures import said

    observe.configure(level="warning")  # on standard error; a process that serves says more
    try:
        leadline.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last stop before a traceback
        click.echo(f"leadline: {said(error)}", err=True)
        sys.exit(1)
