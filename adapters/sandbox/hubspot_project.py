"""A project app: what `hs project upload` takes, and what it makes of it.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/app-configuration
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate

from adapters.sandbox.hubspot_app import AppApi
from adapters.sandbox.hubspot_errors import RefusalError
from adapters.sandbox.hubspot_oauth import STATIC_PREFIX, OAuth
from adapters.sandbox.hubspot_portal import KIND_NAMES, KINDS
from adapters.sandbox.hubspot_settings import HubSpotSettings

_META: Final = "-hsmeta.json"
_PLATFORMS: Final = ("2025.2", "2026.03", "2026.09")
_GROUPS: Final = ("crmObjects", "legacyCrmObjects", "hubEvents")


class _Lenient(Schema):
    class Meta:
        unknown = INCLUDE


class _Project(_Lenient):
    name = fields.String(required=True, validate=validate.Length(min=1))
    srcDir = fields.String(required=True)  # noqa: N815 - HubSpot's spelling
    platformVersion = fields.String(required=True, validate=validate.OneOf(_PLATFORMS))  # noqa: N815


class _Component(_Lenient):
    uid = fields.String(required=True, validate=validate.Length(min=1))
    type = fields.String(required=True)
    config = fields.Dict(required=True)


class _Auth(_Lenient):
    type = fields.String(required=True, validate=validate.OneOf(["oauth", "static"]))
    requiredScopes = fields.List(fields.String(), required=True)  # noqa: N815
    optionalScopes = fields.List(fields.String(), load_default=list)  # noqa: N815
    redirectUrls = fields.List(fields.String(), load_default=list)  # noqa: N815


class _App(_Lenient):
    name = fields.String(required=True)
    distribution = fields.String(required=True, validate=validate.OneOf(["private", "marketplace"]))
    auth = fields.Nested(_Auth, required=True)


class _Target(_Lenient):
    targetUrl = fields.String(required=True)  # noqa: N815
    maxConcurrentRequests = fields.Integer(load_default=10, strict=True)  # noqa: N815


class _Webhooks(_Lenient):
    settings = fields.Nested(_Target, required=True)
    subscriptions = fields.Dict(
        keys=fields.String(validate=validate.OneOf(_GROUPS)), values=fields.List(fields.Dict()), required=True
    )


class Projects:
    """Uploads of the developer's one project."""

    def __init__(self, app: AppApi, oauth: OAuth, settings: HubSpotSettings) -> None:
        self._app = app
        self._oauth = oauth
        self._settings = settings

    def upload(self, files: Mapping[str, Any]) -> dict[str, Any]:
        """Builds and installs the project of these JSON files, path to document: the app's ids, and its token if it is static.

        Raises:
            ValueError: a file is missing or wrong; nothing was changed.
        """
        if not isinstance(files, Mapping):
            raise TypeError("The files of a project are sent as an object: path to JSON document.")
        _load(_Project(), files.get("hsproject.json"), "hsproject.json")
        components = dict(_components(files))
        app = _load(_App(), _config(components, "app"), "the app")
        if "webhooks" in components:
            self._hear(_load(_Webhooks(), _config(components, "webhooks"), "the webhooks"))
        return self._installed(app["auth"])

    def _hear(self, webhooks: Mapping[str, Any]) -> None:
        settings = webhooks["settings"]
        wanted = [_subscription(one) for group in webhooks["subscriptions"].values() for one in group]
        try:
            self._app.replace(settings["targetUrl"], settings["maxConcurrentRequests"], wanted)
        except RefusalError as refusal:
            raise ValueError(f"The build failed at the webhooks: {refusal.message}") from refusal

    def _installed(self, auth: Mapping[str, Any]) -> dict[str, Any]:
        ids = {"appId": self._settings.app_id, "clientId": self._settings.client_id, "clientSecret": self._settings.client_secret}
        if auth["type"] == "oauth":
            return ids
        token = f"{STATIC_PREFIX}na1-project-{self._settings.app_id}"
        self._oauth.grant_static(token, " ".join([*auth["requiredScopes"], *auth["optionalScopes"]]))
        return {**ids, "token": token}


def _components(files: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Type and configuration of every component file."""
    for path, document in files.items():
        if path.endswith(_META):
            component = _load(_Component(), document, path)
            yield component["type"], component["config"]


def _config(components: Mapping[str, Mapping[str, Any]], type_: str) -> Mapping[str, Any]:
    if type_ not in components:
        raise ValueError(f"The build failed: no {_META} file has the type {type_}.")
    return components[type_]


def _load(schema: Schema, document: object, what: str) -> dict[str, Any]:
    if document is None:
        raise ValueError(f"The build failed: {what} is missing.")
    try:
        return dict(schema.load(document))  # type: ignore[arg-type]
    except ValidationError as error:
        raise ValueError(f"The build failed at {what}: {error.messages}") from error


def _subscription(one: Mapping[str, Any]) -> dict[str, Any]:
    """A subscription of the file in the API's words."""
    type_ = str(one.get("subscriptionType", ""))
    name = KIND_NAMES.get(str(one.get("objectType", "")))
    generic = {"objectTypeId": KINDS[name].type_id} if name and type_.startswith("object.") else {}
    changed = {"propertyName": one["propertyName"]} if "propertyName" in one else {}
    return {"eventType": type_, **generic, **changed, "active": one.get("active") is True}
