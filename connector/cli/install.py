"""install: puts Leadline into a CRM, shows before it does, and takes it out again."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import click

from adapters.kit import Plan, Step
from connector.cli.connections import known_connection
from connector.cli.onward import Onward, say_next
from connector.cli.opening import services_for
from connector.cli.plans import show_plan, show_usages, step_line
from connector.installing import Done, InUseError, Removal, accept, apply, files, hubspot_app, plan, plan_removal, remove
from connector.moments import moment_text
from connector.store.connections import CrmConnection
from connector.store.installs import installation_of
from connector.wiring import Services


@click.command()
@click.argument("name")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be done, and who would notice. Writes nothing.")
@click.option("--apply", "do_apply", is_flag=True, help="Do what the plan says; again, it changes nothing.")
@click.option("--remove", "do_remove", is_flag=True, help="Take it out; fields that hold values stay.")
@click.option("--purge", is_flag=True, help="Take out fields with values too, after exporting the values.")
@click.option("--heir", default="", metavar="OWNER", help="Who gets the leads in our queues: an e-mail or a queue's name.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where a purge exports the values to.")
@click.option("--export", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write it as a project folder.")
@click.option("--accept", "do_accept", is_flag=True, help="Make nothing, but list the mapped fields: somebody else made them.")
@click.option("--verbose", is_flag=True, help="Show what stays as it is, too.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def install(
    name: str,
    only_plan: bool,
    do_apply: bool,
    do_remove: bool,
    purge: bool,
    heir: str,
    out: Path | None,
    folder: Path | None,
    do_accept: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Puts Leadline into the CRM of connection NAME, or takes it out. --plan goes with --remove and --purge, too."""
    removing = do_remove or purge
    _check_choice(only_plan, (bool(folder), do_apply, do_accept, removing), heir=heir)
    with services_for() as services:
        if folder and services.crm(name) is None:
            _export_new(services, name, folder)
            return
        crm = known_connection(services, name)
        _say_interrupted(services, crm)
        if folder:
            _export(services, crm, folder)
        elif only_plan and removing:
            _plan_removal(services, crm, purge=purge, verbose=verbose, as_json=as_json)
        elif only_plan:
            _plan(services, crm, verbose=verbose, as_json=as_json)
        elif do_accept:
            _accept(services, crm, as_json=as_json)
        elif do_apply:
            _apply(services, crm, as_json=as_json)
        else:
            _remove(services, crm, Removal(heir, purge, out), as_json=as_json)


def _check_choice(only_plan: bool, deeds: tuple[bool, bool, bool, bool], *, heir: str) -> None:
    """One deed at most: export, apply, accept or removing. Only the removal can be planned as well as the installation."""
    *others, removing = deeds
    if sum(deeds) > 1 or (only_plan and any(others)):
        raise click.UsageError("Choose one: --plan, --apply, --accept, --remove, --purge or --export.")
    if not (only_plan or any(deeds)):
        raise click.UsageError("Say what to do: --plan shows it, --apply does it, --remove and --purge take it out.")
    if removing and not only_plan and not heir:
        raise click.UsageError("Say who gets the leads in our queues: --heir with an e-mail or a queue's name.")


def _say_interrupted(services: Services, crm: CrmConnection) -> None:
    known = installation_of(services.engine, crm.name)
    if known and known.ended_at is None:
        what = "removal" if known.state == "removing" else "apply"
        since = moment_text(known.began_at)
        click.echo(f"The {what} that began at {since} did not end; {known.steps} of its steps were done.", err=True)


def _plan(services: Services, crm: CrmConnection, *, verbose: bool, as_json: bool) -> None:
    found = plan(services, crm)
    if as_json:
        click.echo(json.dumps(_as_tree(found)))
        return
    show_plan(f"{crm.name}: what `--apply` would do", found, verbose=verbose)
    say_next(*_after_plan(crm.name, found))


def _after_plan(name: str, found: Plan) -> Iterator[Onward]:
    if not found.empty:
        yield Onward(f"leadline install {name} --apply", "does what the plan says")
    if any(one.owner_id for one in found.nobody):
        yield Onward(f"leadline nobody {name}", "whom Leadline may replace as an owner")
    if found.empty:
        yield Onward(f"leadline doctor {name}", "whether a lead would wait, and why")


def _after_apply(name: str, left: Plan) -> Iterator[Onward]:
    if not left.empty:
        yield Onward(f"leadline install {name} --apply", "goes on with the rest")
    yield Onward("leadline up", "if it does not run yet: takes in leads and scores them, in shadow")
    yield Onward(f"leadline doctor {name}", "whether a lead would wait, and why")


def _plan_removal(services: Services, crm: CrmConnection, *, purge: bool, verbose: bool, as_json: bool) -> None:
    found, usages = plan_removal(services, crm, purge=purge)
    if as_json:
        click.echo(json.dumps({**_as_tree(found), "usages": [asdict(one) for one in usages]}))
    else:
        show_plan(f"{crm.name}: what `{'--purge' if purge else '--remove'}` would do", found, verbose=verbose, report=False)
        show_usages(usages)
    sys.exit(1 if usages else 0)


def _apply(services: Services, crm: CrmConnection, *, as_json: bool) -> None:
    steps: list[Step] = []
    apply(services, crm, _telling(steps, as_json=as_json))
    left = plan(services, crm)
    if as_json:
        click.echo(json.dumps({"done": [asdict(one) for one in steps], "left": _as_tree(left)}))
    else:
        click.echo(f"{crm.name}: {_count(steps)} done." if steps else f"{crm.name}: nothing to do; all is as it should be.")
        if crm.paused:
            click.echo(f"{crm.name} is paused, so nothing is written there yet; `leadline resume {crm.name}` ends that.")
        show_plan("Still to be done", left, verbose=False, report=False)
        say_next(*_after_apply(crm.name, left))
    sys.exit(0 if left.empty else 1)


def _accept(services: Services, crm: CrmConnection, *, as_json: bool) -> None:
    added = accept(services, crm)
    if as_json:
        click.echo(json.dumps({"listed": added}))
    elif added:
        click.echo(f"{crm.name}: {', '.join(added)} {'is' if len(added) == 1 else 'are'} listed, and written from now on.")
    else:
        click.echo(f"{crm.name}: all mapped fields are listed already.")


def _remove(services: Services, crm: CrmConnection, how: Removal, *, as_json: bool) -> None:
    steps: list[Step] = []
    try:
        remove(services, crm, _telling(steps, as_json=as_json), how)
    except InUseError as error:
        if as_json:
            click.echo(json.dumps({"done": [], "usages": [asdict(one) for one in error.usages]}))
        else:
            show_usages(error.usages)
        raise
    left, _ = plan_removal(services, crm, purge=how.purge)
    if as_json:
        click.echo(json.dumps({"done": [asdict(one) for one in steps], "left": _as_tree(left)}))
        return
    click.echo(f"{crm.name}: {_count(steps)} done." if steps else f"{crm.name}: nothing to do; Leadline is out of it already.")
    click.echo(f"It is paused, and nothing is written there; `leadline install {crm.name} --apply` puts it in again.")
    show_plan("Left for you", left, verbose=False, report=False)


def _telling(steps: list[Step], *, as_json: bool) -> Done:
    def done(step: Step) -> None:
        steps.append(step)
        if not as_json:
            for line in step_line(step):
                click.echo(line)

    return done


def _count(steps: list[Step]) -> str:
    return f"{len(steps)} {'step' if len(steps) == 1 else 'steps'}"


def _export(services: Services, crm: CrmConnection, folder: Path) -> None:
    _must_be_new(folder)
    written = files(services, crm)
    _write(written, folder)
    click.echo(f"{folder}: {len(written)} files. {_AFTER_EXPORT[crm.kind]}")


def _export_new(services: Services, name: str, folder: Path) -> None:
    """HubSpot wants an app before there can be a connection."""
    _must_be_new(folder)
    written = hubspot_app(services, name)
    _write(written, folder)
    click.echo(f"There is no connection {name} yet; this is the HubSpot app for it, with its webhooks and its scopes.")
    click.echo(f"{folder}: {len(written)} files. {_AFTER_EXPORT['hubspot']}")
    click.echo("Then: Development ► Projects ► the project ► the app ► Auth: copy Client ID and Client secret.")
    say_next(Onward(f"leadline connect hubspot {name}", "asks for both"))


def _must_be_new(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a new folder.")


def _write(written: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # the webhook's secret is in it
    for path, content in written.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


_AFTER_EXPORT = {
    "salesforce": "The webhook's secret is among them; keep the folder to yourself.",
    "hubspot": "In it: `hs account auth` once, then `hs project upload`. There is no secret in them.",
}


def _as_tree(found: Plan) -> dict[str, object]:
    return {**asdict(found), "empty": found.empty}
