"""The page to which the browser comes back, as a browser sees it."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests

from connector.connecting.callback import Callback
from connector.connecting.consent import ConsentError, Question


@pytest.fixture
def callback() -> Iterator[Callback]:
    with Callback("http://127.0.0.1:0/callback") as waiting:
        yield waiting


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as one:
        yield one


def waiting(callback: Callback, pool: ThreadPoolExecutor, seconds: float = 20.0) -> tuple[Question, Future[str]]:
    question = Question(callback.redirect_uri)
    shown = threading.Event()

    def wait() -> str:
        with callback.answering(question):
            shown.set()
            return callback.wait(seconds)

    code = pool.submit(wait)
    shown.wait(10)
    return question, code


def test_a_free_port_is_taken_and_said(callback: Callback) -> None:
    assert callback.redirect_uri.startswith("http://127.0.0.1:")
    assert not callback.redirect_uri.endswith(":0/callback")


def test_the_code_arrives_and_the_page_says_so(callback: Callback, pool: ThreadPoolExecutor) -> None:
    question, code = waiting(callback, pool)
    page = requests.get(callback.redirect_uri, {"code": "aPrx%3D", "state": question.state}, timeout=5)
    assert code.result(5) == "aPrx%3D"
    assert page.status_code == 200
    assert "Thank you" in page.text


def test_the_page_is_self_contained_and_kept_nowhere(callback: Callback, pool: ThreadPoolExecutor) -> None:
    question, code = waiting(callback, pool)
    page = requests.get(callback.redirect_uri, {"code": "c0de", "state": question.state}, timeout=5)
    code.result(5)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert not [word for word in ("http:", "https:", "<script", "c0de", question.state) if word in page.text]
    assert "Python" not in page.headers["Server"]


def test_another_attempts_answer_is_turned_away_and_the_right_one_still_counts(
    callback: Callback, pool: ThreadPoolExecutor
) -> None:
    question, code = waiting(callback, pool)
    stray = requests.get(callback.redirect_uri, {"code": "stolen", "state": "another"}, timeout=5)
    bare = requests.get(callback.redirect_uri, {"code": "stolen"}, timeout=5)
    twice = requests.get(f"{callback.redirect_uri}?code=stolen&state={question.state}&state=x", timeout=5)
    assert [one.status_code for one in (stray, bare, twice)] == [400, 400, 400]
    assert "another attempt" in stray.text
    requests.get(callback.redirect_uri, {"code": "ours", "state": question.state}, timeout=5)
    assert code.result(5) == "ours"


def test_what_a_browser_asks_besides_is_no_answer(callback: Callback, pool: ThreadPoolExecutor) -> None:
    question, code = waiting(callback, pool)
    base = callback.redirect_uri.removesuffix("/callback")
    assert requests.get(f"{base}/favicon.ico", timeout=5).status_code == 404
    assert requests.post(callback.redirect_uri, timeout=5).status_code == 501
    with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2]))) as mute:
        mute.sendall(b"\r\n\r\n")
    requests.get(callback.redirect_uri, {"code": "ours", "state": question.state}, timeout=5)
    assert code.result(5) == "ours"


def test_a_refusal_is_said_on_the_page_and_in_the_terminal(callback: Callback, pool: ThreadPoolExecutor) -> None:
    question, code = waiting(callback, pool)
    page = requests.get(callback.redirect_uri, {"error": "access_denied", "state": question.state}, timeout=5)
    with pytest.raises(ConsentError, match="access_denied"):
        code.result(5)
    assert "Not connected" in page.text


def test_what_the_crm_says_is_shown_as_text(callback: Callback, pool: ThreadPoolExecutor) -> None:
    question, code = waiting(callback, pool)
    page = requests.get(callback.redirect_uri, {"error": "<b>no</b>", "state": question.state}, timeout=5)
    with pytest.raises(ConsentError, match="an error"):
        code.result(5)
    assert "<b>" not in page.text


def test_nobody_comes(callback: Callback) -> None:
    with callback.answering(Question(callback.redirect_uri)), pytest.raises(ConsentError, match=r"Nobody agreed.*--no-browser"):
        callback.wait(0.0)


def test_a_connection_that_says_nothing_holds_nobody_up(callback: Callback, pool: ThreadPoolExecutor) -> None:
    """Browsers open some in advance."""
    question, code = waiting(callback, pool)
    with socket.create_connection(("127.0.0.1", callback._server.server_address[1])):
        requests.get(callback.redirect_uri, {"code": "ours", "state": question.state}, timeout=4)
        assert code.result(4) == "ours"


def test_the_first_answer_settles_it(callback: Callback) -> None:
    question = Question(callback.redirect_uri)
    with callback.answering(question):
        for code in ("first", "second"):
            requests.get(callback.redirect_uri, {"code": code, "state": question.state}, timeout=5)
        assert callback.wait(5) == "first"


def test_a_port_that_is_taken_is_said_with_the_way_out(callback: Callback) -> None:
    with pytest.raises(ConsentError, match=r"cannot be listened on .*--no-browser"):
        Callback(callback.redirect_uri)


def test_it_listens_on_this_machine_only(callback: Callback) -> None:
    assert callback._server.server_address[0] == "127.0.0.1"
