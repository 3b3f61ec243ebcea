"""The connections, who can own where, and whose hand an owner shows: read before a transaction, the same for a whole batch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from adapters.records import RecordRef
from config.mapping import FieldMapping
from connector.store.connections import LEADLINE, RULE, CrmConnection
from connector.store.restored import Restored
from connector.store.seats import Seats
from connector.wiring import Services


@dataclass(frozen=True, slots=True)
class Scene:
    crms: Mapping[str, CrmConnection]
    seats: Mapping[str, Seats]
    public_url: str
    restored: Restored | None = None
    """The hours that this store does not remember, if it was put back from a backup."""
    nobody: Collection[str] = frozenset()
    """Owners whom the policy calls nobody, in every CRM: ids, e-mails or names, in lower case."""

    def writes_owner(self, connection: str) -> bool:
        """Whether owners there are Leadline's to choose; else that CRM gets scores only."""
        crm = self.crms.get(connection)
        return crm is None or crm.owner_by in {LEADLINE, RULE}

    def hands_over(self, connection: str) -> bool:
        """Whether the org's assignment rule sets the owners that Leadline chooses."""
        crm = self.crms.get(connection)
        return crm is not None and crm.kind == "salesforce" and crm.owner_by == RULE

    def mapping_of(self, ref: RecordRef) -> FieldMapping:
        """The mapping of a record's object, as it is in force."""
        return self.crms[ref.connection].mapping.for_record(ref.object)

    def writable_of(self, ref: RecordRef) -> FieldMapping:
        """As `mapping_of`, with those outputs alone that the installation listed."""
        return self.crms[ref.connection].writable.for_record(ref.object)

    def is_nobody(self, connection: str, owner_id: str | None) -> bool:
        """Blank, on the connection's or the policy's list (default lead owner, sync users, queues), or no longer active."""
        if not owner_id or owner_id in self.crms[connection].options.get("nobody", ()):
            return True
        owner = self.seats[connection].by_owner.get(owner_id)
        called = {owner_id.lower()} | ({owner.email.lower(), owner.name.lower()} if owner else set())
        return bool(called & set(self.nobody)) or (owner is not None and not owner.active)

    def set_by_person(self, connection: str, owner_id: str | None, ours: Collection[str | None]) -> bool:
        """Whether an owner is somebody's choice: not nobody, and not what we wrote or may have written."""
        return not self.is_nobody(connection, owner_id) and owner_id not in ours


def scene_of(services: Services) -> Scene:
    names = services.connections()
    return Scene(
        names, {name: services.seats(name) for name in names}, services.public_url, services.restored, services.policy.nobody
    )
