"""Salesforce's own description of metadata, as simple-salesforce ships it: a referee for files that no org has seen yet."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

_BOOLEAN = {"boolean": {"true", "false"}}
_XS = "{http://www.w3.org/2001/XMLSchema}"


@cache
def _schema() -> tuple[dict[str, dict[str, str]], dict[str, set[str]]]:
    """Type to its elements and their types, bases included; and enumeration to its words."""
    root = fromstring(resources.files("simple_salesforce").joinpath("metadata.wsdl").read_bytes())
    complex_ = {one.get("name", ""): one for one in root.iter(f"{_XS}complexType")}
    words = {
        one.get("name", ""): {word.get("value", "") for word in one.iter(f"{_XS}enumeration")}
        for one in root.iter(f"{_XS}simpleType")
    }

    def elements(name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        base = complex_[name].find(f".//{_XS}extension")
        if base is not None:
            found |= elements(base.get("base", "").partition(":")[2])
        return found | {
            one.get("name", ""): one.get("type", "").rpartition(":")[2] for one in complex_[name].iter(f"{_XS}element")
        }

    return {name: elements(name) for name in complex_}, {name: found for name, found in words.items() if found}


def faults(document: bytes) -> list[str]:
    """Every element that Salesforce does not know there, and every word that is none of an enumeration's."""
    root = fromstring(document)
    return list(_faults(root, root.tag.rpartition("}")[2], root.tag.rpartition("}")[2]))


def _faults(element: Element, type_: str, path: str) -> Iterator[str]:
    types, words = _schema()
    known: Any = types[type_]
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name not in known:
            yield f"{path}/{name}"
        elif known[name] in types:
            yield from _faults(child, known[name], f"{path}/{name}")
        elif (child.text or "") not in _BOOLEAN.get(known[name], words.get(known[name], {child.text or ""})):
            yield f"{path}/{name}: {child.text}"
