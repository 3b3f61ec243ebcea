"""Receive and open: an authentic request becomes one row before its sender hears 2xx; rows become events and due records."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from adapters.records import RecordRef
from connector.store.connections import CrmConnection
from connector.store.deliveries import Delivery, bury, mark_opened, take_unopened
from connector.store.dues import NewEvent, add_events
from connector.store.engine import Engine, Session, transact
from connector.store.forgetting import blank_deliveries, forgotten_among, mark_forgetting
from connector.store.inbox import Inbox
from connector.vault import Vault, VaultError
from webhooks.base import Event, Inbound, Receiver, Receivers, Reply, Request, UnreadableDeliveryError
from webhooks.probe import probe_number

log = structlog.get_logger(__name__)

_OPEN_AT_ONCE: Final = 100
"""Deliveries opened in one transaction: at most 10,000 events."""

_OBJECTS: Final[Mapping[str, frozenset[str]]] = {"salesforce": frozenset({"lead"}), "hubspot": frozenset({"contact"})}
"""What is routed, by kind of CRM; events about anything else are stored and left alone."""


@dataclass(frozen=True, slots=True)
class Received:
    """What the sender is told, and whether there is something new to ring for."""

    reply: Reply
    stored: bool


def receive(inbox: Inbox, receiver: Receiver, crm: CrmConnection, channel: str, request: Request) -> Received:
    """Authenticates and commits. The reply is 2xx only for what is on disk.

    Raises:
        connector.store.engine.StoreUnavailableError: nothing was stored; the sender must try again.
    """
    reply = receiver.check(request, inbound_of(crm))
    if reply.refusal:
        return Received(reply, stored=False)
    if number := probe_number(request.body):
        return Received(Reply(200, number.encode(), "text/plain; charset=utf-8"), stored=False)
    stored = inbox.put(connection=crm.name, channel=channel, fingerprint=_fingerprint(request), body=request.body)
    return Received(reply, stored=stored)


def inbound_of(crm: CrmConnection) -> Inbound:
    return Inbound(connection=crm.name, account=crm.account, app_id=crm.app_id, secrets=crm.inbound_secrets)


_STAMPS: Final = ("x-hubspot-request-timestamp", "x-leadline-timestamp")


def _fingerprint(request: Request) -> bytes:
    """The same body under the same stamp is the same delivery; a vendor's retry is stamped anew, and its events are not new."""
    stamp = next((request.headers[name] for name in _STAMPS if name in request.headers), "")
    return hashlib.sha256(stamp.encode("utf-8", "surrogateescape") + b"\n" + request.body).digest()[:16]


@dataclass(frozen=True, slots=True)
class Opening:
    """What one round of opening did."""

    deliveries: int
    events: int
    problems: int
    forgetting: bool = False
    """A CRM deleted somebody for privacy: they are marked, and to be forgotten next."""


def open_deliveries(engine: Engine, vault: Vault, receivers: Receivers, crm: CrmConnection) -> Opening:
    """Opens the oldest deliveries of a connection: events unique by the vendor's identity, one due row per record."""
    return transact(engine, lambda connection: _open_some(connection, vault, receivers, crm))


def _open_some(connection: Session, vault: Vault, receivers: Receivers, crm: CrmConnection) -> Opening:
    events: list[NewEvent] = []
    problems = 0
    deliveries = take_unopened(connection, crm.name, _OPEN_AT_ONCE)
    for delivery in deliveries:
        try:
            opened = receivers[delivery.channel].open(vault.open_body(delivery.body, crm.name), inbound_of(crm))
        except (UnreadableDeliveryError, VaultError) as error:  # set aside as it is: with the key back it can be opened again
            bury(connection, name=crm.name, what="delivery", reference=str(delivery.id), reason=str(error), body=delivery.body)
            problems += 1
            continue
        log.debug("delivery opened", trace=delivery.trace, connection=crm.name, channel=delivery.channel, delivery_id=delivery.id)
        events += [_new_event(crm, delivery, one) for event in opened.events for one in _with_merged(event)]
        for problem in opened.problems:
            bury(connection, name=crm.name, what="item", reference=str(delivery.id), reason=problem)
        problems += len(opened.problems)
    fresh = add_events(connection, crm.name, events)
    mark_opened(connection, [delivery.id for delivery in deliveries])
    _empty_forgotten(connection, events)
    deleted = [event.ref for event in events if event.kind == "forgotten"]
    mark_forgetting(connection, deleted)
    return Opening(len(deliveries), fresh, problems, forgetting=bool(deleted))


def _empty_forgotten(connection: Session, events: Sequence[NewEvent]) -> None:
    """A CRM that still has a forgotten person's record goes on telling about it; nothing of that is kept."""
    forgotten = forgotten_among(connection, {event.ref for event in events if event.kind != "ignored"}) if events else frozenset()
    if forgotten:
        blank_deliveries(connection, sorted({event.delivery_id for event in events if event.ref in forgotten}))


def _with_merged(event: Event) -> list[Event]:
    """A merge concerns the records that went under too: they are read, found gone, and what we know of them is closed."""
    lost = [id_ for id_ in event.merged_ids if id_ != event.record_id]
    return [event, *(replace(event, identity=f"{event.identity}:{id_}", record_id=id_, merged_ids=()) for id_ in lost)]


def _new_event(crm: CrmConnection, delivery: Delivery, event: Event) -> NewEvent:
    routed = event.object in _OBJECTS[crm.kind]
    return NewEvent(
        identity=hashlib.sha256(event.identity.encode()).digest()[:16],
        delivery_id=delivery.id,
        ref=RecordRef(crm.name, event.object, event.record_id),  # type: ignore[arg-type]  # checked by `routed`
        kind=event.kind if routed else "ignored",
        occurred_at=event.occurred_at,
        trace=delivery.trace,
    )
