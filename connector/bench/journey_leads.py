"""Leads of two sources in each CRM, as forms make them there; every tenth person comes into both."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import jwt
import requests

from adapters.salesforce.calls import chunks
from adapters.sandbox.client import CRMName, SandboxClient
from config.fields import Value
from config.mapping import shipped_mapping
from connector.bench.journey_world import CONSUMER_KEY, FORM_USER
from connector.bench.stage import StageError
from connector.demo.generated import one

SOURCES: Final[Mapping[CRMName, tuple[str, str]]] = {
    "salesforce": ("Web", "Partner Referral"),
    "hubspot": ("ORGANIC_SEARCH", "PAID_SEARCH"),
}
"""The first of each is the one that goes live."""

TABLES: Final[Mapping[CRMName, str]] = {"salesforce": "Lead", "hubspot": "contacts"}

_ASKED: Final = ("first_name", "last_name", "email", "phone", "title", "company", "country", "website", "comment")
"""What the form asks for: fields that every org and portal has."""

_AT_ONCE: Final = 100
_NOBODY: Final = {"LastName": "Not provided", "Company": "Not provided"}
_FORM: Final = {"source": "FORM", "id": "contact-us"}


@dataclass(frozen=True, slots=True)
class Came:
    """One lead that stands in a CRM."""

    crm: CRMName
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Site:
    """The company's web site: its form makes leads in Salesforce by the API, under a user of its own, and in HubSpot by
    HubSpot's own form, which also says by itself where somebody came from."""

    crms: SandboxClient
    key_file: Path

    def send(self, count: int, *, first: int = 1) -> Sequence[Came]:
        """`count` leads into each CRM, the sources taking turns, from person number `first` on.

        Raises:
            StageError: a CRM took not all.
        """
        now = datetime.now(UTC)
        return [
            *self._salesforce(_people("salesforce", count, first, now)),
            *self._hubspot(_people("hubspot", count, first, now)),
        ]

    def _salesforce(self, people: Sequence[tuple[str, Mapping[str, Value]]]) -> Iterator[Came]:
        token = self._token()
        for some in chunks(people, _AT_ONCE):
            rows = [
                {"attributes": {"type": "Lead"}, **_NOBODY, **_named("salesforce", values, source)} for source, values in some
            ]
            answer = requests.post(
                f"{self.crms.url}/services/data/v67.0/composite/sobjects",
                json={"allOrNone": False, "records": rows},
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            )
            for (source, _), result in zip(some, answer.json(), strict=True):
                if not result["success"]:
                    raise StageError(f"Salesforce did not take the form's lead: {json.dumps(result['errors'])}")
                yield Came("salesforce", source, str(result["id"]))

    def _token(self) -> str:
        """Of the form's own user."""
        seconds = int(datetime.now(UTC).timestamp()) + 180
        claims = {"iss": CONSUMER_KEY, "sub": FORM_USER, "aud": "https://test.salesforce.com", "exp": seconds}
        assertion = jwt.encode(claims, self.key_file.read_text(encoding="ascii"), algorithm="RS256")
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        return str(requests.post(f"{self.crms.url}/services/oauth2/token", data=form, timeout=30).json()["access_token"])

    def _hubspot(self, people: Sequence[tuple[str, Mapping[str, Value]]]) -> Iterator[Came]:
        for some in chunks(people, _AT_ONCE):
            rows = [_named("hubspot", values, source) for source, values in some]
            for (source, _), id_ in zip(some, self.crms.create("hubspot", "contacts", rows, by=_FORM), strict=True):
                yield Came("hubspot", source, id_)


def _people(crm: CRMName, count: int, first: int, now: datetime) -> list[tuple[str, Mapping[str, Value]]]:
    """Source and values. Those whose number ends in 0 are in both CRMs, under a live source in one and not in the other."""
    return [(_source(crm, number), one(_person(crm, number), now).values) for number in range(first, first + count)]


def _source(crm: CRMName, number: int) -> str:
    turn = number if crm == "salesforce" else number + number // 10
    return SOURCES[crm][turn % 2]


def _person(crm: CRMName, number: int) -> int:
    return number if crm == "salesforce" or number % 10 == 0 else 500_000 + number


def _named(crm: CRMName, values: Mapping[str, Value], source: str) -> dict[str, Value]:
    """In the CRM's own names."""
    inputs = shipped_mapping(crm).inputs
    asked = {inputs[name]: values[name] for name in _ASKED if values.get(name) is not None}
    return {**asked, inputs["source"]: source}
