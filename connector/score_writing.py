"""Scores into the fields of records that are merely indexed: scores, and nothing else, ever.

Each record is read anew, judged as in shadow and gets a packet; the deliverer writes what differs. Who is killed goes on with
those that have neither been written nor wait to be.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from adapters.base import CRM
from adapters.records import Lead, RecordRef
from connector.backfilling import Told
from connector.hydration import Hydrated, input_hash, sound
from connector.patience import patiently
from connector.pipeline import Drain
from connector.recording import Ready, record_scores
from connector.store.backfills import indexed_page, to_score
from connector.store.connections import CrmConnection
from connector.store.dues import Due
from connector.store.records import known_records
from connector.wiring import Services

SCORES: Final = frozenset(
    {"fit_score", "engagement_score", "grade", "confidence", "priority_rank", "decided_at", "key", "packet_url"}
)
"""Outputs that say how good a lead is and why, and neither where it goes, whose it is, nor by when."""


def write_scores(
    services: Services, crm: CrmConnection, adapter: CRM, told: Told, pause: Callable[[float], None] = time.sleep
) -> int:
    """Queues the scores of every record that is merely indexed; returns how many."""
    total, done, queued = to_score(services.engine, crm.name), 0, 0
    after: RecordRef | None = None
    while refs := indexed_page(services.engine, crm.name, after, adapter.batch):
        told("scores", done, total)
        queued += _queue(services, crm, adapter, refs, pause)
        done, after = done + len(refs), refs[-1]
        services.ring("deliver", crm.name)
    told("scores", done, done)
    return queued


def _queue(
    services: Services, crm: CrmConnection, adapter: CRM, refs: Sequence[RecordRef], pause: Callable[[float], None]
) -> int:
    found = patiently(lambda: adapter.fetch(refs), pause)
    leads = [sound(one) for ref in refs if isinstance(one := found[ref], Lead)]
    ready = [_judged(services, crm, lead) for lead in leads]
    return record_scores(services, crm, ready, SCORES) if ready else 0


def _judged(services: Services, crm: CrmConnection, lead: Lead) -> Ready:
    """As in shadow, whatever mode the connection is in: nothing may follow from it."""
    known = known_records(services.engine, crm.name, [lead.ref]).get(lead.ref)
    hydrated = Hydrated(Due(lead.ref, 1, 0, lead.created_at), lead, input_hash(lead.values), known)
    return Drain(services, replace(crm, modes={})).rehearse(hydrated)
