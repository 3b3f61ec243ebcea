"""HubSpot's rules for what may be written to a record, by the public API and behind it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.sandbox.hubspot_errors import Invalid, bad_request, conflict, invalid_values
from adapters.sandbox.hubspot_portal import LIFECYCLE, Kind
from adapters.sandbox.hubspot_rotation import Rotation
from adapters.sandbox.hubspot_schema import CRM, PropertySchema
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.ids import hubspot_id
from adapters.sandbox.index import UniqueValueError
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.store import Store


class Records:
    """Records of all kinds in one portal."""

    def __init__(self, store: Store, schema: PropertySchema, settings: HubSpotSettings) -> None:
        self.store = store
        self.schema = schema
        self._settings = settings
        self._rotation = Rotation(store)
        store.index(CRM, "contacts", "email", unique=True)
        store.index(CRM, "contacts", "hs_additional_emails", many=True)

    def find(self, kind: Kind, id_: str, id_property: str = "") -> Record | None:
        """The live record under an id, a merged id, or a unique value.

        Raises:
            RefusalError: the id property is not unique.
        """
        if id_property in {"", "hs_object_id"}:
            record = self.store.get(CRM, kind.name, id_)
            return None if record is None or record.archived else record
        if kind.name == "contacts" and id_property == "email":
            return self.by_email(id_)
        if not self.schema.unique(kind.name, id_property):
            raise bad_request(f"Property {id_property} is not a unique property; use one with hasUniqueValue.")
        return next(iter(self.store.lookup(CRM, kind.name, id_property, id_)), None)

    def by_email(self, email: str) -> Record | None:
        """The contact with this primary or, failing that, secondary e-mail address."""
        primary = self.store.lookup(CRM, "contacts", "email", email)
        return next(iter(primary or self.store.lookup(CRM, "contacts", "hs_additional_emails", email)), None)

    def insert(self, kind: Kind, properties: Mapping[str, Any], actor: Actor) -> Record:
        """A new record through the public API.

        Raises:
            RefusalError: 400 with the refused values, 409 for a taken e-mail.
        """
        values = self._checked(kind, properties, {}, "")
        _complete(kind, values)
        return self._unique(kind, lambda: self.add(kind, values, actor))

    def edit(self, kind: Kind, record: Record, properties: Mapping[str, Any], actor: Actor) -> Record:
        """A change through the public API; what does not differ leaves no trace.

        Raises:
            RefusalError: 400 with the refused values, 409 for a taken e-mail.
        """
        values = self._checked(kind, properties, record.values, record.id)
        return self._unique(kind, lambda: self.change(record, _forward_only(values, record), actor))

    def add(self, kind: Kind, values: Mapping[str, Any], actor: Actor, *, at: int | None = None) -> Record:
        """A new record without questions; values as stored. What is backdated was made before the portal's workflows.

        Raises:
            UniqueValueError: a unique value is taken.
        """
        id_ = hubspot_id(self.store.next_number("hubspot"))
        made = self.store.create(CRM, kind.name, id_, self._assigned(values, None, at), actor, at=at)
        return self._rotated(made) if kind.name == "contacts" and at is None else made

    def _rotated(self, made: Record) -> Record:
        turn = self._rotation.next(made.values)
        return self.change(made, {"hubspot_owner_id": turn.owner_id}, turn.actor) if turn else made

    def change(self, record: Record, values: Mapping[str, Any], actor: Actor, *, at: int | None = None) -> Record:
        """A change without questions; values as stored. `at` backdates.

        Raises:
            UniqueValueError: a unique value is taken.
        """
        return self.store.update(record, self._assigned(values, record, at), actor, touch=False, at=at)

    def merge(self, primary: Record, other: Record, actor: Actor) -> Record:
        """A new record: the primary's values win, the other's fill the gaps. Both old ids resolve to it from now on."""
        values = {**other.values, **primary.values}
        values["hs_merged_object_ids"] = ";".join(dict.fromkeys([*_merged(other), *_merged(primary), other.id, primary.id]))
        if extra := _emails(other) - {primary.values.get("email")} | _emails(primary) - {primary.values.get("email")}:
            values["hs_additional_emails"] = ";".join(sorted(extra))
        return self.store.fuse(hubspot_id(self.store.next_number("hubspot")), values, primary, other, actor)

    def _checked(self, kind: Kind, properties: Mapping[str, Any], old: Mapping[str, Any], own_id: str) -> dict[str, str | None]:
        values, problems = self.schema.check(kind.name, properties, old)
        problems += self._unknown_owner(values)
        if problems:
            raise invalid_values(problems, self._settings.portal_id)
        email = values.get("email") if kind.name == "contacts" else None
        holder = self.by_email(email) if email else None
        if holder is not None and holder.id != own_id:
            raise conflict(holder.id)
        return values

    def _unknown_owner(self, values: Mapping[str, str | None]) -> list[Invalid]:
        """An owner's `id` is wanted, never the `userId`. Whether owners who left are taken is a setting."""
        owner = values.get("hubspot_owner_id")
        known = self.store.document("hubspot:owner", owner or "")
        if owner is None or (known is not None and (self._settings.archived_owners or not known["archived"])):
            return []
        return [Invalid("hubspot_owner_id", "INVALID_OWNER_ID", f"Owner id {owner} does not exist; use an id of the owners API.")]

    def _assigned(self, values: Mapping[str, Any], record: Record | None, at: int | None) -> Mapping[str, Any]:
        """HubSpot itself stamps when an owner was set."""
        owner = values.get("hubspot_owner_id")
        if not owner or (record is not None and record.values.get("hubspot_owner_id") == owner):
            return values
        return {**values, "hubspot_owner_assigneddate": str(self.store.clock() if at is None else at)}

    def _unique(self, kind: Kind, write: Callable[[], Record]) -> Record:
        try:
            return write()
        except UniqueValueError as taken:
            message = f"A different record of {kind.name} ({taken.existing}) already has this value for {taken.field}."
            raise invalid_values([Invalid(taken.field, "CONFLICTING_UNIQUE_VALUE", message)], self._settings.portal_id) from taken


def _complete(kind: Kind, values: Mapping[str, str | None]) -> None:
    missing = [name for name in kind.required if not values.get(name)]
    if missing or (kind.one_of and not any(values.get(name) for name in kind.one_of)):
        names = ", ".join(missing) or "one of " + ", ".join(kind.one_of)
        message = f"Error creating {kind.name[:-1].upper()}. Some required properties were not set: {names}."
        raise bad_request(message, errors=[{"message": message, "code": "REQUIRED_FIELD", "context": {"properties": missing}}])


def _forward_only(values: Mapping[str, str | None], record: Record) -> Mapping[str, str | None]:
    """The lifecycle stage moves forward only; a step back is passed over in silence, clearing it first makes way."""
    old, new = record.values.get("lifecyclestage"), values.get("lifecyclestage")
    if old in LIFECYCLE and new in LIFECYCLE and LIFECYCLE.index(new) < LIFECYCLE.index(old):
        return {name: value for name, value in values.items() if name != "lifecyclestage"}
    return values


def _merged(record: Record) -> Sequence[str]:
    return [id_ for id_ in str(record.values.get("hs_merged_object_ids") or "").split(";") if id_]


def _emails(record: Record) -> set[str]:
    listed = [record.values.get("email"), *str(record.values.get("hs_additional_emails") or "").split(";")]
    return {email for email in listed if email}
