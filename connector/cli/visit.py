"""The questions of `connect`, vendor by vendor, and the page on which a person agrees."""

import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import click

from connector.cli.asking import Asker, Question, secret_from
from connector.connecting import answers, clicks
from connector.connecting.browser import UrlOf, by_callback, by_paste
from connector.connecting.consent import Question as ConsentQuestion
from connector.connecting.joining import Arrival, Choice, Kind, Wish
from connector.nobody import OwnerNameError, owner_named

Given = Mapping[str, Any]
"""The options, by name; None where nothing was said."""

NAMES: Final = {"salesforce": "Salesforce", "hubspot": "HubSpot"}

_ENVIRONMENT: Final = Question("Is this production or a sandbox", answers.environment, "--environment", default="production")
_CONSUMER_KEY: Final = Question("The app's consumer key", answers.token_like, "--client-id", example="3MVG9…")
_CONSUMER_SECRET: Final = Question(
    "The app's consumer secret, if it demands one", answers.optional_secret, "--client-secret-file", default="", secret=True
)
_USER: Final = Question("The integration user's user name", answers.user_name, "--username", example="leadline@acme.com")
_KEY_FILE: Final = Question("The file with the private key", answers.private_key_file, "--private-key-file", default="server.key")
_CLIENT_ID: Final = Question("The app's client ID", answers.token_like, "--client-id", example="7fff1e36-2d40-4ae1-bbb1-…")
_CLIENT_SECRET: Final = Question("The app's client secret", answers.token_like, "--client-secret-file", secret=True)
_DEVELOPER_KEY: Final = Question("The account's developer API key", answers.token_like, "--developer-key-file", secret=True)
_TOKEN: Final = Question("The service key or token (pat-…)", answers.static_token, "--token-file", secret=True)


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of `connect`: what was given, and whom to ask for the rest."""

    name: str
    given: Given
    asker: Asker
    public_url: str

    def ask(self, question: Question) -> str:
        return self.asker.ask(question, self.given[_parameter(question)])

    def secret(self, question: Question) -> str:
        return self.asker.ask(question, secret_from(self.given[_parameter(question)], question.option))

    def consent(self, url_of: UrlOf) -> dict[str, str]:
        redirect = usable(answers.redirect_uri, self.given["redirect_uri"])
        if self.given["no_browser"]:
            return by_paste(url_of, redirect, show=_tell, ask=self._pasted).credentials()
        return by_callback(url_of, redirect, seconds=self.given["timeout"], show=_open).credentials()

    def _pasted(self, check: Callable[[str], str]) -> str:
        return self.asker.ask(Question("Paste the address to which the browser was sent", check, option=""))


def salesforce_wish(visit: Visit) -> Wish:
    """Five questions by browser, six by jwt, the reviewer included."""
    environment = answers.environment(visit.ask(_ENVIRONMENT))
    flow = _flow(visit, "Log in by browser, or by jwt (a key pair, for servers)", ("browser", "jwt"))
    url = usable(answers.login_url, visit.given["login_url"] or answers.LOGIN_URLS[environment])
    _show_clicks("salesforce", flow, visit)
    credentials = {"login_url": url, "client_id": visit.ask(_CONSUMER_KEY)}
    if flow == "jwt":
        audience = visit.given["audience"] or answers.LOGIN_URLS[environment]
        credentials |= {"flow": "jwt", "username": visit.ask(_USER), "private_key": _private_key(visit), "audience": audience}
    else:
        secret = visit.secret(_CONSUMER_SECRET)
        credentials |= {"client_secret": secret} if secret else {}
        credentials |= visit.consent(partial(_salesforce_url, credentials))
    return _wish(visit, "salesforce", environment, credentials, url)


def _private_key(visit: Visit) -> str:
    """The key itself may stand in its variable, PEM as it is; else the name of its file is asked for."""
    given = visit.asker.environment.get(_KEY_FILE.variable)
    if visit.given["private_key_file"] is None and given is not None:
        return usable(answers.private_key, given)
    return visit.ask(_KEY_FILE)


def _salesforce_url(credentials: Mapping[str, str], question: ConsentQuestion) -> str:
    from adapters.salesforce.consent import authorize_url

    where = (credentials["login_url"], credentials["client_id"], question.redirect_uri)
    return authorize_url(*where, state=question.state, challenge=question.challenge)


def hubspot_wish(visit: Visit) -> Wish:
    """Five questions by oauth, four by token, the reviewer included."""
    from adapters.hubspot.consent import API_URL

    environment = answers.environment(visit.ask(_ENVIRONMENT))
    flow = _flow(visit, "Log in by oauth, or by token (a service key: no webhooks)", ("oauth", "token"))
    url = usable(answers.service_url, visit.given["api_url"] or API_URL)
    _show_clicks("hubspot", flow, visit)
    if flow == "token":
        credentials = {"flow": "static", "access_token": visit.secret(_TOKEN)}
    else:
        credentials = {"client_id": visit.ask(_CLIENT_ID), "client_secret": visit.secret(_CLIENT_SECRET)}
        credentials |= visit.consent(partial(_hubspot_url, visit.given, credentials))
        del credentials["code_verifier"]  # HubSpot knows no PKCE
    credentials |= _about_app(visit)
    return _wish(visit, "hubspot", environment, credentials, url)


def _about_app(visit: Visit) -> dict[str, str]:
    """Never asked: only apps of the old kinds need it, and only so that `install` can subscribe for them."""
    given = visit.given["developer_key_file"], visit.asker.environment.get(_DEVELOPER_KEY.variable)
    key = {"developer_key": visit.secret(_DEVELOPER_KEY)} if any(given) else {}
    kind = {"app_kind": visit.given["app_kind"].replace("-", "_")} if visit.given["app_kind"] else {}
    return key | kind


def _hubspot_url(given: Given, credentials: Mapping[str, str], question: ConsentQuestion) -> str:
    from adapters.hubspot.consent import APP_URL, OPTIONAL_SCOPES, authorize_url

    app = usable(answers.service_url, given["app_url"] or APP_URL)
    optional = () if given["required_scopes_only"] else OPTIONAL_SCOPES
    return authorize_url(app, credentials["client_id"], question.redirect_uri, state=question.state, optional=optional)


def _wish(visit: Visit, kind: Kind, environment: answers.Environment, credentials: Mapping[str, str], url: str) -> Wish:
    given = visit.given
    return Wish(visit.name, kind, environment, credentials, url, given["api"], replace=given["replace"], mixed=given["mixed"])


def _flow(visit: Visit, text: str, flows: tuple[str, ...]) -> str:
    def known(answer: str) -> str:
        if answer.strip().lower() in flows:
            return answer.strip().lower()
        raise answers.AnswerError(f"{answer!r} is none of: {', '.join(flows)}.")

    return visit.ask(Question(text, known, "--flow", default=flows[0]))


# --- once the org is known


def reviewer_given(visit: Visit) -> None:
    """Where nobody can be asked, a missing reviewer is better said before the grant than after it."""
    visit.ask(_reviewer(str.strip))


def choice(visit: Visit, arrival: Arrival, pool: Mapping[str, int]) -> Choice:
    """Who reviews, and who counts as nobody: an integration user does, unless it reviews.

    Args:
        pool: who reviews already.
    """
    user, people = arrival.grant.user, arrival.people
    behind = next((one.email.lower() for one in arrival.owners if one.id == user), "")
    by_machine = arrival.wish.credentials["flow"] == "jwt"
    reviewer = ""
    if people and (not pool or visit.given["reviewer"]):
        default = behind if behind in people and not by_machine else None
        check = partial(answers.reviewer, people=people.keys())
        reviewer = visit.ask(_reviewer(check, default, "" if default else next(iter(people))))
    integration = (user,) if by_machine and user and behind not in {reviewer, *pool} else ()
    return Choice(reviewer, (*integration, *(_owner_id(arrival, name) for name in visit.given["nobody"])))


def _reviewer(check: Callable[[str], str], default: str | None = None, example: str = "") -> Question:
    return Question(
        "Who looks when Leadline is unsure? The e-mail address", check, "--reviewer", default=default, example=example
    )


def _owner_id(arrival: Arrival, name: str) -> str:
    try:
        return owner_named(arrival.owners, name).id
    except OwnerNameError as error:
        raise click.UsageError(f"--nobody: {error}") from error


# --- what is shown meanwhile


def _tell(url: str) -> None:
    click.echo(f"\nOpen this address in a browser, and agree as an administrator:\n\n  {url}\n", err=True)


def _open(url: str) -> None:
    _tell(url)
    if webbrowser.open(url):
        click.echo("A browser was opened on this machine. Waiting for its answer …", err=True)
    else:
        click.echo("No browser could be opened here: open the address yourself, on this machine. Waiting …", err=True)


def _show_clicks(kind: str, flow: str, visit: Visit) -> None:
    if visit.asker.silent:
        return
    click.echo(f"\nNeeded from {NAMES[kind]}, click by click, if it is not there yet:", err=True)
    lines = clicks.before(kind, flow, visit.name, visit.given["redirect_uri"])
    for number, line in enumerate(lines, start=1):
        click.echo(f"  {number}. {line}", err=True)
    click.echo(err=True)


def usable(check: Callable[[str], str], text: str) -> str:
    """A value of an option, checked.

    Raises:
        click.UsageError: with the check's sentence.
    """
    try:
        return check(text)
    except answers.AnswerError as error:
        raise click.UsageError(str(error)) from error


def _parameter(question: Question) -> str:
    return question.option.strip("-").replace("-", "_")
