"""connect, disconnect: one CRM, named; from nothing to shadow."""

import json
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from connector.cli.asking import Asker, Question, secret_from
from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.connecting import answers, clicks
from connector.connecting.browser import UrlOf, by_callback, by_paste
from connector.connecting.joining import REVIEWERS, Arrival, Choice, Kind, Wish, arrive, settle
from connector.connecting.leaving import disconnect as leave
from connector.connecting.rotating import begin, finish
from connector.store.connections import CrmConnection
from connector.store.turns import all_pools
from connector.wiring import Services

REDIRECT = "http://localhost:8720/callback"

Given = Mapping[str, Any]
"""The options, by name; None where nothing was said."""


@click.group()
def connect() -> None:
    """Connects one Salesforce org or HubSpot portal, in shadow: Leadline will write its own fields there and nothing else.

    Whatever is not given is asked, six questions at most. Every answer can be an option or a variable LEADLINE_CONNECT_…;
    secrets come from a file, a variable or a hidden question, never from the command line. The same account again: new
    credentials, and everything else stays.
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
    _connect("salesforce", name, given, _salesforce)


@connect.command()
@_shared
@click.option("--flow", help="oauth, or token: a service key or a private app's token, without webhooks.")
@click.option("--token-file", type=click.Path(path_type=Path), help="token: holds it.")
@click.option("--optional-scope", multiple=True, help="oauth: asked for besides, where the app lists it as optional.")
@click.option("--app-url", help="Where consent is given, if not https://app.hubspot.com.")
@click.option("--api-url", help="Where the API is, if not https://api.hubapi.com.")
@click.option("--api", default="v3", show_default=True, help="v3, or a dated generation such as 2026-09.")
def hubspot(name: str, **given: Any) -> None:
    """Connects a HubSpot portal as NAME."""
    _connect("hubspot", name, given, _hubspot)


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
            url = clicks.webhook_url(changed, services.public_url)
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


# --- the way from the first question to shadow


@dataclass(frozen=True, slots=True)
class _Visit:
    """What the questions need to know."""

    name: str
    given: Given
    asker: Asker

    def ask(self, question: Question, option: str = "") -> str:
        return self.asker.ask(question, self.given.get(option or question.option.strip("-").replace("-", "_")))

    def secret(self, question: Question) -> str:
        path = self.given.get(question.option.strip("-").replace("-", "_"))
        return self.asker.ask(question, secret_from(path, question.option))

    def consent(self, url_of: UrlOf) -> dict[str, str]:
        redirect = answers.redirect_uri(self.given["redirect_uri"])
        if self.given["no_browser"]:
            question = partial(Question, "Paste the address to which the browser was sent", option="--code")
            return by_paste(url_of, redirect, show=_tell, ask=lambda check: self.asker.ask(question(check=check))).credentials()
        return by_callback(url_of, redirect, seconds=self.given["timeout"], show=_open).credentials()


def _connect(kind: Kind, name: str, given: Given, wish_of: Callable[[_Visit], Wish]) -> None:
    visit = _Visit(_usable(answers.connection_name, name), given, Asker(silent=given["as_json"] or given["no_input"]))
    with services_for() as services:
        pool = all_pools(services.engine).get(REVIEWERS, {})
        if visit.asker.silent and not pool:
            visit.asker.ask(_reviewer_question(str, None), given["reviewer"])  # missing: better said before the grant than after
        arrival = arrive(services, wish_of(visit))
        crm = settle(services, arrival, _choice(visit, arrival, pool))
        said = _document(services, arrival, crm)
    if given["as_json"]:
        click.echo(json.dumps(said))
    else:
        _report(kind, arrival, crm, said)


def _salesforce(visit: _Visit) -> Wish:
    environment = _environment(visit)
    flow = _flow(visit, "Log in by browser, or by jwt (a key pair, for servers)", ("browser", "jwt"))
    url = _usable(answers.login_url, visit.given["login_url"] or answers.LOGIN_URLS[environment])
    _show_clicks("salesforce", flow, visit)
    credentials = {"login_url": url, "client_id": visit.ask(_CONSUMER_KEY)}
    if flow == "jwt":
        audience = visit.given["audience"] or answers.LOGIN_URLS[environment]
        credentials |= {"flow": "jwt", "username": visit.ask(_USER), "private_key": visit.ask(_KEY_FILE), "audience": audience}
    else:
        credentials |= _present(client_secret=visit.secret(_CONSUMER_SECRET))
        credentials |= visit.consent(partial(_salesforce_url, credentials))
    return Wish(visit.name, "salesforce", environment, credentials, url, visit.given["api"], replace=visit.given["replace"])


def _salesforce_url(credentials: Mapping[str, str], question: Any) -> str:
    from adapters.salesforce.consent import authorize_url

    return authorize_url(
        credentials["login_url"],
        credentials["client_id"],
        question.redirect_uri,
        state=question.state,
        challenge=question.challenge,
    )


def _hubspot(visit: _Visit) -> Wish:
    from adapters.hubspot.consent import API_URL, APP_URL, authorize_url

    given, environment = visit.given, _environment(visit)
    flow = _flow(visit, "Log in by oauth, or by token (a service key: no webhooks)", ("oauth", "token"))
    url = _usable(answers.service_url, given["api_url"] or API_URL)
    _show_clicks("hubspot", flow, visit)
    if flow == "token":
        credentials = {"flow": "static", "access_token": visit.secret(_TOKEN)}
    else:
        app = _usable(answers.service_url, given["app_url"] or APP_URL)
        credentials = {"client_id": visit.ask(_CLIENT_ID), "client_secret": visit.secret(_CLIENT_SECRET)}
        credentials |= visit.consent(
            lambda question: authorize_url(
                app, credentials["client_id"], question.redirect_uri, state=question.state, optional=given["optional_scope"]
            )
        )
        del credentials["code_verifier"]  # HubSpot knows no PKCE
    return Wish(visit.name, "hubspot", environment, credentials, url, given["api"], replace=given["replace"])


def _environment(visit: _Visit) -> answers.Environment:
    return answers.environment(visit.ask(_ENVIRONMENT))


def _flow(visit: _Visit, text: str, flows: tuple[str, ...]) -> str:
    def known(answer: str) -> str:
        if answer.strip().lower() in flows:
            return answer.strip().lower()
        raise answers.AnswerError(f"{answer!r} is none of: {', '.join(flows)}.")

    return visit.ask(Question(text, known, "--flow", default=flows[0]))


_ENVIRONMENT = Question("Is this production or a sandbox", answers.environment, "--environment", default="production")
_CONSUMER_KEY = Question("The app's consumer key", answers.token_like, "--client-id", example="3MVG9…")
_CONSUMER_SECRET = Question(
    "The app's consumer secret, if it demands one",
    answers.optional_secret,
    "--client-secret-file",
    default="",
    secret=True,
)
_USER = Question("The integration user's user name", answers.user_name, "--username", example="leadline@acme.com")
_KEY_FILE = Question("The file with the private key", answers.private_key_file, "--private-key-file", default="server.key")
_CLIENT_ID = Question("The app's client ID", answers.token_like, "--client-id", example="7fff1e36-2d40-4ae1-bbb1-000000000000")
_CLIENT_SECRET = Question("The app's client secret", answers.token_like, "--client-secret-file", secret=True)
_TOKEN = Question("The service key or token (pat-…)", answers.static_token, "--token-file", secret=True)


def _reviewer_question(check: Callable[[str], str], default: str | None, example: str = "") -> Question:
    return Question("Who looks when Leadline is unsure", check, "--reviewer", default=default, example=example)


def _choice(visit: _Visit, arrival: Arrival, pool: Mapping[str, int]) -> Choice:
    people = arrival.people
    behind = next((one.email.lower() for one in arrival.owners if one.id == arrival.grant.user), None)
    jwt = arrival.wish.credentials["flow"] == "jwt"
    reviewer = ""
    if people and (visit.given["reviewer"] or not pool):
        default = behind if behind in people and not jwt else None
        example = "" if default else next(iter(people))
        reviewer = visit.ask(_reviewer_question(lambda text: answers.reviewer(text, people.keys()), default, example))
    integration = (arrival.grant.user,) if jwt and arrival.grant.user and behind not in {reviewer, *pool} else ()
    return Choice(reviewer, (*integration, *(_owner_id(arrival, name) for name in visit.given["nobody"])))


def _owner_id(arrival: Arrival, name: str) -> str:
    """
    Raises:
        click.UsageError: there is no owner of that name, or there are two.
    """
    found = [one.id for one in arrival.owners if name.strip().lower() in {one.id.lower(), one.email.lower(), one.name.lower()}]
    if len(found) == 1:
        return found[0]
    how = "is more than one owner" if found else "is no owner"
    raise click.UsageError(f"--nobody: {name!r} {how} there; give a queue's name, or a user's e-mail address or id.")


def _usable(check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except answers.AnswerError as error:
        raise click.UsageError(str(error)) from error


def _present(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


# --- what is said


def _tell(url: str) -> None:
    click.echo(f"\nOpen this address in any browser, and agree as an administrator:\n\n  {url}\n", err=True)


def _open(url: str) -> None:
    _tell(url)
    if webbrowser.open(url):
        click.echo("A browser was opened on this machine. Waiting for its answer …", err=True)
    else:
        click.echo("No browser could be opened here: open the address yourself, on this machine. Waiting …", err=True)


def _show_clicks(kind: str, flow: str, visit: _Visit) -> None:
    if visit.asker.silent:
        return
    click.echo(f"\nNeeded from {_NAMES[kind]}, if it is not there yet:", err=True)
    for line in clicks.before(kind, flow, visit.given["redirect_uri"]):
        click.echo(f"  · {line}", err=True)
    click.echo(err=True)


_NAMES = {"salesforce": "Salesforce", "hubspot": "HubSpot"}


def _document(services: Services, arrival: Arrival, crm: CrmConnection) -> dict[str, Any]:
    seats = {
        "people": len(arrival.people),
        "queues": sum(one.kind == "queue" and one.active for one in arrival.owners),
        "left": sum(not one.active for one in arrival.owners),
    }
    return {
        "name": crm.name,
        "kind": crm.kind,
        "account": crm.account,
        "title": crm.title,
        "environment": crm.environment,
        "reconnected": arrival.before is not None,
        "modes": dict(crm.modes),
        **seats,
        "reviewers": sorted(all_pools(services.engine).get(REVIEWERS, {})),
        "nobody": list(crm.options.get("nobody", ())),
        "webhook_url": clicks.webhook_url(crm, services.public_url) if crm.inbound_secrets else None,
        "to_do": list(clicks.after(crm, services.public_url)),
        "warnings": [one for one in (clicks.unreachable(crm, services.public_url), _unseated(arrival, services)) if one],
    }


def _unseated(arrival: Arrival, services: Services) -> str:
    reviewers = all_pools(services.engine).get(REVIEWERS, {})
    if any(one in arrival.people for one in reviewers):
        return ""
    who = ", ".join(reviewers) or "Nobody yet"
    return f"{who} reviews, and cannot own a record here: name somebody who can with --reviewer, or unsure leads go to triage."


def _report(kind: str, arrival: Arrival, crm: CrmConnection, said: Mapping[str, Any]) -> None:
    again = "connected again: same secrets, new credentials" if arrival.before else "connected, in shadow"
    click.echo(f"\n{crm.name} is {again}.")
    lines = {
        "Account": f"{crm.title} ({crm.account}), {crm.environment}",
        "Can own": f"{said['people']} people, {said['queues']} queues; {said['left']} who left count as nobody",
        "Unsure": f"goes to {', '.join(said['reviewers']) or 'triage, since nobody was named'}",
        "Nobody": f"no owner, who left{''.join(f', {_named(arrival, one)}' for one in said['nobody'])}",
    }
    for what, text in lines.items():
        click.echo(f"  {what:8} {text}")
    click.echo(f"\nLeft to do in {_NAMES[kind]} (`leadline install {crm.name} --plan` says what it can do of that):")
    for number, line in enumerate(said["to_do"], start=1):
        click.echo(f"  {number}. {line}")
    for warning in said["warnings"]:
        click.echo(f"\n! {warning}")


def _named(arrival: Arrival, owner_id: str) -> str:
    return next((one.name or one.email for one in arrival.owners if one.id == owner_id), owner_id)
