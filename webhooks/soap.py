"""The SOAP that Salesforce's outbound messages need: one answer, one fault, and one quick look at a request.

Source: the outbound message's own WSDL, and the notifications real orgs send. Elements are matched by namespace, never by prefix.
"""

from typing import Final
from xml.parsers import expat

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
    """The OrganizationId of the first message, from one pass that also proves the whole body well-formed.

    The body is UTF-8, or UTF-16 where its first bytes say so, whatever it declares: no stranger chooses a codec.

    Raises:
        UnsoundXmlError: malformed, cut off, a DTD or entity declaration, or no OrganizationId where it belongs.
    """
    look = _Look()
    try:
        look.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise UnsoundXmlError("not well-formed") from error
    if not look.found:
        raise UnsoundXmlError("no OrganizationId")
    return "".join(look.text).strip()


class _Look:
    """Follows the path to the OrganizationId, then unhooks itself, so that the rest is checked at expat's own speed."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8", _BETWEEN)
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.text: list[str] = []
        self.found = False
        self._open: list[str] = []

    def _refuse(self, *_: object) -> int:
        raise UnsoundXmlError("a DTD or an entity")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._open.append(name)
        if tuple(self._open) == _PATH:
            self.parser.CharacterDataHandler = self.text.append

    def _end(self, _name: str) -> None:
        self.found = tuple(self._open) == _PATH
        self._open.pop()
        if self.found:
            self.parser.StartElementHandler = None
            self.parser.EndElementHandler = None
            self.parser.CharacterDataHandler = None
