"""connect, disconnect: one CRM, named; from nothing to shadow."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from connector.cli.asking import Asker, Question, secret_from
from connector.cli.connected import document, report
from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.cli.visit import Visit, choice, hubspot_wish, reviewer_given, salesforce_wish, usable
from connector.connecting import answers
from connector.connecting.joining import REVIEWERS, Wish, arrive, settle
from connector.connecting.leaving import disconnect as leave
from connector.connecting.rotating import begin, finish
from connector.store.turns import all_pools
from connector.wanted import webhook_url

APP_KINDS = ("project", "legacy-public", "legacy-private")
REDIRECT = "http://localhost:8720/callback"


@click.group()
def connect() -> None:
    """Connects one Salesforce org or HubSpot portal, in shadow: Leadline will write its own fields there and nothing else.

    Whatever is not given is asked, six questions at most. Every answer can be an option, or a variable named after it:
    LEADLINE_CONNECT_CLIENT_ID, LEADLINE_CONNECT_CLIENT_SECRET, LEADLINE_CONNECT_TOKEN, LEADLINE_CONNECT_PRIVATE_KEY (the PEM
    itself) and so on. Secrets come from a file, a variable or a hidden question, never from the command line.

    The same account again: new credentials, and everything else stays.
    """


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.argument("name"),
        click.option("--environment", help="production or sandbox; the account must agree."),
        click.option("--client-id", help="Of the app: Salesforce's consumer key, HubSpot's client ID."),
        click.option("--client-secret-file", type=click.Path(path_type=Path), help="Holds the app's secret."),
        click.option("--redirect-uri", default=REDIRECT, show_default=True, help="As registered with the app; port 0: any."),
        click.option("--no-browser", is_flag=True, help="For servers: shows the address, takes the answer by hand."),
        click.option("--timeout", type=click.IntRange(1, 3600), default=300, show_default=True, help="Seconds for consent."),
        click.option("--reviewer", help="Who looks when Leadline is unsure: the e-mail address of a user there."),
        click.option("--nobody", multiple=True, help="Queue or user that counts as no owner; may be repeated."),
        click.option("--replace", is_flag=True, help="Let this name stand for another account than before."),
        click.option("--mixed", is_flag=True, help="Let production and a sandbox meet in one installation."),
        click.option("--no-input", is_flag=True, help="Ask nothing: what is missing is an error."),
        click.option("--json", "as_json", is_flag=True, help="For a program; implies --no-input."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@connect.command()
@_shared
@click.option("--flow", help="browser, or jwt: a key pair, for servers.")
@click.option("--username", help="jwt: the integration user.")
@click.option("--private-key-file", help="jwt: the RSA key in PEM whose certificate the app has.")
@click.option("--login-url", help="My Domain such as acme.my, where neither login nor test.salesforce.com will do.")
@click.option("--audience", help="jwt: the audience, where it is not login or test.salesforce.com.")
@click.option("--api", default="v67.0", show_default=True, help="API version.")
def salesforce(name: str, **given: Any) -> None:
    """Connects a Salesforce org as NAME."""
    _connect(name, given, salesforce_wish)


@connect.command()
@_shared
@click.option("--flow", help="oauth, or token: a service key or a private app's token, without webhooks.")
@click.option("--token-file", type=click.Path(path_type=Path), help="token: holds it.")
@click.option("--developer-key-file", type=click.Path(path_type=Path), help="An old public app's: lets install subscribe.")
@click.option("--app-kind", type=click.Choice(APP_KINDS), help="If not a project app; a developer key says legacy-public.")
@click.option("--required-scopes-only", is_flag=True, help="oauth: for an app that does not list the optional scopes.")
@click.option("--app-url", help="Where consent is given, if not https://app.hubspot.com.")
@click.option("--api-url", help="Where the API is, if not https://api.hubapi.com.")
@click.option("--api", default="v3", show_default=True, help="v3, or a dated generation such as 2026-09.")
def hubspot(name: str, **given: Any) -> None:
    """Connects a HubSpot portal as NAME."""
    _connect(name, given, hubspot_wish)


@connect.command("rotate-secret")
@click.argument("name")
@click.option("--finish", "finishing", is_flag=True, help="The CRM has the new one: the old one ends.")
@click.option("--client-secret-file", type=click.Path(path_type=Path), help="HubSpot: holds the app's new secret.")
def rotate_secret(name: str, *, finishing: bool, client_secret_file: Path | None) -> None:
    """Rotates what authenticates NAME's webhooks: two secrets are good until `--finish`."""
    with services_for() as services:
        crm = known_connection(services, name)
        if finishing:
            finish(services, crm)
            click.echo(f"{name}: only the new secret is good from now on.")
            return
        secret = "" if crm.kind == "salesforce" or len(crm.inbound_secrets) != 1 else _new_secret(client_secret_file)
        changed = begin(services, crm, secret)
        click.echo(f"{name}: two secrets are good now.")
        if crm.kind == "salesforce":
            url = webhook_url(changed, services.public_url)
            click.echo(f"Setup ► Outbound Messages ► Leadline's ► Edit ► Endpoint URL:\n  {url}")
        click.echo(f"Once the CRM uses the new one: leadline connect rotate-secret {name} --finish")


def _new_secret(path: Path | None) -> str:
    question = Question("The app's new client secret", answers.token_like, "--client-secret-file", secret=True)
    return Asker(silent=False).ask(question, secret_from(path, "--client-secret-file"))


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def disconnect(name: str, *, yes: bool) -> None:
    """Revokes the grant at the CRM and forgets the credentials. Webhooks are still taken in, leads wait; `connect` resumes."""
    with services_for() as services:
        crm = known_connection(services, name)
        if not yes:
            click.confirm(f"Leadline will not reach {crm.title or name} until it is connected again. Go on?", abort=True)
        why = leave(services, crm)
    click.echo(f"{name} is disconnected; nothing that waits is lost. Resume: leadline connect {crm.kind} {name}")
    if why:
        raise click.ClickException(f"The credentials are gone here, but the CRM did not revoke the grant. {why}")


def _connect(name: str, given: Mapping[str, Any], wish_of: Callable[[Visit], Wish]) -> None:
    name, asker = usable(answers.connection_name, name), Asker(silent=given["as_json"] or given["no_input"])
    with services_for() as services:
        visit = Visit(name, given, asker, services.public_url)
        pool = all_pools(services.engine).get(REVIEWERS, {})
        if visit.asker.silent and not pool:
            reviewer_given(visit)
        arrival = arrive(services, wish_of(visit))
        crm = settle(services, arrival, choice(visit, arrival, pool))
        said = document(services, arrival, crm)
    if given["as_json"]:
        click.echo(json.dumps(said))
    else:
        report(arrival, crm, said)
