"""multipart/form-data, as far as two parts of a deployment need it."""

import re
from typing import Final

from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.wire import Call

_BOUNDARY: Final = re.compile(r"multipart/form-data\s*;.*?boundary=(?:\"([^\"]+)\"|([^;\s]+))", re.IGNORECASE | re.DOTALL)
_NAME: Final = re.compile(rb"^content-disposition:.*?[;\s]name=(?:\"([^\"]*)\"|([^;\s]+))", re.IGNORECASE | re.MULTILINE)


def parts(call: Call) -> dict[str, bytes]:
    """Content by name.

    Raises:
        SalesforceError: 415 for another content type; 400 for a body that does not fit it.
    """
    match = _BOUNDARY.match(call.headers.get("content-type", ""))
    if match is None:
        raise SalesforceError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be multipart/form-data with a boundary")
    mark = b"--" + (match[1] or match[2]).encode()
    found: dict[str, bytes] = {}
    for piece in call.body.split(mark)[1:]:
        if piece.startswith(b"--"):
            return found
        head, blank, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not blank or name is None:
            break
        found[(name[1] or name[2]).decode("utf-8", "replace")] = content.removesuffix(b"\r\n")
    raise SalesforceError(400, "INVALID_MULTIPART_REQUEST", "The multipart body does not end, or a part has no name")
