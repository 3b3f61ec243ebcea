"""SOAP 1.1 as both SOAP APIs speak it: envelopes in and out, faults, and who calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_tree import Tree, local, tree
from adapters.sandbox.wire import Answer, Call

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class Typed:
    """An element that says which type it is of."""

    type: str
    content: Mapping[str, Any]


def opened(call: Call) -> tuple[str, Tree, str]:
    """The verb, its arguments, and the session id of the header.

    Raises:
        SalesforceError: not a SOAP envelope with one call.
    """
    try:
        root: Element = fromstring(call.body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SalesforceError(500, "INVALID_REQUEST", f"The request is not XML: {error}") from None
    body = root.find(f"{{{ENVELOPE}}}Body")
    if body is None or len(body) != 1:
        raise SalesforceError(500, "INVALID_REQUEST", "A SOAP envelope with one call is expected")
    session = next((element.text or "" for element in root.iter() if local(element) == "sessionId"), "")
    return local(body[0]), tree(body[0]), session.strip()


def answered(verb: str, namespace: str, results: list[Any] | Any, *, head: str = "") -> Answer:
    """`<verbResponse>` with one or several `<result>`."""
    rows = results if isinstance(results, list) else [results]
    inner = "".join(element("result", row) for row in rows)
    body = f'<{verb}Response xmlns="{namespace}">{inner}</{verb}Response>'
    return _envelope(200, f"<soapenv:Header>{head}</soapenv:Header>" if head else "", body)


def fault(error: SalesforceError, namespace: str) -> Answer:
    """As the platform says no over SOAP: always HTTP 500."""
    code = f"sf:{error.code}"
    body = (
        f'<soapenv:Fault xmlns:sf="{namespace}"><faultcode>{code}</faultcode>'
        f"<faultstring>{escape(f'{error.code}: {error.message}')}</faultstring></soapenv:Fault>"
    )
    return _envelope(500, "", body)


def element(name: str, value: Any) -> str:
    """A value as XML: mappings nest, lists repeat their name, None is nil."""
    if isinstance(value, list):
        return "".join(element(name, item) for item in value)
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, Typed):
        return f'<{name} xsi:type="{value.type}">{_children(value.content)}</{name}>'
    if isinstance(value, Mapping):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    text = str(value)
    return f"<{name}>{escape(text.replace('.000+0000', '.000Z') if text.endswith('.000+0000') else text)}</{name}>"


def _children(content: Mapping[str, Any]) -> str:
    """In the order of the WSDL's sequences: by name, but a component's own name first."""
    first = "fullName" if "fileName" not in content else ""
    return "".join(element(key, content[key]) for key in sorted(content, key=lambda key: (key != first, key)))


def _envelope(status: int, head: str, body: str) -> Answer:
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{ENVELOPE}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"{head}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
    return Answer(status, {"Content-Type": "text/xml; charset=UTF-8"}, document.encode())
