"""audit: what a CRM looks like today. Reads only."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connector.audit.figures import Audit, audit_of
from connector.audit.findings import SHOWN, findings
from connector.audit.page import page, thing_of
from connector.audit.reading import Progress as Told
from connector.audit.taking import Wish, take
from connector.cli.connections import known_connection
from connector.cli.onward import Onward, say_next
from connector.cli.opening import services_for
from connector.moments import moment_of
from connector.store.audits import FrozenAudit, audit_numbered, audits_of, put_audit
from connector.store.engine import transact
from connector.wiring import Services


@click.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 730), default=90, show_default=True, help="How far back.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the page, one HTML file.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
@click.option("--most", type=click.IntRange(100), default=20_000, show_default=True, help="Most records read; else fewer days.")
@click.option("--alone", is_flag=True, help="Do not look for the same people in the other connected CRMs.")
@click.option("--hide-names", is_flag=True, help="No name of a rep, on the page or in the store.")
@click.option("--list", "listing", is_flag=True, help="The audits taken before.")
@click.option("--show", type=click.IntRange(1), metavar="NUMBER", help="An audit taken before, as it was.")
def audit(
    name: str,
    days: int,
    out: Path | None,
    as_json: bool,
    most: int,
    alone: bool,
    hide_names: bool,
    listing: bool,
    show: int | None,
) -> None:
    """What a CRM looks like today: speed, ownership, duplicates, sources, and what Leadline would have done.

    Needs read rights only, installs nothing and writes nothing there. The figures are kept here, frozen.
    """
    if listing and show:
        raise click.UsageError("--list and --show are two questions; ask one.")
    if show and hide_names:
        raise click.UsageError("Names are hidden when an audit is taken; an old one is shown as it was.")
    _check(out)
    with services_for() as services:
        crm = known_connection(services, name)
        if listing:
            _list(audits_of(services.engine, name), as_json=as_json)
            return
        if show:
            found = _numbered(services, name, show)
        else:
            wish = Wish(days=days, most=most, across=not alone, hide_names=hide_names)
            with _progress() as told:
                taken = take(services, crm, wish, told)
            found, show = taken, _freeze(services, taken)
    if out:
        _write(out, page(found))
    _say(found, show, out, as_json=as_json)


def _check(out: Path | None) -> None:
    """Before the CRM is read for minutes, whether the page can be written at all."""
    if out and not out.absolute().parent.is_dir():
        raise click.UsageError(
            f"There is no folder {out.absolute().parent} to write the page into; make it, or choose another --out."
        )


def _freeze(services: Services, taken: Audit) -> int:
    moments = {name: moment_of(getattr(taken, name)) for name in ("taken_at", "since", "until")}
    return transact(services.engine, lambda session: put_audit(session, taken.connection, taken.document(), **moments))


def _numbered(services: Services, name: str, number: int) -> Audit:
    kept = audit_numbered(services.engine, name, number)
    if kept is None:
        raise click.UsageError(f"{name} has no audit {number}; `leadline audit {name} --list` shows those there are.")
    if not kept.intact:
        raise click.ClickException(f"Audit {number} of {name} is not what was kept: somebody changed it in the database.")
    return audit_of(kept.figures)


def _list(kept: Sequence[FrozenAudit], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_row(one) for one in kept]))
    elif not kept:
        click.echo("No audit was taken yet.")
    else:
        for one in kept:
            changed = "" if one.intact else ", CHANGED in the database since"
            click.echo(f"{one.id}: taken {_day(one.taken_at)}, {_day(one.since)} to {_day(one.until)}{changed}")


def _row(one: FrozenAudit) -> dict[str, object]:
    moments = {"taken_at": one.taken_at, "since": one.since, "until": one.until}
    return {"number": one.id, **{name: moment.isoformat() for name, moment in moments.items()}, "intact": one.intact}


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _write(out: Path, text: str) -> None:
    """Whole or not at all."""
    draft = out.with_name(f".{out.name}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(out)
    except OSError as error:
        raise click.ClickException(f"The page could not be written to {out} ({error.strerror}); the figures are kept.") from error


def _say(found: Audit, number: int, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"number": number, **found.document()}, ensure_ascii=False))
        return
    thing = thing_of(found)
    click.echo(f"{found.connection}, {found.since[:10]} to {found.until[:10]}: {_records(found):,} {thing.lower()}.")
    for place, finding in enumerate(findings(found, thing)[:SHOWN], start=1):
        click.echo(f"{place}. {finding.headline}. {finding.follows}")
    for figure in found.figures:
        if figure.unread:
            click.echo(f"Not read: {figure.title}. {figure.unread}")
    for note in found.notes:
        click.echo(note)
    click.echo(f"Kept as audit {number}." + (f" The page: {out}" if out else " --out FILE.html writes the whole page."))
    say_next(Onward(f"leadline install {found.connection} --plan", "what Leadline would put in there; only reads"))


def _records(found: Audit) -> int:
    return found.figure("created").values["records"]


@contextmanager
def _progress() -> Iterator[Told]:
    """A bar on standard error; nothing where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done, total=of)

        yield told
