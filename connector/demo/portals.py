"""Both sandbox CRMs set up as a customer's would be: people, queues, fields, webhooks, and their connections in Leadline."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import requests

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.salesforce_org import ORG_ID, SYSTEM_USER
from config.mapping import FieldMapping, shipped_mapping
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import Session, transact
from connector.store.installs import accept_fields
from connector.store.seats import set_seats
from connector.store.turns import set_pools
from connector.wiring import Services

SALESFORCE: Final = "acme-salesforce"
HUBSPOT: Final = "acme-hubspot"

INTAKE: Final = "web-intake@leadline.example"
"""The user under whom forms create leads: the default lead owner, who counts as nobody."""

POOLS: Final[Mapping[str, Mapping[str, int]]] = {
    "closers": {"ada@leadline.example": 2, "ben@leadline.example": 1, "cleo@leadline.example": 1},
    "sdrs": {
        "dana@leadline.example": 1,
        "emil@leadline.example": 1,
        "fay@leadline.example": 1,
        "gus@leadline.example": 2,
    },
    "reviewers": {"hana@leadline.example": 1},
}

QUEUES: Final = ("Leadline Nurture", "Leadline Disqualified")


@dataclass(frozen=True, slots=True)
class Portals:
    """The sandbox and the two connections into it."""

    sandbox: SandboxClient
    services: Services
    mappings: Mapping[str, FieldMapping]
    intake: Mapping[str, str]
    """By kind of CRM, the id of the default lead owner."""


def set_up(
    services: Services, sandbox_url: str, web_url: str, *, api: str = "v3", options: Mapping[str, Any] | None = None
) -> Portals:
    """Prepares both sandbox CRMs and connects them, in shadow.

    Args:
        web_url: where this Leadline's web process listens.
        api: HubSpot's path generation.
        options: for both connections (limits, deadlines).
    """
    sandbox = SandboxClient(sandbox_url)
    ids = sandbox.add_people(_people(), QUEUES)
    for kind in ("salesforce", "hubspot"):
        sandbox.install(kind)
    intake = {kind: ids[kind]["people"][INTAKE] for kind in ("salesforce", "hubspot")}
    portals = Portals(sandbox, services, {kind: shipped_mapping(kind) for kind in intake}, intake)
    crms = [_salesforce(portals, options or {}), _hubspot(portals, api, options or {})]
    transact(services.engine, lambda session: _put(session, services, crms))
    services.refresh()
    _read_owners(services, crms)
    _point_webhooks(portals, crms, web_url)
    return portals


def _people() -> Sequence[Mapping[str, Any]]:
    emails = [INTAKE, *(email for pool in POOLS.values() for email in pool)]
    return [
        {"email": email, "firstName": email.split("@")[0].title(), "lastName": "Leadline", "active": True} for email in emails
    ]


def _put(session: Session, services: Services, crms: Sequence[CrmConnection]) -> None:
    for crm in crms:
        put_connection(session, services.vault, crm)
        accept_fields(session, crm.name, crm.mapping)  # the sandbox has made them
    set_pools(session, POOLS)


def _read_owners(services: Services, crms: Sequence[CrmConnection]) -> None:
    for crm in crms:
        owners = services.adapter(crm).owners()
        transact(services.engine, lambda session, name=crm.name, owners=owners: set_seats(session, name, owners))  # type: ignore[misc]
    services.refresh()


def _salesforce(portals: Portals, options: Mapping[str, Any]) -> CrmConnection:
    return CrmConnection(
        name=SALESFORCE,
        kind="salesforce",
        account=ORG_ID,
        base_url=portals.sandbox.url,
        api="v67.0",
        mapping=portals.mappings["salesforce"],
        # The sandbox's leads are made by its system user, as a website's are by a web user: so many within minutes are no list.
        options={"nobody": [portals.intake["salesforce"], SYSTEM_USER], **options},
        inbound_secrets=(secrets.token_urlsafe(32),),
        credentials={"flow": "client_credentials", "client_id": "leadline-demo", "client_secret": secrets.token_urlsafe(24)},
    )


def _hubspot(portals: Portals, api: str, options: Mapping[str, Any]) -> CrmConnection:
    settings = portals.sandbox.settings("hubspot")
    code = _authorize(portals.sandbox.url, settings["client_id"], settings["scopes"])
    app = {"client_id": settings["client_id"], "client_secret": settings["client_secret"]}
    answer = requests.post(
        f"{portals.sandbox.url}/oauth/v1/token",
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/", **app},
        timeout=10,
    ).json()
    return CrmConnection(
        name=HUBSPOT,
        kind="hubspot",
        account=str(settings["portal_id"]),
        app_id=str(settings["app_id"]),
        base_url=portals.sandbox.url,
        api=api,
        mapping=portals.mappings["hubspot"],
        options={"nobody": [portals.intake["hubspot"]], **options},
        inbound_secrets=(settings["client_secret"],),
        credentials={"flow": "refresh_token", "refresh_token": answer["refresh_token"], **app},
    )


def _authorize(url: str, client_id: str, scopes: str) -> str:
    """The user says yes, and the browser is sent back with a code."""
    query = {"client_id": client_id, "redirect_uri": "http://localhost/", "scope": scopes, "state": "demo"}
    sent_back = requests.get(f"{url}/oauth/authorize", params=query, allow_redirects=False, timeout=10)
    return parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]


def _point_webhooks(portals: Portals, crms: Sequence[CrmConnection], web_url: str) -> None:
    salesforce, hubspot = crms
    watched = list(salesforce.mapping.inputs.values())
    portals.sandbox.add_target(
        "salesforce",
        f"{web_url}/webhooks/salesforce/{SALESFORCE}/{salesforce.inbound_secrets[0]}/outbound-message",
        object="Lead",
        fields=["Id", "CreatedDate", "LastModifiedDate", "Email"],
        on=["created", "updated", "deleted", "merged"],
        watch=watched,
    )
    kinds = [{"type": f"object.{kind}", "objectTypeId": "0-1"} for kind in ("creation", "deletion", "merge", "restore")]
    changes = [
        {"type": "object.propertyChange", "objectTypeId": "0-1", "property": name} for name in hubspot.mapping.inputs.values()
    ]
    portals.sandbox.add_target("hubspot", f"{web_url}/webhooks/hubspot/{HUBSPOT}", subscriptions=[*kinds, *changes])
