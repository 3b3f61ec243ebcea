"""The ports between Leadline and what is outside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from adapters.errors import Throttled
from adapters.history import History
from adapters.records import Account, Change, FieldSpec, Gone, Lead, Outcome, Owner, Problem, RecordRef, TaskDraft
from adapters.sweeping import Sweeper, Whole
from config.mapping import FieldMapping


class Budget(Protocol):
    """One connection's allowance, shared by all processes."""

    def take(self, policy: Literal["burst", "search"], calls: int = 1) -> None:
        """Waits for, or refuses, `calls` calls.

        Raises:
            adapters.errors.Throttled: the allowance is spent for longer than it is worth waiting.
        """

    def learn(self, *, used: int, limit: int) -> None:
        """The vendor's own header said how much of the day's limit is used."""

    def learn_burst(self, *, limit: int, remaining: int, seconds: float) -> None:
        """The vendor's own header said how many calls may go in any `seconds`, and how many of them are left."""

    def refused(self, error: Throttled) -> None:
        """The vendor refused a call for a limit: no process makes another one before `error.after` seconds are over."""


class Tokens(Protocol):
    """Where an adapter gets its access token. Single-flight: however many processes ask, one refreshes."""

    def current(self) -> str:
        """The access token to use now; refreshed by clock before it ends."""

    def renew(self, rejected: str) -> str:
        """`rejected` was answered with 401: a newer token, refreshed at most once for it.

        Raises:
            adapters.errors.CallOperator: the grant itself was refused.
        """


@dataclass(frozen=True, slots=True)
class Grant:
    """What a vendor's token endpoint answered."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: int | None
    """Seconds; None where the vendor does not say (Salesforce)."""
    account: str = ""
    """Org id or portal id the token belongs to, where the answer says."""
    base_url: str = ""
    """Where the API of that org is, where the answer says (Salesforce)."""
    user: str = ""
    """Id of the user behind the token, where the answer says (Salesforce)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and as whom to call. All that an adapter needs to know of its connection."""

    connection: str
    base_url: str
    """Scheme and host: `https://acme.my.salesforce.com`, `https://api.hubapi.com`, or a sandbox at `http://127.0.0.1:…`."""
    api: str
    """Salesforce: `v67.0`. HubSpot: `v3` or a dated generation such as `2026-09`."""
    mapping: FieldMapping
    account: str = ""
    """Org id or portal id."""
    connect_seconds: float = 3.0
    total_seconds: float = 10.0
    options: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, frozenset[str]] | None = None
    """By object, both in lower case, the fields that the installation listed, which are all that may be written; empty: nothing
    was installed, and nothing at all is written. None: there are no books of an installation; what the mapping writes."""


class CRM(Protocol):
    """A CRM, in a few verbs. Every verb that meets the network raises only `adapters.errors`."""

    kind: Literal["salesforce", "hubspot"]
    batch: int
    """The most records one call takes: 200 for Salesforce, 100 for HubSpot."""

    def fetch(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        """Reads all `refs` in as few calls as the vendor allows. Every ref gets an answer, under the ref asked for."""

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Writes differences, in the order given, one outcome each. Refuses any field that is not an output of the mapping."""

    def create_tasks(self, tasks: Sequence[TaskDraft]) -> Sequence[Outcome]:
        """Creates tasks; each outcome's `id` is the task's."""

    def find_tasks(self, tasks: Sequence[TaskDraft]) -> Mapping[str, str]:
        """Our key to the vendor's task id, for those of `tasks` that exist. Strongly consistent: never through search."""

    def owner_history(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Sequence[str]]:
        """Past owner ids, newest first, where the vendor keeps them (HubSpot property history); empty elsewhere.

        The id is empty for a time in which nobody owned the record.
        """

    def owners(self) -> Sequence[Owner]:
        """Everyone who can own a record, inactive ones included and marked."""

    def history(self) -> History:
        """The same CRM for looking back; meets no network by itself."""

    def sweeper(self, page: int = ...) -> Sweeper:
        """What changed since a moment, `page` records at a time; meets no network by itself."""

    def whole(self, page: int = ...) -> Whole:
        """Everything there is, `page` records at a time; meets no network by itself."""

    def identify(self) -> Account:
        """Whose org or portal it is."""

    def check(self) -> Sequence[Problem]:
        """Fields exist, types fit, rights suffice: what `doctor` proves."""

    def fields(self, object_: str = "") -> Sequence[FieldSpec]:
        """What our user sees of an object, by the vendor's name for it; of the mapped one without a name. Read anew."""

    def recent(self, names: Sequence[str], count: int, object_: str = "") -> Sequence[Mapping[str, str]]:
        """The records that were made last, at most `count` of them, as CRM field to text; what is empty is absent. Fields that
        the CRM does not have are absent too."""

    def changed_at(self, refs: Sequence[RecordRef], names: Sequence[str]) -> Mapping[RecordRef, Mapping[str, datetime]]:
        """When these outputs were changed last, by anybody, where it is known: the field's own history (HubSpot), or the
        record's LastModifiedDate for all of them, the best there is without field tracking (Salesforce)."""

    def close(self) -> None:
        """Gives back connections."""
