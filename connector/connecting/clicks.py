"""What a person has to do in the CRM itself, click by click: before connecting, and after."""

from collections.abc import Sequence
from typing import Final

from adapters.hubspot.consent import OPTIONAL_SCOPES
from adapters.hubspot.consent import SCOPES as HUBSPOT_SCOPES
from config.mapping import shipped_mapping
from connector.store.connections import CrmConnection

SALESFORCE_APP: Final = (
    "Setup ► External Client App Manager ► New External Client App: a name, your e-mail, Distribution State: Local",
    "there ► API (Enable OAuth Settings) ► Enable OAuth; Callback URL: {redirect}",
    "there ► OAuth Scopes: Manage user data via APIs (api); Perform requests at any time (refresh_token, offline_access)",
)
SALESFORCE_BROWSER: Final = (
    "there ► Security: Require Proof Key for Code Exchange (PKCE); Enable Refresh Token Rotation",
    "the app ► Settings ► OAuth Settings ► Consumer Key and Secret: copy both",
)
SALESFORCE_JWT: Final = (
    "on this machine: openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 730 -subj /CN=leadline",
    "there ► Flow Enablement ► Enable JWT Bearer Flow: upload server.crt; server.key stays here",
    "the app ► Policies ► Permitted Users: Admin approved users are pre-authorized; add a permission set that the user has",
    "the app ► Settings ► OAuth Settings ► Consumer Key and Secret: copy the key",
)
HUBSPOT_APP: Final = (
    "your project app ► auth: type oauth, redirectUrls {redirect}",
    "there ► requiredScopes: {scopes}",
    "there ► optionalScopes: {optional} (or say --required-scopes-only)",
    "your project app ► webhooks: targetUrl {webhook}",
    "there ► subscriptions: contact.privacyDeletion; of contacts object.creation, .deletion, .merge, .restore",
    "there ► of contacts object.propertyChange of {heard}",
    "hs project upload",
    "Development ► Projects ► the project ► the app ► Auth: copy Client ID and Client secret",
)
HUBSPOT_TOKEN: Final = (
    "Development ► Keys ► Service keys ► Create service key, with the scopes {scopes}",
    "there ► the key ► Show: copy it (a private app's token, from its Auth tab, does as well)",
)


def before(kind: str, flow: str, name: str, redirect_uri: str, public_url: str) -> Sequence[str]:
    """The clicks that give what will be asked for, and spare those afterwards where they can be made in one go."""
    if kind == "salesforce":
        chosen = (*SALESFORCE_APP, *(SALESFORCE_JWT if flow == "jwt" else SALESFORCE_BROWSER))
    else:
        chosen = HUBSPOT_TOKEN if flow == "token" else HUBSPOT_APP
    words = {
        "redirect": redirect_uri,
        "scopes": " ".join(scope for scope in HUBSPOT_SCOPES if flow != "token" or scope != "oauth"),
        "optional": " ".join(OPTIONAL_SCOPES),
        "webhook": f"{public_url}/webhooks/hubspot/{name}",
        "heard": ", ".join(sorted(set(shipped_mapping(kind).inputs.values()))),
    }
    return [line.format(**words) for line in chosen]


def webhook_url(crm: CrmConnection, public_url: str) -> str:
    """Where the CRM tells us of changes. Salesforce's holds the secret by which it is known."""
    if crm.kind == "salesforce":
        return f"{public_url}/webhooks/salesforce/{crm.name}/{crm.inbound_secrets[0]}/outbound-message"
    return f"{public_url}/webhooks/hubspot/{crm.name}"


def after(crm: CrmConnection, public_url: str) -> Sequence[str]:
    """The clicks that make the CRM tell us of its leads; `install` does what can be done by program."""
    if crm.kind == "salesforce":
        return (
            "Setup ► Process Automation ► Workflow Actions ► Outbound Messages ► New: object Lead",
            "there ► User to send as: the integration user; Fields: Id, CreatedDate, LastModifiedDate, Email",
            f"there ► Endpoint URL: {webhook_url(crm, public_url)}",
            "Setup ► Flows ► New ► Record-Triggered Flow: Lead, created or updated, Action ► that outbound message, Activate",
            "Setup ► Profiles ► the integration user's ► Send Outbound Messages: off, or Leadline's own writes come back to it",
        )
    if crm.sweep_only:
        return ("nothing: a static token cannot have webhooks, so this connection is sweep-only",)
    heard = ", ".join(sorted(set(crm.mapping.inputs.values())))
    return (
        f"if your project app does not have it yet: webhooks ► targetUrl: {webhook_url(crm, public_url)}",
        "there ► subscriptions: contact.privacyDeletion; of contacts object.creation, .deletion, .merge, .restore",
        f"there ► of contacts object.propertyChange of {heard}; then `hs project upload`",
    )


def unreachable(crm: CrmConnection, public_url: str) -> str:
    """Why the CRM cannot call that address; empty if nothing speaks against it."""
    if public_url.startswith("https://") or crm.sweep_only:
        return ""
    return f"{public_url} is not https: set LEADLINE_PUBLIC_URL to the address at which the CRM reaches this Leadline."
