"""The way in for deliveries, on a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest
from sqlalchemy import text

from connector.store.deliveries import waiting
from connector.store.engine import StoreUnavailableError, transact
from connector.store.inbox import Inbox
from connector.vault import Vault, VaultError, new_key
from connector.wiring import Services


@pytest.fixture
def inbox(services: Services) -> Iterator[Inbox]:
    url = services.engine.url.render_as_string(hide_password=False)
    with closing(Inbox(url, services.vault)) as opened:
        yield opened


def put(inbox: Inbox, number: int) -> bool:
    return inbox.put(connection="acme", channel="hubspot", fingerprint=number.to_bytes(16), body=b"\x00\xff['%s'")


def end_all_sessions_but_ours(services: Services) -> None:
    """As a restart of the server does."""
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    transact(services.engine, lambda session: session.execute(text(others)))


def test_a_delivery_is_kept_whole_and_once(inbox: Inbox, services: Services) -> None:
    assert put(inbox, 1)
    assert not put(inbox, 1)
    assert put(inbox, 2)
    bodies = transact(services.engine, lambda session: session.execute(text("SELECT body FROM delivery")).scalars().all())
    assert [services.vault.open_body(bytes(body), "acme") for body in bodies] == [b"\x00\xff['%s'"] * 2


def test_a_delivery_at_rest_shows_nothing_and_opens_for_its_connection_alone(inbox: Inbox, services: Services) -> None:
    said = b'[{"email": "zoe@acme.example"}]' * 200
    inbox.put(connection="acme", channel="hubspot", fingerprint=bytes(16), body=said)
    [kept] = transact(services.engine, lambda session: session.execute(text("SELECT body FROM delivery")).scalars().all())
    assert b"zoe" not in kept
    assert len(kept) < len(said) / 5
    with pytest.raises(VaultError, match="another connection"):
        services.vault.open_body(bytes(kept), "other")
    with pytest.raises(VaultError, match="altered"):
        services.vault.open_body(bytes(kept[:-1]) + bytes([kept[-1] ^ 1]), "acme")
    assert services.vault.open_body(said, "acme") == said  # stored before bodies were sealed


def test_a_session_that_died_is_replaced(inbox: Inbox, services: Services) -> None:
    assert put(inbox, 1)
    end_all_sessions_but_ours(services)
    assert put(inbox, 2)
    assert waiting(services.engine) == 2


def test_threads_do_not_share_a_session(inbox: Inbox, services: Services) -> None:
    threads = [Thread(target=put, args=(inbox, number)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waiting(services.engine) == 20


def test_a_database_that_is_away_is_said_in_our_own_words() -> None:
    with (
        closing(Inbox("postgresql+psycopg://nobody@/nothing?host=/nonexistent", Vault([new_key()]))) as inbox,
        pytest.raises(StoreUnavailableError),
    ):
        put(inbox, 1)
