"""The little SOAP that there is no REST for: reading metadata."""

from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from adapters.salesforce.package.tree import METADATA

_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class FaultError(Exception):
    """Salesforce answered with a fault. Only its code is kept: the text quotes what was sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def envelope(call: str, body: Mapping[str, Sequence[str]], token: str) -> bytes:
    """One call of the Metadata API: each of `body`'s texts is an element of its own."""
    root = Element(f"{{{_SOAP}}}Envelope")
    header = SubElement(root, f"{{{_SOAP}}}Header")
    SubElement(SubElement(header, f"{{{METADATA}}}CallOptions"), f"{{{METADATA}}}client").text = "Leadline"
    SubElement(SubElement(header, f"{{{METADATA}}}SessionHeader"), f"{{{METADATA}}}sessionId").text = token
    asked = SubElement(SubElement(root, f"{{{_SOAP}}}Body"), f"{{{METADATA}}}{call}")
    for name, texts in body.items():
        for text in texts:
            SubElement(asked, f"{{{METADATA}}}{name}").text = text
    whole: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def parse_answer(content: bytes) -> list[Element]:
    """The `records` of an answer; those that are nil, or say nothing, do not exist.

    Raises:
        FaultError: it is a fault.
        ValueError: it is no such answer.
    """
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("not XML") from error
    body = root.find(f"{{{_SOAP}}}Body")
    if body is None or not len(body):
        raise ValueError("not a SOAP answer")
    if (fault := body.find(f"{{{_SOAP}}}Fault")) is not None:
        code = next((one.text for one in fault if one.tag.rpartition("}")[2] == "faultcode"), None)
        raise FaultError((code or "").rpartition(":")[2])
    return [one for one in body.iter(f"{{{METADATA}}}records") if one.get(_NIL) != "true" and len(one)]
