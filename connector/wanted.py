"""What an installation has to consist of, from a connection, its mapping and the policy. No I/O."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.kit import OutputField, RuleEntry, Wanted
from config.fields import OUTPUTS
from config.mapping import FieldMapping, shipped_mapping
from config.output_fields import WORDINGS
from config.policy import Policy
from connector.store.connections import CrmConnection

REVIEW_QUEUE: Final = "Leadline Review"
DEFAULT_QUEUE: Final = "Leadline Default"
"""The lane that cannot be deleted: whatever no rule took."""

_OWN_QUEUE: Final = frozenset({"queue", "nurture", "disqualify"})


def wanted(crm: CrmConnection, policy: Policy, public_url: str, made: frozenset[tuple[str, str]] = frozenset()) -> Wanted:
    """Everything that has to be in the CRM for this connection to work as mapped and as the policy says.

    Args:
        made: kind and name of what an earlier installation created.
    """
    return Wanted(
        mapping=crm.mapping,
        fields=tuple(_fields(crm.kind, crm.mapping)),
        also={one.object: tuple(_fields(crm.kind, one)) for one in crm.mapping.also.values()},
        queues=tuple(dict.fromkeys(_queues(crm, policy))),
        rule=tuple(_rule(policy)),
        webhook_url=webhook_url(crm, public_url),
        service_user=crm.credentials.get("username", ""),
        watchers=tuple(_watchers(policy)),
        made=made,
    )


def webhook_url(crm: CrmConnection, public_url: str) -> str:
    """Where the CRM calls us. Salesforce's messages are unsigned, so their path carries the secret."""
    if crm.kind != "salesforce":
        return f"{public_url}/webhooks/{crm.kind}/{crm.name}"
    secret = crm.inbound_secrets[0] if crm.inbound_secrets else ""
    return f"{public_url}/webhooks/salesforce/{crm.name}/{secret}/outbound-message" if secret else ""


def _fields(kind: str, mapping: FieldMapping) -> Iterator[OutputField]:
    """An output that goes to a field of any name but our own goes to one that the customer already has."""
    own = shipped_mapping(kind).outputs
    for output in OUTPUTS:
        field = mapping.outputs.get(output)
        if field is None:
            continue
        words = WORDINGS[output]
        ours = field.lower() == own[output].lower()
        yield OutputField(output, field, OUTPUTS[output].kind, words.label, words.help, words.length, words.choices, ours=ours)


def _queues(crm: CrmConnection, policy: Policy) -> Sequence[str]:
    """In HubSpot nobody can be made to watch a list, so its review and default lanes are people."""
    named = _named_queues(policy)
    return named if crm.kind == "hubspot" else [*named, REVIEW_QUEUE, DEFAULT_QUEUE]


def _named_queues(policy: Policy) -> Sequence[str]:
    return [one.queue for one in policy.destinations.values() if one.kind in _OWN_QUEUE and one.queue]


def _rule(policy: Policy) -> Iterator[RuleEntry]:
    """Whose turn it is, only Leadline knows: so the rule looks first at whom it chose, then at the route."""
    for person in _people(policy):
        yield RuleEntry(person, person, by="suggested_owner")
    for name, one in policy.destinations.items():
        if one.kind in _OWN_QUEUE and one.queue:
            yield RuleEntry(name, one.queue)
        elif one.kind == "review":
            yield RuleEntry(name, REVIEW_QUEUE)
    yield RuleEntry("", DEFAULT_QUEUE, by="")


def _people(policy: Policy) -> Sequence[str]:
    members = {member.rep for pool in policy.pools.values() for member in pool}
    return sorted(members | {one.person for one in policy.destinations.values() if one.kind == "person" and one.person})


def _watchers(policy: Policy) -> Sequence[str]:
    """Whoever reviews, watches the queues."""
    pools = {one.pool for one in policy.destinations.values() if one.kind == "review" and one.pool}
    return sorted({member.rep for pool in pools for member in policy.pools.get(pool, ())})
