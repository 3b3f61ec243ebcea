"""Ports for servers that this machine starts only for itself: the demo's, the benchmarks' and the tests'."""

import random
import socket
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST, _USUAL_END, _TRIES = 10_240, 32_768, 1_000


class NoFreePortError(Exception):
    """Close some programs and try again."""


def free_port(count: int = 1) -> int:
    """The first of `count` ports in a row that nobody listens on.

    They lie below those that the kernel gives to outgoing connections: a port of that range which is free now may be the near
    end of somebody's connection when our server comes to bind it, or comes to bind it again after it was killed.

    Raises:
        NoFreePortError: none was found.
    """
    for _ in range(_TRIES):
        first = random.randrange(_LOWEST, _end() - count)  # noqa: S311 - not a secret
        if all(_is_free(first + step) for step in range(count)):
            return first
    raise NoFreePortError("No free ports in a row were found on this machine; close some programs and try again.")


def _end() -> int:
    """Where outgoing connections' ports begin."""
    try:
        begin = int(_RANGE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return _USUAL_END
    return begin if begin > 2 * _LOWEST else _USUAL_END


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
