"""What the portal has to tell us of: by the webhooks API where the app is of a kind that has one, else by clicks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, get_args

from adapters.hubspot.setup import AppSetup
from adapters.hubspot.setup_answers import Subscription, Target
from adapters.hubspot.work import Work
from adapters.kit import Reaction, Step

AppKind = Literal["project", "legacy_public", "legacy_private", "none"]
"""project: the developer platform's, whose subscriptions are a file · legacy_public: has the webhooks API · legacy_private:
subscribes only on its own page · none: a service key, or a token that belongs to no app; it cannot subscribe at all."""

KINDS: Final = frozenset(get_args(AppKind))

CONCURRENT: Final = 10
"""Requests in flight. HubSpot wants more than 5."""

MUTE: Final = frozenset({"num_unique_conversion_events", "hs_lastmodifieddate"})
"""Properties that cannot be subscribed to."""

LIFE: Final = ("contact.creation", "contact.deletion", "contact.merge", "contact.restore", "contact.privacyDeletion")
CHANGE: Final = "contact.propertyChange"


@dataclass(frozen=True, slots=True)
class App:
    """What is known of the app through which a portal is reached."""

    kind: AppKind = "project"
    id: str = ""
    developer_key: str = field(default="", repr=False)
    static: bool = False
    """It goes by a fixed token, not by OAuth."""


def app_of(app_id: str, credentials: Mapping[str, str]) -> App:
    """The app, from what a connection knows of it. `app_kind` among the credentials says what it is, where somebody said so.

    A developer key is given for legacy public apps alone; a fixed token without an app id is a service key's.
    """
    key, static = credentials.get("developer_key", ""), credentials.get("flow") == "static"
    guess = "legacy_public" if key else "none" if static and not app_id else "project"
    said = credentials.get("app_kind", guess)
    kind: AppKind = said if said in KINDS else guess  # type: ignore[assignment]
    return App(kind, app_id, key, static=static)


def properties_heard(inputs: Sequence[str]) -> tuple[str, ...]:
    """Properties whose change is news: every mapped input that HubSpot lets one subscribe to, each once."""
    return tuple(dict.fromkeys(name for name in inputs if name not in MUTE))


class Subscriptions:
    """The subscriptions of one app, and the address they go to."""

    def __init__(self, connection: str, app: App, setup: AppSetup | None, *, url: str, heard: Sequence[str]) -> None:
        self._connection = connection
        self._app = app
        self._setup = setup
        self._url = url
        self._wanted = [*((event, "") for event in LIFE), *((CHANGE, name) for name in heard)]

    def installation(self) -> Iterator[Work]:
        if self._setup is None:
            yield from self._by_hand()
            return
        yield self._target(self._setup)
        there = {(one.event, one.property): one for one in self._setup.subscriptions()}
        for event, name in self._wanted:
            yield _subscribed(self._setup, event, name, there.get((event, name)))

    def removal(self) -> Iterator[Work]:
        if self._setup is None:
            yield from self._taken_out_by_hand()
            return
        for one in self._setup.subscriptions():
            if (one.event, one.property) in self._wanted:
                step = Step("webhook subscription", _name(one.event, one.property), "remove")
                yield Work(step, partial(self._setup.unsubscribe, one.id))

    def reactions(self) -> Iterator[Reaction]:
        if self._app.kind == "none":
            yield Reaction(
                "webhooks",
                "not possible",
                "This connection has a token that belongs to no app (a service key), and HubSpot sends webhooks to apps only. "
                "Leadline finds new and changed contacts by its sweep, so a lead is seen minutes after it came, not seconds, and "
                "clocks of a few minutes cannot be met. To be told at once, connect with an app: "
                f"`leadline install {self._connection} --export FOLDER` writes one for `hs project upload`.",
            )

    def _target(self, setup: AppSetup) -> Work:
        found, wanted = setup.target(), Target(self._url, CONCURRENT)
        if found == wanted:
            return Work(Step("webhook address", self._url, "keep"))
        lines = () if found is None else tuple(_target_lines(found, wanted))
        action: Literal["create", "change"] = "create" if found is None else "change"
        return Work(Step("webhook address", self._url, action, lines), partial(setup.put_target, wanted))

    def _by_hand(self) -> Iterator[Work]:
        if self._app.kind == "none":
            return
        yield Work(Step("webhook subscriptions", f"{len(self._wanted)} webhook subscriptions", "by_hand", tuple(self._clicks())))

    def _clicks(self) -> Iterator[str]:
        if self._app.kind == "project":
            export = f"`leadline install {self._connection} --export FOLDER`"
            yield f"They are part of the app that {export} writes: if you connected that one, nothing is left to do."
            yield "in FOLDER, else: `hs account auth` once, then `hs project upload`; HubSpot builds and deploys it."
            yield "Development ► Projects ► the app ► Auth ► Client secret: it signs deliveries; `leadline connect` asks for it."
            yield "No API tells whether this is done; once it is, `leadline doctor` shows deliveries coming in."
            return
        page = "Development ► Legacy apps ► your app ► Webhooks"
        yield f"{page} ► Target URL: {self._url}; event throttling {CONCURRENT}."
        yield f"{page} ► Create subscription ► Contacts: created, deleted, merged, restored, deleted for privacy."
        heard = ", ".join(name for event, name in self._wanted if event == CHANGE)
        yield f"{page} ► Create subscription ► Contacts ► property changed: {heard}."
        yield f"{page} ► select all ► Activate: HubSpot makes subscriptions paused."

    def _taken_out_by_hand(self) -> Iterator[Work]:
        if self._app.kind == "project":
            line = "Once all else is out: Settings ► Integrations ► Connected apps ► the app ► Uninstall; they end with it."
        elif self._app.kind == "legacy_private":
            line = "Development ► Legacy apps ► your app ► Webhooks ► select all ► Delete."
        elif self._app.kind == "legacy_public":
            line = (
                "Development ► Legacy apps ► your app ► Webhooks ► select all ► Delete; with its developer key, Leadline does it."
            )
        else:
            return
        yield Work(Step("webhook subscriptions", "the app's webhook subscriptions", "by_hand", (line,)))


def _subscribed(setup: AppSetup, event: str, name: str, found: Subscription | None) -> Work:
    kind, label = "webhook subscription", _name(event, name)
    if found is None:
        return Work(Step(kind, label, "create"), partial(setup.subscribe, event, name))
    if found.active:
        return Work(Step(kind, label, "keep"))
    return Work(Step(kind, label, "change", ("paused ► active",)), partial(setup.wake, found.id))


def _target_lines(found: Target, wanted: Target) -> Iterator[str]:
    if found.url != wanted.url:
        yield f"address {found.url or '(none)'} ► {wanted.url}"
    if found.concurrent != wanted.concurrent:
        yield f"requests in flight {found.concurrent} ► {wanted.concurrent}"


def _name(event: str, property_name: str) -> str:
    return f"{event} {property_name}".rstrip()
