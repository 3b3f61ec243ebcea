import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.hubspot.transport import DATED_PATHS, NoAnswer, NotSent, Transport, Untrusted, checked_generation, dated_path
from tests.adapters.hubspot_server import Said, Script, said, serving


@pytest.fixture
def script() -> Iterator[Script]:
    with serving() as running:
        yield running


def transport(url: str, *, generation: str = "v3", total: float = 5.0) -> Transport:
    return Transport(url, generation, connect_seconds=1.0, total_seconds=total)


@pytest.mark.parametrize(
    ("numbered", "dated"),
    [
        ("/crm/v3/objects/contacts/batch/read", "/crm/objects/2026-09/contacts/batch/read"),
        ("/crm/v3/objects/contacts/batch/read?archived=true", "/crm/objects/2026-09/contacts/batch/read?archived=true"),
        ("/crm/v3/objects/tasks/batch/create", "/crm/objects/2026-09/tasks/batch/create"),
        ("/crm/v3/properties/contacts", "/crm/properties/2026-09/contacts"),
        ("/crm/v3/properties/contacts/groups", "/crm/properties/2026-09/contacts/groups"),
        ("/crm/v3/owners/", "/crm/owners/2026-09"),
        ("/crm/v3/owners/41", "/crm/owners/2026-09/41"),
        ("/crm/v4/associations/contacts/tasks/batch/read", "/crm/associations/2026-09/contacts/tasks/batch/read"),
        (
            "/crm/v4/objects/contacts/1/associations/companies/2",
            "/crm/objects/2026-09/contacts/1/associations/companies/2",
        ),
        ("/crm/v3/lists", "/crm/lists/2026-09"),
        ("/oauth/v1/token", "/oauth/2026-09/token"),
        ("/appinstalls/v3/external-install", "/appinstalls/2026-09/external-install"),
    ],
)
def test_numbered_paths_stay_or_become_dated(numbered: str, dated: str) -> None:
    assert dated_path(numbered, "v3") == numbered
    assert dated_path(numbered, "2026-09") == dated


def test_no_row_of_the_table_hides_another() -> None:
    for place, (numbered, _) in enumerate(DATED_PATHS):
        assert not any(numbered.startswith(earlier) for earlier, _ in DATED_PATHS[:place])


def test_a_path_without_a_row_is_never_guessed() -> None:
    with pytest.raises(LookupError, match="/crm/v3/imports"):
        dated_path("/crm/v3/imports/?limit=1", "2026-09")


@pytest.mark.parametrize("api", ["v3", "2026-03", "2026-09", "2027-03"])
def test_generations_that_exist(api: str) -> None:
    assert checked_generation(api) == api


@pytest.mark.parametrize("api", ["", "v4", "2026-9", "2026-05", "2026-09/../x"])
def test_a_generation_that_cannot_be_is_refused(api: str) -> None:
    with pytest.raises(ValueError, match="2026-09"):
        checked_generation(api)


def test_an_answer_is_read_to_its_end(script: Script) -> None:
    body = bytes(200_000)
    script.says(Said(200, body))
    answer = transport(script.url).request("GET", f"{script.url}/crm/v3/owners/")
    assert (answer.status, answer.data) == (200, body)
    assert script.asked[0].path == "/crm/v3/owners/"


def test_an_answer_in_chunks_is_read_to_its_end(script: Script) -> None:
    script.answer = lambda _: Said(200, b"0123456789" * 20_000, chunked=True)
    sender = transport(script.url)
    for _ in range(20):
        assert sender.request("GET", f"{script.url}/").data == b"0123456789" * 20_000
    assert script.connections == 1


def test_chunks_that_break_off_are_no_answer(script: Script) -> None:
    script.says(Said(200, b"5\r\n012", {"Transfer-Encoding": "chunked", "Connection": "close"}))
    with pytest.raises(NoAnswer):
        transport(script.url, total=0.3).request("GET", f"{script.url}/")


def test_an_error_page_in_any_encoding_is_readable_for_the_sdk(script: Script) -> None:
    script.says(Said(502, "gestört".encode("latin-1")))
    answer = transport(script.url).request("GET", f"{script.url}/")
    assert answer.status == 502
    assert answer.data.decode() == "gest�rt"


def test_redirects_and_failures_are_answers_not_repeated(script: Script) -> None:
    script.says(Said(302, b"", {"Location": f"{script.url}/elsewhere"}), Said(503, b"", {"Retry-After": "1"}))
    sender = transport(script.url)
    assert sender.request("POST", f"{script.url}/").status == 302
    assert sender.request("GET", f"{script.url}/").status == 503
    assert len(script.asked) == 2


def test_a_closed_door_is_not_sent() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(NotSent):
        transport(f"http://127.0.0.1:{port}").request("POST", f"http://127.0.0.1:{port}/")


def test_a_dropped_connection_is_no_answer(script: Script) -> None:
    script.says(None)
    with pytest.raises(NoAnswer):
        transport(script.url).request("POST", f"{script.url}/")


def test_half_an_answer_is_no_answer(script: Script) -> None:
    script.says(Said(200, b'{"results": []}', {"Content-Length": "400", "Connection": "close"}))
    with pytest.raises(NoAnswer):
        transport(script.url, total=0.3).request("POST", f"{script.url}/")


def test_an_answer_that_hangs_in_the_middle_is_given_up(script: Script) -> None:
    over = threading.Event()
    script.says(Said(200, b"{}" * 100, trickle=over))
    with pytest.raises(NoAnswer):
        transport(script.url, total=0.2).request("GET", f"{script.url}/")
    over.set()


def test_the_deadline_is_for_the_whole_answer_not_for_each_read(script: Script) -> None:
    script.says(Said(200, b"{}"))
    hours = count(step=3600)
    sender = Transport(script.url, "v3", connect_seconds=1.0, total_seconds=5.0, monotonic=lambda: float(next(hours)))
    with pytest.raises(NoAnswer, match="in time"):
        sender.request("GET", f"{script.url}/")


def test_300_calls_of_every_sort_use_one_connection(script: Script) -> None:
    sorts = [said({"results": []}), said({"category": "X"}, 404), Said(204, b""), said({}, 500), Said(200, bytes(90_000))]
    script.says(*(sorts[n % len(sorts)] for n in range(300)))
    sender = transport(script.url)
    statuses = [sender.request("POST", f"{script.url}/", body="{}").status for _ in range(300)]
    assert statuses == [200, 404, 204, 500, 200] * 60
    assert script.connections == 1
    sender.close()


def test_a_certificate_that_nobody_vouches_for_is_untrusted(tmp_path: Path) -> None:
    with greeting_in_tls(self_signed(tmp_path)) as port, pytest.raises(Untrusted):
        transport(f"https://localhost:{port}").request("POST", f"https://localhost:{port}/")


def test_a_server_without_tls_is_no_answer(script: Script) -> None:
    secure = script.url.replace("http:", "https:")
    with pytest.raises(NoAnswer):
        transport(secure).request("POST", f"{secure}/")


def self_signed(folder: Path) -> Path:
    """Key and certificate of `localhost` in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "localhost.pem"
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file


@contextlib.contextmanager
def greeting_in_tls(pem: Path) -> Iterator[int]:
    """A server that shakes one hand, and what comes of it is the client's affair."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def test_the_log_never_shows_a_body(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script.says(said({"email": "ada@acme.example"}))
    transport(script.url).request(
        "POST", f"{script.url}/", body='{"email": "bob@acme.example"}', headers={"Authorization": "t0k"}
    )
    assert not any(secret in caplog.text for secret in ("ada@", "bob@", "t0k"))
