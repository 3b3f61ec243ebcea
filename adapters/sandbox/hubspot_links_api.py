"""HubSpot's association endpoints, v4 and dated alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.sandbox.hubspot_associations import Associations, existing, type_ids
from adapters.sandbox.hubspot_errors import bad_request
from adapters.sandbox.hubspot_input import count, document, items, kind_of, nowhere, page, parsed, word
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.moments import iso
from adapters.sandbox.record import Record
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer


class AssociationsApi:
    """One link at a time under a record, and batches between two kinds."""

    def __init__(self, store: Store, associations: Associations) -> None:
        self._store = store
        self._links = associations

    def of_record(self, call: Call, kind: Kind, id_: str, rest: Sequence[str]) -> Answer:
        """`/{kind}/{id}/associations/…`: list, link, link by default, unlink.

        Raises:
            RefusalError: unknown record, kind or type.
        """
        record = existing(self._store, kind, id_)
        match call.method, *rest:
            case "GET", to:
                return self._list(call, record, kind_of(to))
            case "PUT", "default", to, to_id:
                return self._by_default([(record, existing(self._store, kind_of(to), to_id))], 200)
            case "PUT", to, to_id:
                other = existing(self._store, kind_of(to), to_id)
                types = type_ids(parsed(call))
                self._links.link(record, other, types)
                return json_answer(201, self._pair(record, other, types))
            case "DELETE", to, to_id:
                self._links.unlink(record, existing(self._store, kind_of(to), to_id))
                return empty_answer()
        raise nowhere(call)

    def batch(self, call: Call, from_: Kind, to: Kind, verb: Sequence[str]) -> Answer:
        """`/associations/{from}/{to}/batch/…`: read, create, associate/default, archive.

        Raises:
            RefusalError: bad input, or an unknown verb.
        """
        body = document(call)
        match call.method, *verb:
            case "POST", "read":
                return self._read(items(body, 1000), from_, to)
            case "POST", "create":
                return self._create(items(body), from_, to)
            case "POST", "associate", "default":
                return self._by_default([self._ends(item, from_, to) for item in items(body)], 200)
            case "POST", "archive":
                return self._archive(items(body), from_, to)
            case "POST", "labels", "archive":
                return self._unlabel(items(body), from_, to)
        raise nowhere(call)

    def labels(self, call: Call, from_: Kind, to: Kind, rest: Sequence[str]) -> Answer:
        """`/associations/{from}/{to}/labels`: what kinds of link there are between two kinds of record.

        Raises:
            RefusalError: bad input, or a label that is none of the portal's own.
        """
        labels = self._links.labels
        match call.method, *rest:
            case ("GET",):
                return json_answer(200, {"results": labels.all(from_.name, to.name)})
            case ("POST",):
                body = document(call)
                wanted = {name: word(body, name) for name in ("name", "label", "inverseLabel")}
                return json_answer(200, {"results": labels.create(from_.name, to.name, wanted)})
            case ("PUT",):
                body = document(call)
                labels.rename(count(body, "associationTypeId", 0), word(body, "label"), word(body, "inverseLabel"))
                return empty_answer()
            case "DELETE", id_ if id_.isdecimal():
                labels.remove(int(id_))
                return empty_answer()
        raise nowhere(call)

    def _list(self, call: Call, record: Record, to: Kind) -> Answer:
        limit, after = page(call, 500, 500)
        linked = sorted(self._links.of(record, to).items(), key=lambda link: int(link[0]))
        rest = [link for link in linked if not after or int(link[0]) > int(after)]
        results = [self._labelled(to_id, types) for to_id, types in rest[:limit]]
        more = {"paging": {"next": {"after": rest[limit - 1][0]}}} if len(rest) > limit else {}
        return json_answer(200, {"results": results, **more})

    def _read(self, inputs: Sequence[Mapping[str, Any]], from_: Kind, to: Kind) -> Answer:
        """Records without links are errors of a 207, not empty results."""
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for item in inputs:
            id_ = word(item, "id")
            record = self._store.get(CRM, from_.name, id_)
            linked = self._links.of(record, to) if record is not None else {}
            if linked:
                to_list = [self._labelled(to_id, types) for to_id, types in linked.items()]
                results.append({"from": {"id": id_}, "to": to_list})
            else:
                errors.append(_none_found(id_, from_, to))
        return self._batch_answer(200, results, errors)

    def _create(self, inputs: Sequence[Mapping[str, Any]], from_: Kind, to: Kind) -> Answer:
        results = []
        for item in inputs:
            one, other = self._ends(item, from_, to)
            types = type_ids(item.get("types"))
            self._links.link(one, other, types)
            results.append(self._pair(one, other, types))
        return self._batch_answer(201, results)

    def _by_default(self, pairs: Sequence[tuple[Record, Record]], status: int) -> Answer:
        results = []
        for one, other in pairs:
            there, back = self._links.link_default(one, other)
            results += [_by_type(one, other, there), _by_type(other, one, back)]
        return self._batch_answer(status, results)

    def _archive(self, inputs: Sequence[Mapping[str, Any]], from_: Kind, to: Kind) -> Answer:
        for item in inputs:
            one = existing(self._store, from_, _end(item, "from"))
            ends = item.get("to")
            for end in ends if isinstance(ends, list) else [ends]:
                self._links.unlink(one, existing(self._store, to, word(end if isinstance(end, dict) else {}, "id")))
        return empty_answer()

    def _unlabel(self, inputs: Sequence[Mapping[str, Any]], from_: Kind, to: Kind) -> Answer:
        for item in inputs:
            self._links.unlabel(*self._ends(item, from_, to), type_ids(item.get("types")))
        return empty_answer()

    def _labelled(self, to_id: str, types: Sequence[int]) -> dict[str, Any]:
        return {"toObjectId": to_id, "associationTypes": [self._links.labels.shown(each) for each in types]}

    def _pair(self, from_: Record, to: Record, types: Sequence[int]) -> dict[str, Any]:
        from_type, to_type = kind_of(from_.object).type_id, kind_of(to.object).type_id
        ids = {"fromObjectTypeId": from_type, "fromObjectId": from_.id, "toObjectTypeId": to_type, "toObjectId": to.id}
        shown = map(self._links.labels.shown, types)
        return {**ids, "labels": [one["label"] for one in shown if one["category"] == "USER_DEFINED"]}

    def _ends(self, item: Mapping[str, Any], from_: Kind, to: Kind) -> tuple[Record, Record]:
        return existing(self._store, from_, _end(item, "from")), existing(self._store, to, _end(item, "to"))

    def _batch_answer(self, status: int, results: object, errors: Sequence[object] = ()) -> Answer:
        now = iso(self._store.clock())
        failed = {"numErrors": len(errors), "errors": errors} if errors else {}
        body = {"status": "COMPLETE", "results": results, **failed, "startedAt": now, "completedAt": now}
        return json_answer(207 if errors else status, body)


def _end(item: Mapping[str, Any], name: str) -> str:
    end = item.get(name)
    if not isinstance(end, dict):
        raise bad_request(f"Invalid input JSON: '{name}' must be an object with an id.")
    return word(end, "id")


def _by_type(from_: Record, to: Record, type_id: int) -> dict[str, Any]:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
    return {"from": {"id": from_.id}, "to": {"id": to.id}, "associationSpec": spec}


def _none_found(id_: str, from_: Kind, to: Kind) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {to.name} are associated with {from_.name[:-1]} {id_}.",
        "context": {"fromObjectId": [id_], "fromObjectType": [from_.name], "toObjectType": [to.name]},
    }
