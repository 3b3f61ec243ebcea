"""Metadata documents: XML to plain data and back.

A tree holds, by element name, every child of that name in order: text, or another tree. What the platform writes has its elements
in alphabetical order, so the order of different names is not kept.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

METADATA: Final = "http://soap.sforce.com/2006/04/metadata"

_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"

Node: TypeAlias = "str | Tree"
Tree: TypeAlias = dict[str, list[Node]]


class TreeError(ValueError):
    """Not a metadata document; the sentence is the parser's."""


def parse(document: bytes) -> tuple[str, Tree]:
    """The root's name and what is in it.

    Raises:
        TreeError: no XML, or XML with a DTD.
    """
    try:
        root: Element = fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise TreeError(f"Error parsing file: {error}") from error
    return local(root), tree(root)


def tree(element: Element) -> Tree:
    """Elements below `element`, namespaces aside; an `xsi:type` is kept under that name."""
    found: Tree = {}
    if _XSI_TYPE in element.attrib:
        found["xsi:type"] = [element.attrib[_XSI_TYPE].rpartition(":")[2]]
    for child in element:
        found.setdefault(local(child), []).append(tree(child) if len(child) else (child.text or "").strip())
    return found


def local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def render(root: str, content: Tree) -> bytes:
    """As retrieve writes a file."""
    element = Element(root, {"xmlns": METADATA})
    _fill(element, content)
    indent(element, "    ")
    written: str = tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'.encode()


def branch(**children: Any) -> Tree:
    """A tree from keyword arguments: text, flags, numbers, trees, or lists of these. None and empty lists are left out."""
    lists = {name: value if isinstance(value, list | tuple) else [value] for name, value in children.items() if value is not None}
    return {name: [_node(item) for item in value] for name, value in lists.items() if value}


def text(content: Tree, name: str, default: str = "") -> str:
    """The first text of this name."""
    return next((node for node in content.get(name, []) if isinstance(node, str)), default)


def texts(content: Tree, name: str) -> list[str]:
    return [node for node in content.get(name, []) if isinstance(node, str)]


def flag(content: Tree, name: str) -> bool:
    return text(content, name).lower() == "true"


def trees(content: Tree, name: str) -> list[Tree]:
    return [node for node in content.get(name, []) if isinstance(node, dict)]


def child(content: Tree, name: str) -> Tree:
    """The first tree of this name, or an empty one."""
    return next(iter(trees(content, name)), {})


def words(content: Tree) -> set[str]:
    """Every text anywhere in it."""
    found: set[str] = set()
    for nodes in content.values():
        for node in nodes:
            found |= words(node) if isinstance(node, dict) else {node}
    return found


def plain(content: Tree, lists: Mapping[str, object] | frozenset[str] = frozenset()) -> dict[str, Any]:
    """As JSON shows it: `true` as a truth value, and single children by themselves unless their name is one of `lists`."""
    return {
        name: [_plain(node, lists) for node in nodes] if name in lists or len(nodes) > 1 else _plain(nodes[0], lists)
        for name, nodes in content.items()
    }


def _plain(node: Node, lists: Mapping[str, object] | frozenset[str]) -> Any:
    if isinstance(node, dict):
        return plain(node, lists)
    return {"true": True, "false": False}.get(node, node)


def _node(value: Any) -> Node:
    if isinstance(value, dict):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fill(element: Element, content: Tree) -> None:
    for name in sorted(content, key=lambda name: (name != "fullName", name)):
        for node in content[name]:
            below = SubElement(element, name)
            if isinstance(node, dict):
                _fill(below, node)
            else:
                below.text = node
