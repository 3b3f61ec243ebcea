"""dedupe: who stands in a file more than once."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), help="A second file: only pairs with one row of each are looked for.")
@click.option("--id", "id_", metavar="COLUMN", help="The column of ids. Default: one that looks like it, else row numbers.")
@click.option("--exclude", metavar="A,B", default="", help="Columns not to look at.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Pairs: id_a,id_b,probability,verdict,evidence.")
@click.option("--clusters", type=click.Path(path_type=Path), help="Who belongs together, a row each: cluster,id.")
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object on stdout.")
def dedupe(
    file: Path, against: Path | None, id_: str | None, exclude: str, out: Path, clusters: Path | None, as_json: bool
) -> None:
    """Finds rows that are the same person or organisation, without labels and without a connection.

    Columns are recognised by header and content. A pair is the `same` from a probability of 0.88 on, unless something in it is
    doubtful (one mailbox under two first names, an organisation at two addresses); `possible` is for a person to look at.
    """
    from rich.console import Console

    from connector.duplicates import NoSuchColumnError, NothingToCompareError, UnwrittenError, Wish, find_duplicates
    from connector.tables import UnreadableTableError
    from connector.telling import Telling

    telling = Telling(Console(stderr=True))
    wish = Wish(file, against, id_, [name.strip() for name in exclude.split(",") if name.strip()], out, clusters)
    try:
        found = find_duplicates(wish, telling)
    except (UnreadableTableError, NoSuchColumnError, NothingToCompareError, UnwrittenError) as error:
        raise _Refused(str(error)) from error
    for remark in found.remarks:
        telling.say(remark)
    counts = {"rows": found.rows, "same": found.same, "possible": found.possible, "groups": found.groups}
    click.echo(json.dumps(counts) if as_json else _told(counts, out))


def _told(counts: dict[str, int], out: Path) -> str:
    return (
        f"{counts['rows']:,} rows: {counts['same']:,} pairs are the same, {counts['possible']:,} possible; "
        f"{counts['groups']:,} groups of two or more. The pairs and what speaks for them: {out}."
    )


class _Refused(click.ClickException):
    """Shown as one sentence."""

    exit_code = 2
