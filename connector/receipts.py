"""Receipts: what one write did, chained behind its packet."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from connector.differences import Plan
from connector.moments import moment_text
from connector.packet import Named, Receipt, body_hash, body_of, receipt_identity, seal
from connector.store.chain import Document
from connector.vault import Vault


def receipt_of(vault: Vault, plan: Plan, how: str, task_ids: Mapping[str, str], names: Mapping[str, str]) -> Document:
    """The receipt of a finished write: values before and after sealed, owners open.

    Args:
        how: written, or same (nothing differed, or the read-back showed that an unanswered write had been carried out).
        task_ids: our task key to the vendor's task id.
        names: output to the CRM's name of its field.
    """
    write = plan.write
    attempt = max(1, write.attempts + (how == "written"))
    key = vault.unwrap(write.wrapped_key or b"", write.ref)
    before = {name: plan.standing.outputs.get(name) for name in plan.outputs}
    values = {"before": before, "after": dict(plan.outputs), "kept": list(plan.kept)}
    receipt = Receipt(
        packet=Named(write.packet_hash.hex(), write.ref.connection),
        record=write.ref,
        at=moment_text(datetime.now(UTC)),
        attempt=attempt,
        calls=int(how == "written"),
        outcome=how,
        sealed=seal(values, key, receipt_identity(write.packet_id, write.ref, attempt)),
        owner_before=plan.standing.owner_id,
        owner_after=plan.handed_to or plan.owner_id or plan.standing.owner_id,
        task_ids=_task_ids(plan, task_ids),
        fields=tuple(_fields(plan, how, names)),
        trace=write.trace,
    )
    body = body_of(receipt)
    return Document("receipt", write.ref.object, write.ref.id, write.packet_id, body, body_hash(body))


def _fields(plan: Plan, how: str, names: Mapping[str, str]) -> Iterator[str]:
    """What was sent. Where nothing differs any more, that is what earlier tries sent whose answers were not seen."""
    written = how == "written"
    outputs = set(plan.outputs) if written else {name for one in plan.write.tried for name in one["outputs"]}
    yield from sorted(names[name] for name in outputs if name in names)
    owner = plan.owner_id or plan.handed_to if written else any(one["owner_id"] for one in plan.write.tried)
    if owner:
        yield "owner"


def _task_ids(plan: Plan, task_ids: Mapping[str, str]) -> tuple[str, ...]:
    made = task_ids.get(plan.write.task["key"]) if plan.write.task else None
    return (made,) if made else ()
