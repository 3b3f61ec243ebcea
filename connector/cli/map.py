"""map: which CRM field is read as what, and into which field each of our outputs goes."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from adapters.records import Problem
from config.mapping import OVERWRITES, FieldMapping, MappingError, line_of, load_mapping, mapping_document, mapping_text
from config.transforms import TRANSFORMS
from connector.cli.connections import known_connection
from connector.cli.map_words import preview_lines, problem_lines, suggestion_lines, table_lines
from connector.cli.opening import services_for
from connector.doctor.finding import some
from connector.fieldmap.checks import Findings, MappingRefusedError, accept, changed_rows, check_mapping
from connector.fieldmap.editing import with_row
from connector.fieldmap.previewing import Preview, preview
from connector.fieldmap.suggesting import suggest
from connector.fieldmap.table import SAMPLE, mapping_table
from connector.fieldmap.versions import save, undo, version_of
from connector.installing import unlisted_fields
from connector.moments import moment_text
from connector.store.connections import CrmConnection
from connector.store.mappings import mapping_history
from connector.wiring import Services

_READABLE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="For a program.")
_ALLOW: Final = click.option(
    "--allow", multiple=True, metavar="FIELD", help="Read this CRM field although it looks as if it must not matter."
)


@click.group("map")
@click.argument("name")
@click.pass_context
def map_(context: click.Context, name: str) -> None:
    """Field mapping of the connection NAME: what is read from the CRM, and where each output goes."""
    context.obj = name


@contextmanager
def _opened(name: str) -> Iterator[tuple[Services, CrmConnection]]:
    with services_for() as services:
        yield services, known_connection(services, name)


# --- looking


@map_.command()
@click.option("--show-values", is_flag=True, help="Show values as they are; without it only their shape.")
@click.option(
    "--sample", type=click.IntRange(1, SAMPLE), default=SAMPLE, show_default=True, help="Records to look at, the newest."
)
@click.option("--yaml", "as_yaml", is_flag=True, help="The mapping as a document, for `apply`.")
@_JSON
@click.pass_obj
def show(name: str, show_values: bool, sample: int, as_yaml: bool, as_json: bool) -> None:
    """The mapping in force: every row, how full its field is, and what went wrong with it last."""
    with _opened(name) as (services, crm):
        if as_yaml:
            click.echo(mapping_text(crm.mapping), nl=False)
            return
        table = mapping_table(services, crm, sample=sample)
        version = version_of(crm.mapping)
    if as_json:
        rows = [line.document(show_values=show_values) for line in table.lines]
        click.echo(json.dumps({"version": version, "rows": rows, "off": list(table.off)}, ensure_ascii=False))
        return
    for line in table_lines(table, show_values=show_values):
        click.echo(line)
    click.echo(f"Version {version}.")


@map_.command()
@click.argument("file", type=_READABLE, required=False)
@_JSON
@click.pass_obj
def check(name: str, file: Path | None, as_json: bool) -> None:
    """Holds the mapping, or FILE, against the CRM as it is now. Exit 1 if a lead would have to wait."""
    text = _text(file) if file else ""
    with _opened(name) as (services, crm):
        mapping = _loaded(file, text) if file else crm.mapping
        findings = check_mapping(services, crm, mapping)
    if as_json:
        click.echo(json.dumps({"problems": [_problem(one, text) for one in findings.problems], "to_install": _fields(findings)}))
    else:
        _say_problems(findings.problems, file, text)
        _say_to_install(name, findings)
        click.echo(f"{len(findings.fatal)} in the way, {len(findings.problems) - len(findings.fatal)} to know of.", err=True)
    if findings.fatal:
        sys.exit(1)


@map_.command("suggest")
@_JSON
@click.pass_obj
def suggest_(name: str, as_json: bool) -> None:
    """Rows that the CRM's own fields offer, each with its evidence and the command that puts it."""
    with _opened(name) as (services, crm):
        found = suggest(services, crm)
    if as_json:
        rows = [{**one.document(), "command": one.command(name)} for one in found.rows]
        click.echo(json.dumps({"rows": rows, "left_out": dict(found.left_out), "seen": found.seen}, ensure_ascii=False))
        return
    for line in suggestion_lines(found, name):
        click.echo(line)


@map_.command("preview")
@click.argument("lead")
@click.option("--with", "file", type=_READABLE, help="With this mapping, not the one in force.")
@_JSON
@click.pass_obj
def preview_(name: str, lead: str, file: Path | None, as_json: bool) -> None:
    """What would be read from LEAD and written to it, field by field; nothing is written.

    LEAD is the CRM's record id, Leadline's key (LL-…) or the person's e-mail address.
    """
    with _opened(name) as (services, crm):
        found = preview(services, crm, lead, _loaded(file, _text(file)) if file else None)
    if as_json:
        click.echo(json.dumps(_preview_tree(found), ensure_ascii=False))
        return
    for line in preview_lines(found):
        click.echo(line)


def _preview_tree(found: Preview) -> dict[str, Any]:
    lines = [
        {
            "field": line.row.field,
            "name": line.row.name,
            "direction": line.row.direction,
            "before": line.before,
            "after": line.after,
            "verdict": line.verdict,
            "why": line.why or None,
        }
        for line in found.lines
    ]
    return {"object": found.ref.object, "id": found.ref.id, "mode": found.mode, "fields": lines}


# --- changing


def _transforms() -> str:
    """What there is, for the help."""
    said = "; ".join(f"{name}: {way.says}" for name, way in TRANSFORMS.items() if name != "same")
    return f"Transforms are {said}."


@map_.command("set", epilog=_transforms())
@click.argument("row", metavar="OURS")
@click.argument("field", required=False)
@click.option("--transform", help="Such as trim, scale 0-1, letters ABCDF, or table A1=Hot, C3=Cold.")
@click.option("--overwrite", type=click.Choice(list(OVERWRITES)), help="Whose value stands in the end.")
@click.option("--required/--not-required", default=None, help="Routing needs it: watched, and it may not be missing.")
@click.option("--object", "object_", default="", help="Only for this object of the CRM, such as Contact.")
@_ALLOW
@click.pass_obj
def set_(
    name: str,
    row: str,
    field: str | None,
    transform: str | None,
    overwrite: str | None,
    required: bool | None,
    object_: str,
    allow: tuple[str, ...],
) -> None:
    """Maps OURS, a canonical field or an output, to the CRM's FIELD; `off` takes it out.

    Without FIELD it keeps the field it has, and what else you say is changed.
    """
    said = {"transform": None if transform is None else _transform(transform), "overwrite": overwrite, "required": required}
    with _opened(name) as (services, crm):
        entry = _entry(crm.mapping, object_, row, field, {key: value for key, value in said.items() if value is not None})
        edit = with_row(services, crm, row, entry, object_)
        if edit.mapping == crm.mapping:
            click.echo("It is so already.")
            return
        findings = _accepted(services, crm, edit.mapping, allow)
        version = save(services, crm, edit.mapping, _what(row, field, transform, overwrite, required, object_))
    for note in edit.notes:
        click.echo(note)
    _say_saved(crm, edit.mapping, row, version, findings)
    _say_doubts(crm, edit.mapping, findings)


def _what(row: str, field: str | None, transform: str | None, overwrite: str | None, required: bool | None, object_: str) -> str:
    """The command as the history tells it."""
    need = None if required is None else "required" if required else "not required"
    where = f"for {object_} alone" if object_ else None
    return " ".join(["set", row, *filter(None, (field, transform, overwrite, need, where))])


def _entry(mapping: FieldMapping, object_: str, row: str, field: str | None, said: dict[str, Any]) -> dict[str, Any] | bool:
    """The row as a document has it: what was said, over what it was for the same field."""
    if field == "off":
        return False
    document = mapping_document(mapping.of(object_) if object_ else mapping)
    before = document["inputs"].get(row) or document["outputs"].get(row)
    known: dict[str, Any] = {"field": before} if isinstance(before, str) else dict(before or {})
    if field is None and not known:
        raise click.UsageError(f"{row} has no field yet; name one: leadline map NAME set {row} FIELD.")
    if field in {None, known.get("field")}:
        return {**known, **said}
    # Another field has another scale, and perhaps values that are worth more than ours; only the need is the same.
    return {"field": field, **({"required": True} if known.get("required") else {}), **said}


def _transform(said: str) -> object:
    """`table A1=Hot, C3=Cold` as a document has it; anything else as it is."""
    name, _, pairs = said.strip().partition(" ")
    if name != "table":
        return said
    sides = [pair.partition("=") for pair in pairs.split(",")]
    return {"table": {here.strip(): there.strip() for here, _, there in sides}}


@map_.command()
@click.argument("file", type=_READABLE)
@_ALLOW
@click.pass_obj
def apply(name: str, file: Path, allow: tuple[str, ...]) -> None:
    """Puts the mapping in FILE in force, once it is checked against the CRM."""
    text = _text(file)
    with _opened(name) as (services, crm):
        _apply(services, crm, text, file, allow, f"apply {file.name}")


@map_.command()
@_ALLOW
@click.pass_obj
def edit(name: str, allow: tuple[str, ...]) -> None:
    """Opens the mapping in your editor ($EDITOR), and puts in force what you saved."""
    with _opened(name) as (services, crm):
        text = click.edit(mapping_text(crm.mapping), extension=".yaml")
        if text is None:
            click.echo("Nothing was saved; the mapping is as it was.")
            return
        _apply(services, crm, text, None, allow, "edit")


def _apply(services: Services, crm: CrmConnection, text: str, file: Path | None, allow: tuple[str, ...], what: str) -> None:
    mapping = _loaded(file, text)
    if mapping == crm.mapping:
        click.echo("It is the mapping in force already.")
        return
    findings = _accepted(services, crm, mapping, allow, file, text)
    _say_saved(crm, mapping, "the mapping", save(services, crm, mapping, what), findings)
    _say_doubts(crm, mapping, findings)


@map_.command("undo")
@click.option("--to", default="", help="The version to go back to; without it, the one before.")
@click.pass_obj
def undo_(name: str, to: str) -> None:
    """Takes the last change of the mapping back; again, the one before it."""
    with _opened(name) as (services, crm):
        version = undo(services, crm, to)
        services.refresh()
        now = services.crm(name) or crm
    click.echo(f"{name}: version {version.version} is in force again ({version.what}, {moment_text(version.at)}).")
    _say_unlisted(now)


@map_.command()
@_JSON
@click.pass_obj
def history(name: str, as_json: bool) -> None:
    """Every mapping that was in force, the newest first: who, when, by what."""
    with _opened(name) as (services, _):
        versions = mapping_history(services.engine, name)
    if as_json:
        tree = [{"version": one.version, "at": moment_text(one.at), "who": one.who, "what": one.what} for one in versions]
        click.echo(json.dumps(tree))
        return
    for one in versions:
        click.echo(f"{one.version}  {moment_text(one.at)}  {one.who}: {one.what}")
    if not versions:
        click.echo("The mapping is as it was connected.")


# --- saying


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8 text; save it as that.") from None


def _loaded(file: Path | None, text: str) -> FieldMapping:
    """The mapping, or every mistake with its line and exit 1."""
    try:
        return load_mapping(text)
    except MappingError as error:
        for problem in error.problems:
            click.echo(f"{file or 'mapping'}:{problem.line}: {problem.where}: {problem.sentence}")
        sys.exit(1)


def _accepted(
    services: Services, crm: CrmConnection, mapping: FieldMapping, allow: Sequence[str], file: Path | None = None, text: str = ""
) -> Findings:
    """What the check says, or every reason against it and exit 1."""
    try:
        return accept(services, crm, mapping, allowed=allow)
    except MappingRefusedError as error:
        _say_problems(error.problems, file, text)
        click.echo("Nothing was changed.", err=True)
        sys.exit(1)


def _say_doubts(crm: CrmConnection, mapping: FieldMapping, findings: Findings) -> None:
    """What does not stand in the way of the rows that changed, and should be known all the same."""
    touched = changed_rows(crm.mapping, mapping)
    _say_problems([one for one in findings.problems if not one.fatal and (one.object, one.name) in touched], None, "")


def _say_problems(problems: Sequence[Problem], file: Path | None, text: str) -> None:
    for one in problems:
        place = f"{file or 'mapping'}:{line_of(text, one.object, one.name)}: " if text else ""
        for line in problem_lines(one, place):
            click.echo(line)


def _say_to_install(name: str, findings: Findings) -> None:
    if findings.to_install:
        count = len(findings.to_install)
        click.echo(f"Not there yet: {count} of Leadline's own fields; `leadline install {name} --apply` makes them.")


def _say_saved(crm: CrmConnection, mapping: FieldMapping, what: str, version: str, findings: Findings) -> None:
    name = crm.name
    click.echo(f"{name}: {what} is in force as version {version}; `leadline map {name} undo` takes it back.")
    click.echo("Leads follow at their next decision.")
    if set(mapping.inputs.values()) - set(crm.mapping.inputs.values()):
        click.echo(f"A field is read that was not: `leadline install {name} --apply` has the CRM tell us when it changes.")
    _say_to_install(name, findings)
    _say_unlisted(replace(crm, mapping=mapping))


def _say_unlisted(crm: CrmConnection) -> None:
    if unlisted := unlisted_fields(crm):
        are = "is" if len(unlisted) == 1 else "are"
        click.echo(
            f"{some(unlisted)} {are} not written before an installation lists it: "
            f"`leadline install {crm.name} --plan`, then --apply; or --accept, where the field is there."
        )


def _problem(one: Problem, text: str) -> dict[str, Any]:
    line = line_of(text, one.object, one.name) if text else None
    return {"object": one.object, "name": one.name, "what": one.what, "fix": one.fix, "fatal": one.fatal, "line": line}


def _fields(findings: Findings) -> list[str]:
    return [f"{row.object}.{row.field}" for row in findings.to_install]
