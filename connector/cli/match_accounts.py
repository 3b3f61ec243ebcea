"""match-accounts: which account each lead of a file belongs to."""

import json
from pathlib import Path

import click


@click.command("match-accounts")
@click.argument("leads", type=click.Path(path_type=Path))
@click.option("--accounts", type=click.Path(path_type=Path), required=True, help="The accounts, as exported from a CRM.")
@click.option("--id", "id_", metavar="COLUMN", help="The column of ids. Default: one that looks like it, else row numbers.")
@click.option("--exclude", metavar="A,B", default="", help="Columns not to look at.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="One row a lead: lead_id,account_id,probability,verdict,evidence.",
)
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object on stdout.")
def match_accounts(leads: Path, accounts: Path, id_: str | None, exclude: str, out: Path, as_json: bool) -> None:
    """Finds the account of each lead of a list, without labels and without a connection.

    Columns are recognised by header and content. The account is the `same` from a probability of 0.95 on, and `possible` below;
    where nothing points to one account it is left empty. Free mail alone never links.
    """
    from rich.console import Console

    from connector.duplicates import NoSuchColumnError, NothingToCompareError
    from connector.lead_accounts import HalfWrittenError, Wish, match_leads
    from connector.tables import UnreadableTableError
    from connector.telling import Telling

    telling = Telling(Console(stderr=True))
    wish = Wish(leads, accounts, id_, [name.strip() for name in exclude.split(",") if name.strip()], out)
    try:
        found = match_leads(wish, telling)
    except HalfWrittenError as error:
        raise click.ClickException(str(error)) from error
    except (UnreadableTableError, NoSuchColumnError, NothingToCompareError) as error:
        raise _Refused(str(error)) from error
    except OSError as error:
        raise _Refused(f"{error.filename} cannot be written: {error.strerror}. Name another file.") from error
    for remark in found.remarks:
        telling.say(remark)
    counts = {"leads": found.leads, "accounts": found.accounts, "same": found.same, "possible": found.possible}
    click.echo(json.dumps(counts) if as_json else _told(counts, out))


def _told(counts: dict[str, int], out: Path) -> str:
    none = counts["leads"] - counts["same"] - counts["possible"]
    return (
        f"{counts['leads']:,} leads against {counts['accounts']:,} accounts: {counts['same']:,} belong to one, "
        f"{counts['possible']:,} possibly, {none:,} to none. Each with what speaks for it: {out}."
    )


class _Refused(click.ClickException):
    """Shown as one sentence."""

    exit_code = 2
