# ruff: noqa: G004, G201, PLE1206, TRY301, TRY400  every wrong way to log is the subject here
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY, generate_latest

from adapters.errors import CallOperator, Throttled
from adapters.records import RecordRef
from config.mapping import parse_mapping
from connector import observe
from connector.observe import FIELDS, configure, guarded, record_hash
from connector.packet import open_sealed, seal
from connector.vault import MASK, Secret

LEAD = RecordRef(connection="acme", object="lead", id="00QJ500000AbCdEMAV")
LEAD_VALUES = {
    "first_name": "Zoëline",
    "last_name": "O'Testdottir",
    "email": "zoeline@testdottir.example",
    "phone": "+49 151 1234567",
    "company": "Testdottir & Daughters",
    "comment": "please call my mobile",
    "postal_code": "D-80331",
}
SECRET = "s3cret-Zq3-"
PRIVATE = (*LEAD_VALUES.values(), SECRET)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    for owner, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"), (logging, "raiseExceptions")):
        monkeypatch.setattr(owner, hook, getattr(owner, hook))
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    # basicConfig(force) closes the handlers it finds; pytest still needs its own.
    root.handlers.clear()
    configure(stream, level="debug", clock=lambda: datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


# ── what is shown ──


def test_a_line_shows_its_event_its_level_its_time_and_the_known_fields(output: io.StringIO) -> None:
    structlog.get_logger().info("delivery.stored", connection="acme", count=3, ms=1.5, status=200, rule=None)
    assert lines(output) == [
        {
            "event": "delivery.stored",
            "connection": "acme",
            "count": 3,
            "ms": 1.5,
            "status": 200,
            "rule": None,
            "level": "info",
            "timestamp": "2026-11-22T09:30:00.000+00:00",
        }
    ]


def test_what_was_bound_is_shown_with_every_line(output: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(delivery_id="0193-ab")
    structlog.get_logger().bind(record_hash=record_hash(LEAD)).warning("record.skipped")
    assert (lines(output)[0]["delivery_id"], lines(output)[0]["record_hash"]) == ("0193-ab", record_hash(LEAD))


def test_lines_below_the_level_are_not_written(output: io.StringIO) -> None:
    configure(output, level="warning")
    structlog.get_logger().info("quiet")
    assert output.getvalue() == ""


def test_a_record_is_named_by_a_hash_that_does_not_change() -> None:
    assert record_hash(LEAD) == "d06c52791c321f66"
    assert record_hash(LEAD) != record_hash(RecordRef("acme", "contact", LEAD.id))
    assert LEAD.id not in record_hash(LEAD)


def test_an_error_is_told_by_class_facts_and_our_own_frames(output: io.StringIO) -> None:
    try:
        try:
            open_sealed("AAAA", bytes(32), "p1")
        except ValueError as error:
            raise CallOperator("Reconnect.", provider="hubspot", operation="write", status=403, code="MISSING_SCOPES") from error
    except CallOperator:
        structlog.get_logger().exception("write.failed")
    told, cause = lines(output)[0]["error"]
    facts = {"provider": "hubspot", "operation": "write", "status": 403, "code": "MISSING_SCOPES"}
    assert told == {"class": "adapters.errors.CallOperator", "at": [], **facts}
    assert cause["class"] == "connector.canonical.PacketError"
    assert [frame.split(":")[0] for frame in cause["at"]] == ["connector.packet.open_sealed"]


def test_the_facts_of_a_throttled_call_say_for_how_long(output: io.StringIO) -> None:
    error = Throttled("Wait.", provider="hubspot", operation="search", policy="daily", after=3.5)
    structlog.get_logger().error("call.refused", exc_info=error)
    told = lines(output)[0]["error"][0]
    assert (told["policy"], told["after"], told["status"]) == ("daily", 3.5, 429)


def test_a_library_is_told_by_its_name_and_place(output: io.StringIO) -> None:
    logging.getLogger("waitress.queue").warning("Task queue depth is %d", 7)
    line = lines(output)[0]
    assert (line["event"], line["logger"], line["level"]) == ("library", "waitress.queue", "warning")
    assert line["where"].startswith("test_observe:")


def test_a_librarys_own_level_is_rounded_down(output: io.StringIO) -> None:
    logging.getLogger("rq.worker").log(35, "between warning and error")
    assert lines(output)[0]["level"] == "warning"


def test_an_error_in_a_circle_of_causes_ends(output: io.StringIO) -> None:
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one
    structlog.get_logger().error("odd", exc_info=one)
    assert len(lines(output)[0]["error"]) == 5


# ── what is not ──


def _every_field(log: Any) -> None:
    log.info("lead.read", **LEAD_VALUES, token=SECRET)


def _one_event_text(log: Any) -> None:
    for value in PRIVATE:
        log.info(f"wrote {value}")
        log.info(value)
        log.info("wrote %s", value)


def _a_known_field(log: Any) -> None:
    for value in (*LEAD_VALUES.values(), Secret(SECRET), LEAD_VALUES, [SECRET], SECRET.encode(), ValueError(SECRET)):
        if value != LEAD_VALUES["postal_code"]:  # one word of harmless shape: only the caller can know
            log.info("lead.read", code=value)


def _a_field_name(log: Any) -> None:
    log.info("lead.read", **dict.fromkeys(PRIVATE, 1))


def _what_was_bound(log: Any) -> None:
    structlog.contextvars.bind_contextvars(lead=LEAD_VALUES)
    log.bind(email=LEAD_VALUES["email"]).info("lead.read")


def _a_path(log: Any) -> None:
    log.info("request", path=f"/webhooks/salesforce/acme/{SECRET}/outbound-message")
    log.info("request", path=f"https://x.example/forms/demo/submit?email={LEAD_VALUES['email']}")


def _a_foreign_error(log: Any) -> None:
    try:
        json.loads(f'{{"{SECRET}": {LEAD_VALUES["email"]}')
    except ValueError as error:
        error.add_note(SECRET)
        log.exception("parse.failed")
        log.error("parse.failed", exc_info=error, stack_info=True)
        log.error("parse.failed", exc_info=sys.exc_info())
        log.error("parse.failed", error=error)


def _our_own_errors(log: Any) -> None:
    for attempt in (lambda: parse_mapping(LEAD_VALUES), lambda: seal({SECRET: 0.5}, bytes(32), "p1")):
        try:
            attempt()
        except ValueError:
            log.exception("mapping.refused")
    error = CallOperator(SECRET, provider="hubspot", operation="write", code=LEAD_VALUES["email"])
    log.error("call.refused", exc_info=error)


def _a_chain_of_errors(log: Any) -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError:
            raise RuntimeError(LEAD_VALUES["email"]) from ValueError(LEAD_VALUES["phone"])
    except RuntimeError:
        log.exception("odd")


def _a_library(log: Any) -> None:
    library = logging.getLogger("urllib3.connectionpool")
    library.setLevel(logging.DEBUG)
    library.debug("GET /contacts?email=%s", LEAD_VALUES["email"])
    library.warning(f"token {SECRET}", extra=LEAD_VALUES)
    library.error("row %(email)s", LEAD_VALUES, stack_info=True)
    try:
        raise OSError(SECRET)
    except OSError:
        library.exception(LEAD_VALUES["comment"])


def _a_library_that_logs_wrongly(log: Any) -> None:
    logging.getLogger("rq.worker").warning("%d %d", SECRET)


def _a_warning(log: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRET, stacklevel=1)


def _an_uncaught_error(log: Any) -> None:
    error = RuntimeError(SECRET)
    sys.excepthook(RuntimeError, error, None)


def _an_uncaught_error_in_a_thread(log: Any) -> None:
    def work() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def _an_error_nobody_can_raise(log: Any) -> None:
    class Broken:
        def __del__(self) -> None:
            raise RuntimeError(SECRET)

    Broken()


PATHS: list[Callable[[Any], None]] = [
    _every_field,
    _one_event_text,
    _a_known_field,
    _a_field_name,
    _what_was_bound,
    _a_path,
    _a_foreign_error,
    _our_own_errors,
    _a_chain_of_errors,
    _a_library,
    _a_library_that_logs_wrongly,
    _a_warning,
    _an_uncaught_error,
    _an_uncaught_error_in_a_thread,
    _an_error_nobody_can_raise,
]


@pytest.mark.parametrize("take", PATHS, ids=lambda path: path.__name__.strip("_"))
def test_no_value_gets_out(take: Callable[[Any], None], output: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    take(structlog.get_logger())
    assert lines(output)
    said = output.getvalue() + "".join(capfd.readouterr())
    for value in PRIVATE:
        assert value not in said
        assert json.dumps(value)[1:-1] not in said


def test_the_check_above_would_see_a_value(output: io.StringIO) -> None:
    structlog.get_logger().info("lead.read", code=LEAD_VALUES["postal_code"])
    assert LEAD_VALUES["postal_code"] in output.getvalue()


@given(st.dictionaries(st.text() | st.sampled_from(sorted(FIELDS)), st.text() | st.binary() | st.lists(st.text())))
def test_only_single_words_in_known_fields_are_shown(given_fields: dict[str, Any]) -> None:
    shown = guarded(None, "info", {**given_fields, "event": "lead.read"})
    shown.pop("event")
    for name, value in shown.items():
        assert name in FIELDS or value == MASK
        assert value == MASK or (" " not in value and "@" not in value) or name == "path"


def test_an_event_is_shown_only_where_it_stands_in_the_code(output: io.StringIO) -> None:
    structlog.get_logger().info("hydrate failed")
    structlog.get_logger().info(" ".join(["wrote", "testdottir"]))
    assert [line["event"] for line in lines(output)] == ["hydrate failed", MASK]


# ── metrics ──


def test_every_metric_is_ours_and_says_what_it_counts() -> None:
    ours = [metric for metric in vars(observe).values() if hasattr(metric, "_documentation")]
    assert len(ours) == 14
    for metric in ours:
        assert metric._name.startswith("leadline_")
        assert metric._documentation.endswith(".")


def test_metrics_count_by_their_labels() -> None:
    labels = {"channel": "test", "code": "bad_signature"}
    before = REGISTRY.get_sample_value("leadline_refusals_total", labels) or 0
    observe.REFUSALS.labels(**labels).inc()
    assert REGISTRY.get_sample_value("leadline_refusals_total", labels) == before + 1
    assert b"# HELP leadline_refusals_total Deliveries refused" in generate_latest()
