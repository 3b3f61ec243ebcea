"""The web server: waitress, which buffers a body before it takes a thread, so that a slow sender holds nobody."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import waitress
from flask import Flask

from connector.receiving import MAX_BODY

OPTIONS: Final[Mapping[str, Any]] = {
    "connection_limit": 2_000,  # two hundred trickling senders must not keep a good one out
    "asyncore_use_poll": True,  # select() ends at file descriptor 1,024
    "channel_timeout": 30,
    "cleanup_interval": 10,
    "max_request_body_size": MAX_BODY + 1,
    "inbuf_overflow": MAX_BODY,
    "ident": "leadline",
    "clear_untrusted_proxy_headers": True,
}


def serve(app: Flask, host: str, port: int, *, threads: int = 8) -> None:
    """Serves until the process ends."""
    logging.getLogger("waitress.queue").setLevel(
        logging.ERROR
    )  # it warns whenever a request waits for a thread, as under any load
    waitress.serve(app, host=host, port=port, threads=threads, **OPTIONS)
