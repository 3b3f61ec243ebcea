"""Metadata as trees: built, written as XML, and compared. Names without a namespace; the root carries the one there is."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from xml.etree.ElementTree import Element, indent, tostring

METADATA: Final = "http://soap.sforce.com/2006/04/metadata"

_NAMES: Final = ("fullName", "field", "object", "name", "inputField", "user", "assignedTo", "sobjectType", "recordType")
"""What tells one of several like elements from the others, the first that it has."""

_NOTHING: Final = frozenset({"", "false"})
"""Salesforce leaves out what is so by default."""


def leaf(tag: str, text: object) -> Element:
    """`<tag>text</tag>`; true and false as XML has them."""
    made = Element(tag)
    made.text = str(text).lower() if isinstance(text, bool) else str(text)
    return made


def branch(tag: str, *children: Element) -> Element:
    made = Element(tag)
    made.extend(children)
    return made


def document(root: Element) -> bytes:
    """A whole file, with its declaration."""
    whole = branch(root.tag, *root)
    whole.set("xmlns", METADATA)
    indent(whole, "    ")
    body: bytes = tostring(whole, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def bare(element: Element) -> Element:
    """The same without namespaces, attributes and comments."""
    made = Element(element.tag.rpartition("}")[2])
    made.text = (element.text or "").strip() or None
    made.extend(bare(child) for child in element if isinstance(child.tag, str))
    return made


def from_json(tag: str, value: Any) -> Element:
    """What the Tooling API shows as JSON, as the tree that it is."""
    made = Element(tag)
    if isinstance(value, dict):
        for name, below in value.items():
            made.extend(from_json(name, one) for one in (below if isinstance(below, list) else [below]) if one is not None)
    else:
        made.text = str(value).lower() if isinstance(value, bool) else str(value)
    return made


def text_of(element: Element | None, path: str) -> str:
    """The text at a path, empty where there is none."""
    return (element.findtext(path) or "") if element is not None else ""


# --- comparing


def differences(present: Element, wanted: Element) -> Iterator[str]:
    """What would change, one line each: `length 80 ► 255`. What `wanted` does not speak of is not compared."""
    for tag in dict.fromkeys(child.tag for child in wanted):
        yield from _differ(tag, present.findall(tag), wanted.findall(tag))


def _differ(tag: str, present: Sequence[Element], wanted: Sequence[Element]) -> Iterator[str]:
    if len(wanted) == 1 and len(present) <= 1 and not len(wanted[0]):
        before, after = _text(present[0]) if present else "", _text(wanted[0])
        if not _same(before, after):
            yield f"{tag} {_shown(before)} ► {_shown(after)}"
    elif len(wanted) == 1 and len(present) == 1 and _name(wanted[0]) == _name(present[0]):
        yield from (f"{tag}.{line}" for line in differences(present[0], wanted[0]))
    else:
        yield from _lists_differ(tag, present, wanted)


def _same(before: str, after: str) -> bool:
    """67 and 67.0 are one number; what is left out is false."""
    if before == after or {before, after} <= _NOTHING:
        return True
    try:
        return Decimal(before) == Decimal(after)
    except InvalidOperation:
        return False


def _lists_differ(tag: str, present: Sequence[Element], wanted: Sequence[Element]) -> Iterator[str]:
    before, after = {_key(one): one for one in present}, {_key(one): one for one in wanted}
    yield from (f"{tag} + {key}" for key in after if key not in before)
    yield from (f"{tag} - {key}" for key in before if key not in after)
    for key in after.keys() & before.keys():
        yield from (f"{tag} {key}: {line}" for line in differences(before[key], after[key]))
    if tag == "ruleEntry" and before.keys() == after.keys() and list(before) != list(after):
        yield f"{tag}: other order"


def _key(element: Element) -> str:
    """A name, or everything it says: entries of a rule have no name, so what they say is what they are."""
    if element.tag == "ruleEntry" or not (name := _name(element)):
        return " ".join(text for text in (_text(one) for one in element.iter()) if text)
    return name


def _name(element: Element) -> str:
    return next((text for tag in _NAMES if (text := text_of(element, tag))), "")


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _shown(text: str) -> str:
    short = text if len(text) <= 60 else f"{text[:57]}…"
    return f"'{short}'" if " " in short or not short else short
