"""What is done to an honest request so that it must be refused. The way it is made proves it; nothing is left to judgement.

Only what every server must refuse is done to a request that keeps its proof; the merely odd is done to one without.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from connector.bench.honest import (
    ForgedRequest,
    as_request,
    chunked,
    honest,
    more_headers,
    near_stamp,
    odd_case,
    with_headers,
    with_query,
)
from connector.bench.senders import APEX, MESSAGE, SENDERS, V1, V3, Sender, Source

Trick = Callable[[Source, Sender], ForgedRequest]


# the proof


def wrong_key(source: Source, sender: Sender) -> ForgedRequest:
    key = sender.key(source.target)
    wrong = source.rng.choice((key[:-1], key + "a", key.swapcase(), key[::-1], "undefined", "null"))
    return as_request(sender.draft(source, key=wrong), authentic=False)


def touched_proof(source: Source, sender: Sender) -> ForgedRequest:
    draft = sender.draft(source)
    if not sender.proof:
        key = sender.key(source.target)
        return as_request(replace(draft, path=draft.path.replace(key, _touched(source, key))), authentic=False)
    return as_request(
        replace(draft, headers={**draft.headers, sender.proof: _touched(source, draft.headers[sender.proof])}), authentic=False
    )


def _touched(source: Source, text: str) -> str:
    """One letter or digit made another (not only its case), or one lost, or one more."""
    at = source.rng.choice([place for place, letter in enumerate(text) if letter.isalnum()])
    other = source.rng.choice([c for c in string.ascii_lowercase + string.digits if c != text[at].lower()])
    return source.rng.choice((text[:at] + other + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + other + text[at:]))


def without_proof(source: Source, sender: Sender) -> ForgedRequest:
    draft = sender.draft(source)
    names = [name for name in draft.headers if name != sender.proof]
    return as_request(replace(draft, headers={name: draft.headers[name] for name in names}), authentic=False)


def odd_proof(source: Source, sender: Sender) -> ForgedRequest:
    odd = source.rng.choice(("", " ", "=", "\u00e9\u00fc", "None", "A" * 5000, "sha256=", "x, y", "\x7f"))
    draft = sender.draft(source)
    return as_request(replace(draft, headers={**draft.headers, sender.proof: odd}), authentic=False)


def proof_twice(source: Source, sender: Sender) -> ForgedRequest:
    """Two proofs are none: whoever reads the first and whoever reads the last would disagree."""
    request = honest(source, sender)
    value = dict(request.headers)[sender.proof]
    return replace(request, headers=[*request.headers, (sender.proof, source.rng.choice((value, "", "x")))], authentic=False)


def downgraded(source: Source, sender: Sender) -> ForgedRequest:
    """A right v1 signature beside a wrong v3 one."""
    return as_request(with_headers(sender.draft(source), x_hubspot_signature_v3=source.rng.choice(("", "AAAA"))), authentic=False)


def odd_version(source: Source, sender: Sender) -> ForgedRequest:
    version = source.rng.choice(("", "v0", "v3", "1", "v1, v1"))
    return as_request(with_headers(sender.draft(source), x_hubspot_signature_version=version), authentic=False)


# the stamp, signed as it is


def far_stamp(source: Source, sender: Sender) -> ForgedRequest:
    far = source.rng.choice((-(10**12), -(10**8), -360_000, 300_000, 10**8, 10**14))
    return as_request(sender.draft(source, stamp=str(source.now_ms + far)), authentic=False)


def odd_stamp(source: Source, sender: Sender) -> ForgedRequest:
    now = source.now_ms
    odd = source.rng.choice(
        ("", "now", f"-{now}", f"{now}.0", f"{now / 1000:.0f}", f"{now:e}", hex(now), "9" * 5000, f"{now},{now}")
    )
    return as_request(sender.draft(source, stamp=odd), authentic=False)


# the body, the URL, the envelope


def touched_body(source: Source, sender: Sender) -> ForgedRequest:
    draft = sender.draft(source)
    at, bit = source.rng.randrange(len(draft.body)), 1 << source.rng.randrange(8)
    flipped = draft.body[:at] + bytes([draft.body[at] ^ bit]) + draft.body[at + 1 :]
    wide = draft.body.decode().encode("utf-16")
    body = source.rng.choice((flipped, draft.body[:at], draft.body + b" ", b"\xef\xbb\xbf" + draft.body, wide, b""))
    return as_request(replace(draft, body=body), authentic=False)


def touched_message(source: Source, sender: Sender) -> ForgedRequest:
    """An unsigned body: cut off, of another org, with a DTD, or not XML at all."""
    draft, org = sender.draft(source), source.target.organization.encode()
    dtd = draft.body.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/hostname">]>', 1)
    cut = draft.body[: source.rng.randrange(len(draft.body))]
    other = draft.body.replace(org, source.rng.choice((org[::-1], org.lower(), org[:14], b"")))
    body = source.rng.choice((dtd, cut, other, draft.body + b"<a/>", b"{}", b"", draft.body.replace(b"\xc3\xb8", b"\xff")))
    return as_request(replace(draft, body=body), authentic=False)


def unsigned_query(source: Source, sender: Sender) -> ForgedRequest:
    draft = sender.draft(source)
    return as_request(replace(draft, path=draft.path + source.rng.choice(("?a=1", "?a=%2F", "?x"))), authentic=False)


def other_path(source: Source, sender: Sender) -> ForgedRequest:
    draft = sender.draft(source)
    name = source.target.hubspot if "/hubspot/" in draft.path else source.target.salesforce
    odd = source.rng.choice(("nobody", "", "..", "%00", "%ff", "a" * 3000, f"{name}x", f"{name}%20", "'--", "%2e%2e%2fetc"))
    path = source.rng.choice((draft.path.replace(name, odd, 1), draft.path + "/", draft.path + "/more", draft.path[:-1]))
    return as_request(replace(draft, path=path), authentic=False)


def other_method(source: Source, sender: Sender) -> ForgedRequest:
    """Not OPTIONS: a server may well tell anybody what it allows."""
    method = source.rng.choice(("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "FROB"))
    return as_request(sender.draft(source), authentic=False, method=method)


def other_content_type(source: Source, sender: Sender) -> ForgedRequest:
    kind = source.rng.choice(
        ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application", "a/b; c")
    )
    return as_request(with_headers(sender.draft(source), content_type=kind), authentic=False)


def too_large(source: Source, sender: Sender) -> ForgedRequest:
    body = sender.body(source).ljust(sender.limit + 1 + source.rng.randrange(100))
    return as_request(sender.draft(source, body), authentic=False)


def bad_framing(source: Source, sender: Sender) -> ForgedRequest:
    """RFC 9112 wants each of these refused, whatever else is right."""
    odd: Mapping[str, str] = source.rng.choice((
        {"content-length": "ten"},
        {"content-length": "-1"},
        {"content-length": "0x10"},
        {"content-length": "5, 6"},
        {"content-length": "9" * 4000},
        {"transfer-encoding": "chunked"},
        {"transfer-encoding": "chunked, nonsense"},
        {"x-a ": "a blank before the colon"},
    ))  # fmt: skip
    draft = sender.draft(source)
    return as_request(replace(draft, headers={**draft.headers, **odd}), authentic=False)


def mangled(source: Source, sender: Sender) -> ForgedRequest:
    """Signed with a wrong key, and then odd in ways in which servers may differ."""
    request = wrong_key(source, sender)
    odd = source.rng.choice((
        [("a header without", "")],
        [("", "no name")],
        [("x-nul", "a\x00b")],
        [("x-fold", "a\r\n b")],
        [("x-split", "a\r\nx-leadline-secret: b")],
        [("x-large", "y" * 70_000)],
        [(f"x-{number}", "z") for number in range(300)],
        [("content-length", str(len(request.body) + 9))],
        [("content-length", "1")],
        [("content-length", "3"), ("content-length", "4")],
        [("transfer-encoding", "gzip")],
        [("content-encoding", "gzip")],
        [("expect", "200-maybe")],
        [("host", "other")],
        [("cookie", "\xff\xfe")],
    ))  # fmt: skip
    return replace(request, headers=[*request.headers, *odd])


def junk(source: Source, sender: Sender) -> ForgedRequest:
    """Random letters and bytes where a request should be."""
    rng = source.rng
    text = "".join(chr(rng.randrange(33, 127)) for _ in range(rng.randrange(1, 80)))
    path = f"/webhooks/{rng.choice(('', 'hubspot/', 'salesforce/', 'salesforce/a/b/'))}{text}"
    headers = [(sender.proof or "x-any", text), ("content-type", rng.choice(("application/json", "text/xml", text)))]
    return ForgedRequest(rng.choice(("POST", "POST", "PUT", text)), path, headers, rng.randbytes(rng.randrange(400)), False)


_HEADED: Final = tuple(sender for sender in SENDERS if sender.proof)
_SIGNED: Final = tuple(sender for sender in SENDERS if sender.covers_body)

TRICKS: Final[Mapping[Trick, tuple[float, tuple[Sender, ...]]]] = {
    honest: (4, SENDERS),
    odd_case: (2, SENDERS),
    more_headers: (1, SENDERS),
    near_stamp: (1, (V3, APEX)),
    with_query: (1, SENDERS),
    chunked: (1, SENDERS),
    wrong_key: (10, SENDERS),
    touched_proof: (10, SENDERS),
    without_proof: (5, _HEADED),
    odd_proof: (8, _HEADED),
    proof_twice: (4, _HEADED),
    downgraded: (3, (V1,)),
    odd_version: (3, (V1,)),
    far_stamp: (6, (V3, APEX)),
    odd_stamp: (6, (V3, APEX)),
    touched_body: (12, _SIGNED),
    touched_message: (8, (MESSAGE,)),
    unsigned_query: (3, tuple(sender for sender in SENDERS if sender.covers_url)),
    other_path: (8, SENDERS),
    other_method: (5, SENDERS),
    other_content_type: (4, SENDERS),
    too_large: (0.1, SENDERS),
    bad_framing: (4, SENDERS),
    mangled: (8, SENDERS),
    junk: (8, SENDERS),
}
"""Each trick with its weight and the senders on which it can be played. What is too large is rare, since it is also slow."""
