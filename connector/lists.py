"""Lists: many records that one user made within minutes, or that were imported. They wait until RevOps lets them go."""

from collections.abc import Sequence

from adapters.records import RecordRef
from connector.aside import RELEASED
from connector.store.connections import CrmConnection
from connector.store.dues import make_due
from connector.store.engine import Session, transact
from connector.store.indexed import release_lists
from connector.wiring import Services, utc_now


def release(services: Services, crm: CrmConnection, maker: str | None = None) -> Sequence[RecordRef]:
    """Lets the lists of one maker go, or all: their leads are decided about like any other, with the same day's clock and
    without a page. The clock runs from now.
    """
    now = utc_now()

    def work(session: Session) -> Sequence[RecordRef]:
        refs = release_lists(session, crm.name, maker, RELEASED)
        make_due(session, crm.name, ((ref.object, ref.id, now) for ref in refs))
        return refs

    refs = transact(services.engine, work)
    if refs:
        services.ring("drain", crm.name)
    return refs
