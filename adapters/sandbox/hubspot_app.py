"""The webhook settings of a public app: where its events go and which. They drive the sandbox's own deliveries.

A project app has its subscriptions in files, and static tokens have none: neither can call this. What a real portal answers
to the app that is made a project is not known; here it is a 404.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request, not_found, unauthenticated
from adapters.sandbox.hubspot_input import document, items, nowhere, word
from adapters.sandbox.hubspot_portal import KIND_NAMES
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.moments import iso
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer
from adapters.sandbox.world import World

_SETTINGS: Final = "hubspot:app-settings"
_SUBSCRIPTIONS: Final = "hubspot:subscription"
_MOST_SUBSCRIPTIONS: Final = 1_000
_EVENT: Final = re.compile(
    r"(object|contact|company|deal|ticket|product|line_item)"
    r"\.(creation|deletion|propertyChange|merge|restore|associationChange)"
    r"|contact\.privacyDeletion|conversation\.(creation|deletion|newMessage|privacyDeletion|propertyChange)"
)
_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]")


class AppApi:
    """`/webhooks/{version}/{appId}/settings` and `/subscriptions`, with the developer's key as `hapikey`."""

    def __init__(self, world: World, settings: HubSpotSettings) -> None:
        self._world = world
        self._store = world.store
        self._settings = settings

    def replace(self, url: str, most: int, subscriptions: Sequence[Mapping[str, Any]]) -> None:
        """Makes this a project app, whose settings and subscriptions are those of its files, all of them.

        Raises:
            RefusalError: one of them is wrong; then nothing was changed.
        """
        made = self._settings_of(url, most)
        abouts = [(_about(one), one["active"] is True) for one in subscriptions]
        for id_ in self._all():
            self._store.drop(_SUBSCRIPTIONS, id_)
        self._store.put(_SETTINGS, "project", {})
        self._store.put(_SETTINGS, "webhooks", made)
        for about, active in abouts:
            self._keep(about, active=active)
        self._announce()

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """Answers what comes after the version.

        Raises:
            RefusalError: a wrong key, another app, or a body that does not fit.
        """
        if call.argument("hapikey") != self._settings.developer_key:
            raise unauthenticated()
        match rest:
            case [app, *_] if app != str(self._settings.app_id) or self._store.document(_SETTINGS, "project") is not None:
                raise not_found(f"App {app} does not exist, or is not yours.")
            case [_, "settings"]:
                return self._target(call)
            case [_, "subscriptions", *more]:
                return self._subscriptions(call, more)
        raise nowhere(call)

    def _target(self, call: Call) -> Answer:
        match call.method:
            case "GET":
                return json_answer(200, self._configured())
            case "PUT":
                return json_answer(200, self._configure(document(call)))
            case "DELETE":
                self._store.drop(_SETTINGS, "webhooks")
                self._announce()
                return empty_answer()
        raise nowhere(call)

    def _configured(self) -> dict[str, Any]:
        found: dict[str, Any] | None = self._store.document(_SETTINGS, "webhooks")
        if found is None:
            raise not_found("Webhooks are not set up for this app; PUT its settings first.")
        return found

    def _configure(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        throttling = wanted.get("throttling")
        most = throttling.get("maxConcurrentRequests") if isinstance(throttling, dict) else None
        made = self._settings_of(word(wanted, "targetUrl"), most)
        self._store.put(_SETTINGS, "webhooks", made)
        self._announce()
        return made

    def _settings_of(self, url: str, most: object) -> dict[str, Any]:
        if not url.startswith("https://") and not _LOOPBACK.match(url):
            raise bad_request("targetUrl must be an https URL.")
        if not isinstance(most, int) or most <= 5:
            raise bad_request("throttling.maxConcurrentRequests must be a number greater than 5.")
        now = iso(self._store.clock())
        old: dict[str, Any] = self._store.document(_SETTINGS, "webhooks") or {"createdAt": now}
        throttling = {"throttling": {"maxConcurrentRequests": most}}
        return {"targetUrl": url, **throttling, "createdAt": old["createdAt"], "updatedAt": now}

    def _subscriptions(self, call: Call, rest: Sequence[str]) -> Answer:
        match call.method, *rest:
            case ("GET",):
                return json_answer(200, {"results": list(self._all().values())})
            case ("POST",):
                return json_answer(201, self._subscribe(document(call)))
            case "POST", "batch", "update":
                return self._switch_all(items(document(call)))
            case "GET", id_:
                return json_answer(200, self._one(id_))
            case "PATCH", id_:
                return json_answer(200, self._switch(self._one(id_), document(call).get("active")))
            case "DELETE", id_:
                self._store.drop(_SUBSCRIPTIONS, self._one(id_)["id"])
                self._announce()
                return empty_answer()
        raise nowhere(call)

    def _subscribe(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Paused unless `active` is sent as true."""
        about = _about(wanted)
        if len(self._all()) >= _MOST_SUBSCRIPTIONS:
            raise bad_request(f"An app has at most {_MOST_SUBSCRIPTIONS} subscriptions.")
        if any(about.items() <= one.items() and _width(one) == _width(about) for one in self._all().values()):
            raise bad_request(f"A subscription to {about['eventType']} of this kind already exists.")
        made = self._keep(about, active=wanted.get("active") is True)
        self._announce()
        return made

    def _keep(self, about: Mapping[str, Any], *, active: bool) -> dict[str, Any]:
        id_, now = str(3_849_700 + self._store.next_number("hubspot:subscription")), iso(self._store.clock())
        made = {"id": id_, **about, "active": active, "createdAt": now, "updatedAt": now}
        self._store.put(_SUBSCRIPTIONS, id_, made)
        return made

    def _switch(self, old: Mapping[str, Any], active: object) -> dict[str, Any]:
        if not isinstance(active, bool):
            raise bad_request("Only 'active' can be changed, to true or false; make a new subscription for anything else.")
        made = {**old, "active": active, "updatedAt": iso(self._store.clock())}
        self._store.put(_SUBSCRIPTIONS, made["id"], made)
        self._announce()
        return made

    def _switch_all(self, inputs: Sequence[Mapping[str, Any]]) -> Answer:
        results = [self._switch(self._one(word(item, "id")), item.get("active")) for item in inputs]
        now = iso(self._store.clock())
        return json_answer(200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})

    def _all(self) -> dict[str, dict[str, Any]]:
        return self._store.documents(_SUBSCRIPTIONS)

    def _one(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self._store.document(_SUBSCRIPTIONS, id_)
        if found is None:
            raise not_found(f"Subscription {id_} does not exist.")
        return found

    def _announce(self) -> None:
        """Tells the deliveries what holds from now on; what already waits for the target stays."""
        deliveries = self._world.deliveries
        if deliveries is None:
            raise RuntimeError("The sandbox answers before it is put together.")
        known = str(self._store.document(_SETTINGS, "target") or "")
        settings = self._store.document(_SETTINGS, "webhooks")
        if settings is None:
            if known:
                deliveries.remove(known)
            return
        wanted = self._wanted(settings)
        revised = deliveries.revise(known, wanted) if known else None
        if revised is None:
            self._store.put(_SETTINGS, "target", deliveries.add({**wanted, "crm": CRM})["id"])

    def _wanted(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Subscriptions to objects that the sandbox does not have never fire, so they are left out."""
        listed = [_delivered(one) for one in self._all().values() if one["active"] and _known(one)]
        most = settings["throttling"]["maxConcurrentRequests"]
        return {"url": settings["targetUrl"], "maxConcurrentRequests": most, "subscriptions": listed}


def _about(wanted: Mapping[str, Any]) -> dict[str, Any]:
    event, type_id, name = word(wanted, "eventType"), word(wanted, "objectTypeId"), word(wanted, "propertyName")
    if not _EVENT.fullmatch(event):
        raise bad_request(f"There is no event type {event}.")
    if event.startswith("object.") and not type_id:
        raise bad_request(f"{event} needs an objectTypeId such as 0-1.")
    if event.endswith(".propertyChange") and not name:
        raise bad_request(f"{event} needs a propertyName.")
    generic = {"objectTypeId": type_id} if event.startswith("object.") else {}
    return {"eventType": event, **generic, **({"propertyName": name} if event.endswith(".propertyChange") else {})}


def _width(about: Mapping[str, Any]) -> tuple[bool, bool]:
    return "objectTypeId" in about, "propertyName" in about


def _known(one: Mapping[str, Any]) -> bool:
    subject = one["eventType"].partition(".")[0]
    return (one["objectTypeId"] if subject == "object" else subject) in KIND_NAMES


def _delivered(one: Mapping[str, Any]) -> dict[str, Any]:
    about = {"id": int(one["id"]), "type": one["eventType"], "active": True}
    return {**about, "objectTypeId": one.get("objectTypeId", ""), "property": one.get("propertyName", "")}
