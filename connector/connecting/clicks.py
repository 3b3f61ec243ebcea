"""What a person has to do in the CRM itself, click by click: before connecting, and after."""

from collections.abc import Sequence
from typing import Final

from adapters.hubspot.consent import SCOPES as HUBSPOT_SCOPES
from adapters.hubspot.install_app import APP_FILE, REDIRECT
from connector.store.connections import CrmConnection

SALESFORCE_APP: Final = (
    "Setup ► External Client App Manager ► New External Client App: a name, your e-mail, Distribution State: Local",
    "that page ► API (Enable OAuth Settings) ► Enable OAuth; Callback URL: {redirect}",
    "that page ► OAuth Scopes: Manage user data via APIs (api); Perform requests at any time (refresh_token, offline_access)",
)
SALESFORCE_BROWSER: Final = (
    "that page ► Security: Require Proof Key for Code Exchange (PKCE); Enable Refresh Token Rotation",
    "Setup ► External Client App Manager ► the app ► Settings ► OAuth Settings ► Consumer Key and Secret: copy both",
)
SALESFORCE_JWT: Final = (
    "this machine: openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 730 -subj /CN=leadline",
    "that page ► Flow Enablement ► Enable JWT Bearer Flow: upload server.crt; server.key stays here",
    "Setup ► External Client App Manager ► the app ► Policies ► Permitted Users: Admin approved users are pre-authorized",
    "Setup ► External Client App Manager ► the app ► Policies: add a permission set that the integration user has",
    "Setup ► External Client App Manager ► the app ► Settings ► OAuth Settings ► Consumer Key and Secret: copy the key",
)
HUBSPOT_APP: Final = (
    "another terminal: leadline install {name} --export FOLDER (the app as files: its scopes, its webhooks, its redirect URL)",
    "in FOLDER: hs account auth, once; then hs project upload",
    "Development ► Projects ► the project ► the app ► Auth: copy Client ID and Client secret",
)
HUBSPOT_REDIRECT: Final = "in FOLDER, before the upload: {file} ► redirectUrls: {redirect}"
HUBSPOT_TOKEN: Final = (
    "Development ► Keys ► Service keys ► Create service key, with the scopes {scopes}",
    "Development ► Keys ► Service keys ► the key ► Show: copy it (a private app's token, from its Auth tab, does as well)",
)


def before(kind: str, flow: str, name: str, redirect_uri: str) -> Sequence[str]:
    """The clicks that give what will be asked for. What `install` can do by program is not among them."""
    if kind == "salesforce":
        chosen: Sequence[str] = (*SALESFORCE_APP, *(SALESFORCE_JWT if flow == "jwt" else SALESFORCE_BROWSER))
    else:
        chosen = HUBSPOT_TOKEN if flow == "token" else _hubspot_app(redirect_uri)
    words = {
        "name": name,
        "redirect": redirect_uri,
        "file": APP_FILE,
        "scopes": " ".join(scope for scope in HUBSPOT_SCOPES if scope != "oauth"),
    }
    return [line.format(**words) for line in chosen]


def _hubspot_app(redirect_uri: str) -> Sequence[str]:
    export, *rest = HUBSPOT_APP
    return HUBSPOT_APP if redirect_uri == REDIRECT else (export, HUBSPOT_REDIRECT, *rest)


def after(crm: CrmConnection) -> Sequence[str]:
    """The clicks that no API does and no plan of `install` names."""
    if crm.kind == "salesforce":
        return (
            "Setup ► Profiles ► the integration user's ► Send Outbound Messages: off, or Leadline's own writes come back to it",
        )
    return ()


def unreachable(crm: CrmConnection, public_url: str) -> str:
    """Why the CRM cannot call that address; empty if nothing speaks against it."""
    if public_url.startswith("https://") or crm.sweep_only:
        return ""
    return f"{public_url} is not https: set LEADLINE_PUBLIC_URL to the address at which the CRM reaches this Leadline."
