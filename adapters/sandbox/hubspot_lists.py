"""HubSpot's lists (segments). Members of dynamic lists are never worked out: to the sandbox they are only users of properties."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import RefusalError, bad_request, not_found
from adapters.sandbox.hubspot_input import comma_list, count, document, kind_of, nowhere, page, parsed, wants, word, words
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.moments import iso
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer

LISTS: Final = "hubspot:list"
_MEMBERS: Final = "hubspot:list-members"
_TYPES: Final = frozenset({"MANUAL", "DYNAMIC", "SNAPSHOT"})
_USER: Final = "9000001"


class ListsApi:
    """`/lists` and what is below it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """Answers what comes after `lists`.

        Raises:
            RefusalError: HubSpot's refusal.
        """
        match call.method, *rest:
            case ("POST",):
                return json_answer(200, {"list": self.create(document(call))})
            case ("GET",):
                found = [self._live(id_) for id_ in comma_list(call, "listIds")]
                return json_answer(200, {"lists": [self._shown(call, one) for one in found]})
            case "POST", "search":
                return self._search(document(call))
            case "GET", "object-type-id", type_id, "name", name:
                return json_answer(200, {"list": self._shown(call, self._named(type_id, name))})
            case "GET", "records", type_id, record_id, "memberships":
                return self._of_record(type_id, record_id)
        return self._below(call, rest)

    def _below(self, call: Call, rest: Sequence[str]) -> Answer:
        match rest:
            case [id_, "memberships", *verb]:
                return self._memberships(call, self._live(id_), verb)
            case [id_, *verb]:
                return self._one(call, id_, verb)
        raise nowhere(call)

    def create(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """A new list.

        Raises:
            RefusalError: its type or object is unknown, its name is taken, or a dynamic one has no filters.
        """
        name, type_ = word(wanted, "name"), word(wanted, "processingType")
        if not name or type_ not in _TYPES:
            raise bad_request(f"A list needs a name and a processingType: one of {', '.join(sorted(_TYPES))}.")
        if type_ == "DYNAMIC" and not isinstance(wanted.get("filterBranch"), dict):
            raise bad_request("A DYNAMIC list needs a filterBranch.")
        kind = kind_of(word(wanted, "objectTypeId"))
        self._refuse_taken(name)
        id_, now = str(self._store.next_number("hubspot:list")), iso(self._store.clock())
        filters = {"filterBranch": wanted["filterBranch"], "filtersUpdatedAt": now} if wanted.get("filterBranch") else {}
        made = {
            "listId": id_,
            "listVersion": 1,
            "name": name,
            "objectTypeId": kind.type_id,
            "processingType": type_,
            "processingStatus": "PROCESSING" if type_ == "DYNAMIC" else "COMPLETE",
            "createdAt": now,
            "createdById": _USER,
            "updatedAt": now,
            "updatedById": _USER,
            **filters,
        }
        self._store.put(LISTS, id_, made)
        return made

    def fill(self, name: str, contacts: Iterable[str]) -> None:
        """Makes contacts members of a list, without questions."""
        id_ = self._named("0-1", name)["listId"]
        self._store.put(_MEMBERS, id_, {**self._members(id_), **dict.fromkeys(contacts, iso(self._store.clock()))})

    def _one(self, call: Call, id_: str, verb: Sequence[str]) -> Answer:
        if call.method == "PUT" and verb == ["restore"]:
            return self._restore(id_)
        found = self._live(id_)
        match call.method, *verb:
            case ("GET",):
                return json_answer(200, {"list": self._shown(call, found)})
            case ("DELETE",):
                self._store.put(LISTS, id_, {**found, "deletedAt": iso(self._store.clock())})
                return empty_answer()
            case "PUT", "update-list-name":
                return self._rename(found, call.argument("listName"))
            case "PUT", "update-list-filters":
                return self._refilter(found, document(call))
        raise nowhere(call)

    def _restore(self, id_: str) -> Answer:
        found: dict[str, Any] | None = self._store.document(LISTS, id_)
        if found is None:
            raise not_found(f"List {id_} does not exist.")
        self._store.put(LISTS, id_, {name: value for name, value in found.items() if name != "deletedAt"})
        return empty_answer()

    def _rename(self, found: dict[str, Any], name: str) -> Answer:
        if not name:
            raise bad_request("listName must not be empty.")
        if name != found["name"]:
            self._refuse_taken(name)
        return json_answer(200, {"updatedList": self._changed(found, name=name)})

    def _refilter(self, found: dict[str, Any], wanted: Mapping[str, Any]) -> Answer:
        if found["processingType"] != "DYNAMIC" or not isinstance(wanted.get("filterBranch"), dict):
            raise bad_request("Only a DYNAMIC list has filters; send them as filterBranch.")
        now = iso(self._store.clock())
        changed = self._changed(found, filterBranch=wanted["filterBranch"], filtersUpdatedAt=now)
        return json_answer(200, {"updatedList": changed})

    def _changed(self, found: dict[str, Any], **members: Any) -> dict[str, Any]:
        stamps = {"updatedAt": iso(self._store.clock()), "listVersion": found["listVersion"] + 1}
        made = {**found, **members, **stamps}
        self._store.put(LISTS, made["listId"], made)
        return made

    def _search(self, wanted: Mapping[str, Any]) -> Answer:
        """By part of the name, ids and processing types."""
        query, ids = word(wanted, "query").lower(), words(wanted, "listIds")
        types = words(wanted, "processingTypes")
        offset, most = count(wanted, "offset", 0), count(wanted, "count", 20)
        found = [
            {**_without_filters(one), "additionalProperties": {"hs_list_size": str(self._size(one))}}
            for one in self._all()
            if query in one["name"].lower()
            and (not ids or one["listId"] in ids)
            and (not types or one["processingType"] in types)
        ]
        shown, after = found[offset : offset + most], min(offset + most, len(found))
        body = {"lists": shown, "offset": after, "hasMore": after < len(found), "total": len(found)}
        return json_answer(200, body)

    def _of_record(self, type_id: str, record_id: str) -> Answer:
        results = [
            {"listId": one["listId"], "listVersion": one["listVersion"], "firstAddedTimestamp": at, "lastAddedTimestamp": at}
            for one in self._all()
            if one["objectTypeId"] == kind_of(type_id).type_id and (at := self._members(one["listId"]).get(record_id))
        ]
        return json_answer(200, {"results": results, "total": len(results)})

    def _memberships(self, call: Call, found: dict[str, Any], verb: Sequence[str]) -> Answer:
        if call.method == "GET" and not verb:
            return self._page(call, found)
        if call.method == "GET" and verb == ["join-order"]:
            return self._page_by_joining(call, found)
        if found["processingType"] == "DYNAMIC":
            raise bad_request(f"Members of list {found['listId']} come from its filters; they cannot be set.")
        match call.method, *verb:
            case "PUT", "add":
                return self._exchange(found, _ids(parsed(call)), ())
            case "PUT", "remove":
                return self._exchange(found, (), _ids(parsed(call)))
            case "PUT", "add-and-remove":
                body = document(call)
                return self._exchange(found, _ids(body.get("recordIdsToAdd")), _ids(body.get("recordIdsToRemove")))
            case ("DELETE",):
                self._store.put(_MEMBERS, found["listId"], {})
                return empty_answer()
        raise nowhere(call)

    def _exchange(self, found: Mapping[str, Any], joining: Sequence[str], leaving: Sequence[str]) -> Answer:
        """Records that do not exist are named, not refused; who is in already, or out, is not mentioned."""
        kind, members = kind_of(found["objectTypeId"]), self._members(found["listId"])
        existing = {id_ for id_ in [*joining, *leaving] if (r := self._store.get(CRM, kind.name, id_)) and not r.archived}
        added = [id_ for id_ in dict.fromkeys(joining) if id_ in existing and id_ not in members]
        removed = [id_ for id_ in dict.fromkeys(leaving) if id_ in members]
        now = iso(self._store.clock())
        left = {id_: at for id_, at in members.items() if id_ not in removed}
        self._store.put(_MEMBERS, found["listId"], {**left, **dict.fromkeys(added, now)})
        missing = [id_ for id_ in dict.fromkeys([*joining, *leaving]) if id_ not in existing and id_ not in removed]
        return json_answer(200, {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing})

    def _page(self, call: Call, found: Mapping[str, Any]) -> Answer:
        limit, after = page(call, 100, 250)
        members = sorted(self._members(found["listId"]).items(), key=lambda member: int(member[0]))
        rest = [member for member in members if not after or int(member[0]) > int(after)]
        results = [{"recordId": id_, "membershipTimestamp": at} for id_, at in rest[:limit]]
        more = {"paging": {"next": {"after": rest[limit - 1][0]}}} if len(rest) > limit else {}
        return json_answer(200, {"results": results, "total": len(members), **more})

    def _page_by_joining(self, call: Call, found: Mapping[str, Any]) -> Answer:
        """The first to join first; here `after` is a place in that order."""
        limit, after = page(call, 100, 250)
        members = sorted(self._members(found["listId"]).items(), key=lambda member: (member[1], int(member[0])))
        start = int(after or 0)
        results = [{"recordId": id_, "membershipTimestamp": at} for id_, at in members[start : start + limit]]
        more = {"paging": {"next": {"after": str(start + limit)}}} if start + limit < len(members) else {}
        return json_answer(200, {"results": results, "total": len(members), **more})

    def _shown(self, call: Call, found: dict[str, Any]) -> dict[str, Any]:
        shown = found if wants(call, "includeFilters") else _without_filters(found)
        return {**shown, "size": self._size(found)}

    def _size(self, found: Mapping[str, Any]) -> int:
        return len(self._members(found["listId"]))

    def _members(self, id_: str) -> dict[str, str]:
        return dict(self._store.document(_MEMBERS, id_) or {})

    def _all(self) -> list[dict[str, Any]]:
        return [one for one in self._store.documents(LISTS).values() if "deletedAt" not in one]

    def _named(self, type_id: str, name: str) -> dict[str, Any]:
        """Names are compared without case."""
        type_id = kind_of(type_id).type_id
        for one in self._all():
            if one["name"].lower() == name.lower() and one["objectTypeId"] == type_id:
                return one
        raise not_found(f"List {name} does not exist.")

    def _live(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self._store.document(LISTS, id_)
        if found is None or "deletedAt" in found:
            raise not_found(f"List {id_} does not exist.")
        return found

    def _refuse_taken(self, name: str) -> None:
        if any(one["name"].lower() == name.lower() for one in self._all()):
            raise _taken(name)


def _taken(name: str) -> RefusalError:
    return bad_request(f"A list named {name} already exists.", subCategory="ILS.DUPLICATE_LIST_NAMES")


def _without_filters(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "filterBranch"}


def _ids(body: object) -> list[str]:
    """A bare array of record ids; numbers are taken."""
    if not isinstance(body, list) or not all(isinstance(id_, str | int) and not isinstance(id_, bool) for id_ in body):
        raise bad_request("Invalid input JSON: memberships are sent as a bare array of record ids.")
    return [str(id_) for id_ in body]
