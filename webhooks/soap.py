"""The SOAP that Salesforce's outbound messages need: one answer, one fault, and one quick look at a request.

Source: the outbound message's own WSDL, and the notifications real orgs send. Elements are matched by namespace, never by prefix.
"""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import Final
from xml.parsers import expat

from lxml import etree

from webhooks.answers import Refusal
from webhooks.base import Reply

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND: Final = "http://soap.sforce.com/2005/09/outbound"

_XML: Final = "text/xml; charset=utf-8"

_OPENING: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n <soapenv:Body>\n'
)
_CLOSING: Final = " </soapenv:Body>\n</soapenv:Envelope>\n"

_ACK: Final = (
    f'{_OPENING}  <notificationsResponse xmlns="{OUTBOUND}">\n   <Ack>true</Ack>\n  </notificationsResponse>\n{_CLOSING}'
).encode()

ACKNOWLEDGED: Final = Reply(200, _ACK, _XML)
"""One answer for all notifications of a message; there is none for a single record."""

_BETWEEN: Final = "}"
"""Stands between namespace and name, as in ElementTree: expat refuses a namespace that holds it, so both must choose the same."""

_SLICE: Final = 1024
"""Bytes to look at in one go: the OrganizationId stands among the first five hundred."""

_PATH: Final = tuple(
    f"{namespace}{_BETWEEN}{name}"
    for namespace, name in (
        (ENVELOPE, "Envelope"),
        (ENVELOPE, "Body"),
        (OUTBOUND, "notifications"),
        (OUTBOUND, "OrganizationId"),
    )
)


class UnsoundXmlError(ValueError):
    """Not well-formed, not an outbound message, or with a DTD."""


def fault(status: int, refusal: Refusal) -> Reply:
    """A SOAP fault that blames the sender. The sentence is ours, with nothing in it that XML would need escaped."""
    detail = f"<faultcode>soapenv:Client</faultcode><faultstring>{refusal.sentence}</faultstring><detail/>"
    body = f"{_OPENING}  <soapenv:Fault>{detail}</soapenv:Fault>\n{_CLOSING}"
    return Reply(status, body.encode(), _XML, refusal.code)


def organization_id(body: bytes) -> str:
    """The OrganizationId of the first message in a body that is proved well-formed to its end.

    The body is UTF-8, or UTF-16 where its first bytes say so, whatever it declares: no stranger chooses a codec.

    Raises:
        UnsoundXmlError: malformed, cut off, a DTD or entity declaration, or no OrganizationId where it belongs.
    """
    _prove_sound(body)
    look = _Look()
    try:
        for start in range(0, len(body), _SLICE):
            # Told that more will come, expat from 2.6 on may put off what it has; so the last slice has to be said to be it.
            look.parser.Parse(body[start : start + _SLICE], start + _SLICE >= len(body))
            if look.found:
                return "".join(look.text).strip()
    except expat.ExpatError as error:
        raise UnsoundXmlError("not well-formed") from error
    raise UnsoundXmlError("no OrganizationId")


class _Nothing:
    """What libxml2 is to make of a body: nothing, but to stop at a DTD. Without a tree and call-backs it is the faster parser."""

    def doctype(self, *_: object) -> None:
        raise UnsoundXmlError("a DTD")

    def close(self) -> None:
        """lxml asks for it."""


def _prove_sound(body: bytes) -> None:
    encoding = "utf-16" if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8"
    parser = etree.XMLParser(target=_Nothing(), encoding=encoding, resolve_entities=False, no_network=True)
    try:
        parser.feed(body)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise UnsoundXmlError("not well-formed") from error
    if parser.feed_error_log:  # libxml2 goes on after a prefix that is bound to nothing
        raise UnsoundXmlError("not well-formed")


class _Look:
    """Follows the path to the OrganizationId."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8", _BETWEEN)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.text: list[str] = []
        self.found = False
        self._open: list[str] = []

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._open.append(name)
        if tuple(self._open) == _PATH and not self.found:
            self.parser.CharacterDataHandler = self.text.append

    def _end(self, _name: str) -> None:
        if tuple(self._open) == _PATH:
            self.found = True
            self.parser.CharacterDataHandler = None
        self._open.pop()
