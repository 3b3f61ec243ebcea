"""The project folder for HubSpot's developer platform, from the templates in `app/`: what `hs project upload` takes.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/app-configuration
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.hubspot.consent import OPTIONAL_SCOPES, SCOPES

REDIRECT: Final = "http://localhost:8720/callback"
"""Where `leadline connect` waits for the browser to come back."""

APP_FILE: Final = "src/app/app-hsmeta.json"
_WEBHOOKS: Final = "src/app/webhooks/webhooks-hsmeta.json"
_LIFE: Final = ("object.creation", "object.deletion", "object.merge", "object.restore")


def project_files(connection: str, webhook_url: str, heard: Sequence[str], *, static: bool) -> Mapping[str, bytes]:
    """Every file of the folder, by its path.

    Args:
        webhook_url: where events go; the public URL of everything else is its scheme and host.
        heard: properties of contacts whose change is news.
        static: the app goes by a fixed token, for this one account; else by OAuth.
    """
    parts = urlsplit(webhook_url)
    words = {
        "connection": re.sub(r"[^A-Za-z0-9_-]", "-", connection),
        "public_url": f"{parts.scheme}://{parts.netloc}",
        "webhook_url": webhook_url,
        "action_url": f"{webhook_url}/workflow-action",
    }
    files = {path: Template(text).safe_substitute(words) for path, text in _templates()}
    files[APP_FILE] = _with(files[APP_FILE], "auth", _auth(static=static))
    files[_WEBHOOKS] = _with(files[_WEBHOOKS], "subscriptions", _subscriptions(heard))
    return {path: text.encode() for path, text in files.items()}


def _auth(*, static: bool) -> dict[str, Any]:
    scopes = {"requiredScopes": list(SCOPES), "optionalScopes": list(OPTIONAL_SCOPES), "conditionallyRequiredScopes": []}
    return {"type": "static", **scopes} if static else {"type": "oauth", "redirectUrls": [REDIRECT], **scopes}


def _subscriptions(heard: Sequence[str]) -> dict[str, Any]:
    life = [{"subscriptionType": kind, "objectType": "contact", "active": True} for kind in _LIFE]
    changed = {"subscriptionType": "object.propertyChange", "objectType": "contact", "active": True}
    return {
        "crmObjects": [*life, *({**changed, "propertyName": name} for name in heard)],
        "legacyCrmObjects": [],
        "hubEvents": [{"subscriptionType": "contact.privacyDeletion", "active": True}],
    }


def _with(text: str, member: str, value: object) -> str:
    document = json.loads(text)
    document["config"][member] = value
    return json.dumps(document, indent=2) + "\n"


def _templates() -> Iterator[tuple[str, str]]:
    yield from _under(resources.files("adapters.hubspot").joinpath("app"), "")


def _under(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        name = f"{path}{entry.name}"
        if entry.is_dir():
            yield from _under(entry, f"{name}/")
        else:
            yield name, entry.read_text(encoding="utf-8")
