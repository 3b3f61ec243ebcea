"""policy: check it, show it, put it in force."""

import sys
from pathlib import Path
from typing import Final

import click

from config.policy import Policy, PolicyError, load_policy, shipped_policy_text
from connector.cli.onward import Onward, say_next
from connector.cli.opening import services_for
from connector.policies import activate_policy
from connector.store.articles import active_article


@click.group()
def policy() -> None:
    """The routing policy: checked, shown, put in force."""


_READABLE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@policy.command()
@click.argument("file", type=_READABLE, required=False)
def lint(file: Path | None) -> None:
    """Every mistake in FILE with its line; without FILE, in the default policy. Exit 1 if there is one."""
    name = str(file) if file else "the default policy"
    found = _checked(name, _text(file) if file else shipped_policy_text())
    vacant = f"; to be filled before it may act: {', '.join(found.vacant)}" if found.vacant else ""
    click.echo(f"{name}: no mistakes, {len(found.rules)} rules, version {found.version}{vacant}.")


@policy.command()
def show() -> None:
    """The policy in force, as it was written."""
    with services_for() as services:
        article = active_article(services.engine, "policy")
    version, text = article or ("", shipped_policy_text())
    click.echo(f"# version {version}", err=True)
    click.echo(text, nl=False)


@policy.command()
@click.argument("file", type=_READABLE)
def activate(file: Path) -> None:
    """Puts FILE in force: it decides every lead from now on. Decisions made keep theirs."""
    text = _text(file)
    _checked(str(file), text)
    with services_for() as services:
        version = activate_policy(services, text).version
    click.echo(f"{file}: in force as version {version}.")
    say_next(Onward("leadline doctor", "whether everybody it names can own a lead in each CRM"))


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8 text; save it as that.") from None


def _checked(name: str, text: str) -> Policy:
    """The policy, or every mistake and exit 1."""
    try:
        return load_policy(text)
    except PolicyError as error:
        for problem in error.problems:
            click.echo(f"{name}:{problem.line}: {problem.where}: {problem.sentence}")
        count = len(error.problems)
        click.echo(f"{count} {'mistake' if count == 1 else 'mistakes'}.", err=True)
        sys.exit(1)
