"""HubSpot's object endpoints for one record at a time: CRUD, listing, merge, privacy deletion."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from adapters.sandbox.hubspot_associations import LEAD_TO_PRIMARY_CONTACT, Associations, type_ids
from adapters.sandbox.hubspot_errors import bad_request, not_found
from adapters.sandbox.hubspot_input import Input, comma_list, document, kind_of, nowhere, one, page, wants, word
from adapters.sandbox.hubspot_portal import NEVER_HERE, Kind
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.hubspot_view import plan, show
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer


class ObjectsApi:
    """`/{kind}`, `/{kind}/{id}`, `/{kind}/merge`, `/{kind}/gdpr-delete`."""

    def __init__(self, records: Records, associations: Associations) -> None:
        self._records = records
        self._links = associations

    def answer(self, call: Call, kind: Kind, rest: Sequence[str], actor: Actor) -> Answer:
        """Answers what comes after the kind.

        Raises:
            RefusalError: HubSpot's refusal.
        """
        match call.method, *rest:
            case "GET" | "POST", *nothing if not nothing:
                return self._list(call, kind) if call.method == "GET" else self._post(call, kind, actor)
            case "POST", "merge":
                return self._merge(document(call), kind, actor)
            case "POST", "gdpr-delete":
                return self._erase(document(call), kind, actor)
            case "GET", id_:
                return self._get(call, kind, id_)
            case "PATCH", id_:
                return self._patch(call, kind, id_, actor)
            case "DELETE", id_:
                return self._delete(kind, id_, actor)
        raise nowhere(call)

    def create(self, kind: Kind, wanted: Input, actor: Actor) -> Record:
        """A new record with its associations, or nothing.

        Raises:
            RefusalError: a value, a missing property or an association is refused.
        """
        if kind.name == "leads" and not _has_primary_contact(wanted):
            raise bad_request("A lead needs an association to its primary contact (type 578) when it is created.")
        with self._records.store.transaction():
            record = self._records.insert(kind, wanted.properties, actor)
            self._links.link_inline(record, wanted.associations)
        return record

    def _post(self, call: Call, kind: Kind, actor: Actor) -> Answer:
        wanted = one(document(call))
        record = self.create(kind, wanted, actor)
        view = plan(self._records.schema, kind, wanted.properties)
        location = {"Location": f"{call.path.rstrip('/')}/{record.id}"}
        return json_answer(201, show(self._records.store, record, view), location)

    def _patch(self, call: Call, kind: Kind, id_: str, actor: Actor) -> Answer:
        wanted = one(document(call))
        record = self._records.edit(kind, self._existing(call, kind, id_), wanted.properties, actor)
        return json_answer(200, show(self._records.store, record, plan(self._records.schema, kind, wanted.properties)))

    def _delete(self, kind: Kind, id_: str, actor: Actor) -> Answer:
        if record := self._records.find(kind, id_):
            self._records.store.archive(record, actor)
        return empty_answer()

    def _get(self, call: Call, kind: Kind, id_: str) -> Answer:
        record = self._archived(kind, id_) if wants(call, "archived") else self._existing(call, kind, id_)
        view = plan(self._records.schema, kind, comma_list(call, "properties"), comma_list(call, "propertiesWithHistory"))
        shown = show(self._records.store, record, view)
        return json_answer(200, shown | self._associated(call, kind, record))

    def _list(self, call: Call, kind: Kind) -> Answer:
        limit, after = page(call, 10, 100)
        archived = wants(call, "archived")
        store = self._records.store
        behind = store.behind(CRM, kind.name, int(after or 0))
        fitting = (record for record in behind if record.archived == archived and record.merged_into is None)
        rest = list(islice(fitting, limit + 1))
        view = plan(self._records.schema, kind, comma_list(call, "properties"), comma_list(call, "propertiesWithHistory"))
        results = [show(store, record, view) | self._associated(call, kind, record) for record in rest[:limit]]
        if len(rest) <= limit:
            return json_answer(200, {"results": results})
        last = rest[limit - 1].id
        return json_answer(200, {"results": results, "paging": {"next": {"after": last, "link": f"{call.path}?after={last}"}}})

    def _merge(self, body: dict[str, Any], kind: Kind, actor: Actor) -> Answer:
        if kind.name not in {"contacts", "companies", "deals"}:
            raise not_found(f"{kind.name} cannot be merged.")
        primary = self._records.find(kind, word(body, "primaryObjectId"))
        other = self._records.find(kind, word(body, "objectIdToMerge"))
        if primary is None or other is None or primary.id == other.id:
            raise bad_request("Both records of a merge must exist and be different.")
        record = self._records.merge(primary, other, actor)
        return json_answer(200, show(self._records.store, record, plan(self._records.schema, kind, ("hs_merged_object_ids",))))

    def _erase(self, body: dict[str, Any], kind: Kind, actor: Actor) -> Answer:
        record = self._records.find(kind, word(body, "objectId"), word(body, "idProperty"))
        if record is not None:
            self._records.store.archive(record, actor, kind="erased")
        return empty_answer()

    def _existing(self, call: Call, kind: Kind, id_: str) -> Record:
        record = self._records.find(kind, id_, call.argument("idProperty"))
        if record is None:
            raise not_found("resource not found" if call.argument("idProperty") else f"Object not found: {kind.name} {id_}.")
        return record

    def _archived(self, kind: Kind, id_: str) -> Record:
        record = self._records.store.get(CRM, kind.name, id_)
        if record is None or not record.archived:
            raise not_found()
        return record

    def _associated(self, call: Call, kind: Kind, record: Record) -> dict[str, Any]:
        shown = {}
        for name in comma_list(call, "associations"):
            if name in NEVER_HERE:
                continue
            to = kind_of(name)
            word_ = f"{kind.name[:-1]}_to_{'company' if to.name == 'companies' else to.name[:-1]}"
            linked = [{"id": id_, "type": word_} for id_ in self._links.of(record, to)]
            if linked:
                shown[to.name] = {"results": linked}
        return {"associations": shown} if shown else {}


def _archived(store: Store, kind: Kind) -> list[Record]:
    return [record for record in store.every(CRM, kind.name) if record.archived and record.merged_into is None]


def _has_primary_contact(wanted: Input) -> bool:
    return any(LEAD_TO_PRIMARY_CONTACT in type_ids(association.get("types")) for association in wanted.associations)
