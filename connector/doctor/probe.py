"""The way in, tried: a delivery signed with the connection's own secret, through the public address."""

from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import requests

from connector.doctor.finding import Finding, failed, ok, unasked
from connector.doctor.visit import Visit
from connector.wanted import webhook_url
from connector.wiring import utc_now
from webhooks.probe import hubspot_probe, salesforce_probe

_SECONDS: Final = 5.0


def ask_way_in(visit: Visit) -> Iterator[Finding]:
    """Nothing is stored of it, and no lead comes of it."""
    crm, number = visit.crm, uuid4().hex
    if crm.sweep_only:
        yield ok("way in", "This connection takes no webhooks; it goes by its sweep.")
        return
    url = webhook_url(crm, visit.services.public_url)
    if crm.kind == "salesforce":
        body, headers = salesforce_probe(crm.account, number)
    else:
        body, headers = hubspot_probe(url, crm.inbound_secrets[0], number, utc_now())
    try:
        answer = requests.post(url, data=body, headers=headers, timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        # Only its kind: the text quotes the address, and the address holds the secret.
        yield unasked("way in", f"The public address does not answer ({type(error).__name__}).", "See web process", waits=True)
        return
    if answer.status_code == 200 and answer.text == number:
        yield ok("way in", "A signed delivery was sent through the public address, and taken.")
    else:
        sentence = f"A delivery signed with this connection's own secret is answered with {answer.status_code}."
        yield failed("way in", sentence, _fix(answer.status_code))


def _fix(status: int) -> str:
    if status in {401, 403, 404}:
        return "Let the proxy pass path, host and body on unchanged; LEADLINE_PUBLIC_URL must be what the CRM calls"
    if status == 503:
        return "See disk, database and inbox"
    return "Correct LEADLINE_PUBLIC_URL: something else than Leadline answers there"
