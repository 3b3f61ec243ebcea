"""What comes next: every command of an admin's way from nothing to live ends with it."""

from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Onward:
    """One command, and what it is good for."""

    command: str
    why: str


def say_next(*steps: Onward) -> None:
    """Nothing, where nothing comes next."""
    if not steps:
        return
    width = max(len(one.command) for one in steps)
    click.secho("\nNext", bold=True)
    for one in steps:
        click.echo(f"  {one.command:{width}}  {one.why}")
