"""safety: what Leadline may do there, what it did, whom it speaks to, and what it keeps."""

import click


@click.command()
@click.argument("name")
def safety(name: str) -> None:
    """What Leadline may do in the CRM of connection NAME, what it did, whom it speaks to, and what it keeps."""
    click.echo(name)
