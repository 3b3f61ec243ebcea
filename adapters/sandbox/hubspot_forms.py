"""HubSpot's marketing forms as its forms API shows them. Nobody can fill one in here."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request, not_found
from adapters.sandbox.hubspot_input import document, nowhere, page, wants, word
from adapters.sandbox.moments import iso
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer

FORMS: Final = "hubspot:form"
_CHANGEABLE: Final = ("name", "fieldGroups", "archived")


class FormsApi:
    """`/forms` and `/forms/{id}`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """Answers what comes after `forms`.

        Raises:
            RefusalError: HubSpot's refusal.
        """
        match call.method, *rest:
            case ("GET",):
                return self._page(call)
            case ("POST",):
                return json_answer(201, self.create(document(call)))
            case "GET", id_:
                return json_answer(200, self._one(id_, archived=wants(call, "archived")))
            case "PATCH", id_:
                return json_answer(200, self._change(self._one(id_), document(call)))
            case "DELETE", id_:
                self._change(self._one(id_), {"archived": True})
                return empty_answer()
        raise nowhere(call)

    def create(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """A new form: `{name, fieldGroups: [{fields: [{objectTypeId, name, label, required, hidden, fieldType}]}]}`.

        Raises:
            RefusalError: it has no name or no field groups.
        """
        if not word(wanted, "name") or not _grouped(wanted.get("fieldGroups")):
            raise bad_request("A form needs a name and fieldGroups, each with a list of fields.")
        id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox/form/{self._store.next_number('hubspot:form')}"))
        now = iso(self._store.clock())
        groups = [{"groupType": "default_group", "richTextType": "text", **group} for group in wanted["fieldGroups"]]
        made = {
            "id": id_,
            "formType": "hubspot",
            "name": wanted["name"],
            "createdAt": now,
            "updatedAt": now,
            "archived": False,
            "fieldGroups": groups,
            "configuration": {"language": "en", "editable": True, "archivable": True, "cloneable": True, "notifyRecipients": []},
            "displayOptions": {"renderRawHtml": False, "theme": "default_style", "submitButtonText": "Submit"},
            "legalConsentOptions": {"type": "none"},
        }
        self._store.put(FORMS, id_, made)
        return made

    def _change(self, old: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        if "fieldGroups" in wanted and not _grouped(wanted["fieldGroups"]):
            raise bad_request("fieldGroups must be a list of {fields: [...]}.")
        changed = {member: wanted[member] for member in _CHANGEABLE if member in wanted}
        made = {**old, **changed, "updatedAt": iso(self._store.clock())}
        self._store.put(FORMS, made["id"], made)
        return made

    def _page(self, call: Call) -> Answer:
        limit, after = page(call, 20, 500)
        archived = wants(call, "archived")
        forms = [form for form in self._store.documents(FORMS).values() if form["archived"] == archived]
        start = int(after or 0)
        more = {"paging": {"next": {"after": str(start + limit)}}} if start + limit < len(forms) else {}
        return json_answer(200, {"results": forms[start : start + limit], **more})

    def _one(self, id_: str, *, archived: bool = False) -> dict[str, Any]:
        found: dict[str, Any] | None = self._store.document(FORMS, id_)
        if found is None or found["archived"] != archived:
            raise not_found(f"Form {id_} does not exist.")
        return found


def fields_of(form: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Object type id and property name of every field, dependent ones too."""
    fields = [field for group in form["fieldGroups"] for field in group["fields"]]
    fields += [dependent for field in fields for dependent in _dependent(field)]
    return {(field["objectTypeId"], field["name"]) for field in fields}


def _dependent(field: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one["dependentField"] for one in field.get("dependentFields") or []]


def _grouped(groups: object) -> bool:
    return isinstance(groups, list) and all(
        isinstance(group, dict) and isinstance(group.get("fields"), list) and all(_is_field(field) for field in group["fields"])
        for group in groups
    )


def _is_field(field: object) -> bool:
    if not isinstance(field, dict) or not all(isinstance(field.get(name), str) for name in ("name", "objectTypeId")):
        return False
    dependent = field.get("dependentFields") or []
    return isinstance(dependent, list) and all(
        isinstance(one, dict) and _is_field(one.get("dependentField")) for one in dependent
    )
