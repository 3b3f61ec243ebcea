"""Reading metadata back: as a zip of files, or component by component."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.salesforce_catalogue import Catalogue, Item
from adapters.sandbox.salesforce_components import CONTAINERS, FOLDERS, PART_OF, Component, files, path
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_soap import Typed
from adapters.sandbox.salesforce_tree import Tree, child, flag, text, texts, trees
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.salesforce_zip import write
from adapters.sandbox.store import Store

_JOB: Final = "salesforce_retrieve"


class Retrieves:
    """Jobs by id. A retrieval is done at the first look at it."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue

    def start(self, request: Tree, user: str) -> str:
        """`request`: apiVersion, singlePackage, unpackaged/types."""
        id_ = salesforce_id("09S", self._store.next_number("salesforce 09S"))
        wanted = {text(entry, "name"): texts(entry, "members") for entry in trees(child(request, "unpackaged"), "types")}
        version = text(request, "apiVersion") or text(child(request, "unpackaged"), "version")
        job = {"id": id_, "wanted": wanted, "version": version, "single": flag(request, "singlePackage"), "user": user}
        self._store.put(_JOB, id_, job)
        return id_

    def result(self, id_: str, names: Mapping[str, str]) -> dict[str, Any]:
        """
        Args:
            names: user id to full name.

        Raises:
            SalesforceError: no such retrieval.
        """
        job = self._store.document(_JOB, id_)
        if job is None:
            raise SalesforceError(500, "INVALID_CROSS_REFERENCE_KEY", f"no retrieval {id_}")
        items, missing = self._wanted(job["wanted"])
        archive = write(
            (Component(item.type, item.name, item.tree) for item in items), job["version"], "" if job["single"] else "unpackaged/"
        )
        return {
            "done": True,
            "fileProperties": [properties(item, names.get(job["user"], "")) for item in items],
            "id": id_,
            "messages": [{"fileName": "package.xml", "problem": sentence} for sentence in missing],
            "status": "Succeeded",
            "success": True,
            "zipFile": base64.b64encode(archive).decode(),
        }

    def record(self, type_: str, name: str) -> Typed | None:
        """One component as readMetadata gives it, a container with its parts; None where there is none."""
        found = [Component(item.type, item.name, item.tree) for item in self._matching(type_, name)]
        if not found:
            return None
        content = found[0].tree
        if type_ in CONTAINERS:
            ((_, content),) = files(found).values()
        return Typed(type_, {"fullName": name, **content})

    def _wanted(self, wanted: Mapping[str, Iterable[str]]) -> tuple[list[Item], list[str]]:
        items: dict[tuple[str, str], Item] = {}
        missing: list[str] = []
        for type_, members in wanted.items():
            for name in members:
                found = list(self._matching(type_, name))
                items |= {(item.type, item.name): item for item in found}
                if not found and name != "*":
                    missing.append(f"Entity of type '{type_}' named '{name}' cannot be found")
        return list(items.values()), missing

    def _matching(self, type_: str, name: str) -> Iterator[Item]:
        """A container stands for all its parts."""
        folder = next((folder for folder, kind in FOLDERS.items() if kind.type == type_ and kind.parts), "")
        if not folder and name != "*":
            yield from filter(None, [self._catalogue.get(type_, name)])
            return
        for part in FOLDERS[folder].parts.values() if folder else (type_,):
            for item in self._catalogue.of_type(part).values():
                owner = item.name.partition(".")[0] if folder else item.name
                if name in {"*", owner}:
                    yield item


def properties(item: Item, user: str) -> dict[str, Any]:
    """What listMetadata and retrieve tell of a component."""
    return {
        "createdById": "",
        "createdByName": user,
        "createdDate": stamp(item.created_at),
        "fileName": _file(item),
        "fullName": item.name,
        "id": item.id,
        "lastModifiedById": "",
        "lastModifiedByName": user,
        "lastModifiedDate": stamp(item.modified_at),
        "manageableState": "unmanaged",
        "type": item.type,
    }


def described() -> list[dict[str, Any]]:
    """describeMetadata: the types that this org understands."""
    return [
        {
            "childXmlNames": sorted(kind.parts.values()),
            "directoryName": folder,
            "inFolder": False,
            "metaFile": False,
            "suffix": kind.suffix,
            "xmlName": kind.type,
        }
        for folder, kind in sorted(FOLDERS.items())
    ]


def _file(item: Item) -> str:
    bundle = item.type not in PART_OF and all(kind.type != item.type for kind in FOLDERS.values())
    return f"unpackaged/lwc/{item.name}" if bundle else f"unpackaged/{path(item.type, item.name)}"
