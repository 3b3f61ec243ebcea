"""Ports that stay free until our own server comes to bind them."""

import socket
from pathlib import Path

from connector.ports import HOST, free_port


def test_it_is_none_that_an_outgoing_connection_could_be_given() -> None:
    begin = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(1_024 < free_port(3) < begin - 3 for _ in range(50))


def test_all_in_the_row_can_be_listened_on() -> None:
    first = free_port(3)
    listening = [socket.create_server((HOST, first + step)) for step in range(3)]
    for one in listening:
        one.close()
