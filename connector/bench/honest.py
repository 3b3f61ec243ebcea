"""Honest requests, in all the ways in which honest requests differ."""

from dataclasses import dataclass, replace

from connector.bench.senders import Draft, Sender, Source


@dataclass(frozen=True, slots=True)
class ForgedRequest:
    """One request as it goes onto the wire."""

    method: str
    path: str
    """Request target, with its query."""
    headers: list[tuple[str, str]]
    """Content-Length is here only where the trick is about it; the connection adds it otherwise."""
    body: bytes
    authentic: bool
    """It must be answered with 2xx; if not, it must not."""
    trick: str = ""


def as_request(draft: Draft, *, authentic: bool, method: str = "POST") -> ForgedRequest:
    return ForgedRequest(method, draft.path, list(draft.headers.items()), draft.body, authentic)


def with_headers(draft: Draft, **headers: str) -> Draft:
    return replace(draft, headers={**draft.headers, **{name.replace("_", "-"): value for name, value in headers.items()}})


def honest(source: Source, sender: Sender) -> ForgedRequest:
    return as_request(sender.draft(source), authentic=True)


def odd_case(source: Source, sender: Sender) -> ForgedRequest:
    request = honest(source, sender)
    change = source.rng.choice((str.upper, str.title, str.swapcase))
    return replace(request, headers=[(change(name), value) for name, value in request.headers])


def more_headers(source: Source, sender: Sender) -> ForgedRequest:
    request = honest(source, sender)
    extra = [
        ("x-forwarded-for", "203.0.113.9"),
        ("user-agent", "x" * source.rng.randrange(200)),
        ("accept", "*/*"),
        ("accept", "a/b"),
    ]
    return replace(request, headers=[*extra, *request.headers])


def near_stamp(source: Source, sender: Sender) -> ForgedRequest:
    """As far from now as clocks and queues may be, less what the request itself may take."""
    return as_request(sender.draft(source, stamp=str(source.now_ms + source.rng.randrange(-200_000, 30_000))), authentic=True)


def with_query(source: Source, sender: Sender) -> ForgedRequest:
    return as_request(sender.draft(source, query=f"?source=a%20b&n={source.rng.randrange(10)}"), authentic=True)


def chunked(source: Source, sender: Sender) -> ForgedRequest:
    draft, size = sender.draft(source), source.rng.randrange(1, 200)
    pieces = [draft.body[at : at + size] for at in range(0, len(draft.body), size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return as_request(with_headers(replace(draft, body=body), transfer_encoding="chunked"), authentic=True)
