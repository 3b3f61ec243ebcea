"""What leaves the process about its own work: log lines and metrics.

A log line is one JSON object on stderr. Personal data and secrets cannot get into it by accident: only fields on a closed list
are shown, and those only as numbers or single words; the event must stand in the code as it is shown, so that no value was put
into it; of an exception only the class, our own frames and the typed facts of our own errors are shown, never its message;
of what libraries log, only who and where.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from types import FrameType
from typing import Final, TextIO

import structlog
from prometheus_client import Counter, Gauge, Histogram
from structlog.typing import EventDict, Processor, WrappedLogger

from adapters.errors import AdapterError
from adapters.records import RecordRef
from connector.vault import MASK, masked

FIELDS: Final = frozenset({
    "account", "after", "attempt", "batch", "calls", "channel", "code", "connection", "count", "crm", "delivery_id", "deadline",
    "decision", "event_id", "field", "job", "kind", "limit", "logger", "method", "mode", "ms", "object", "operation", "outbox_id",
    "outcome", "packet_hash", "path", "policy", "pool", "port", "process", "profile", "provider", "queue", "reason_code",
    "record_hash", "request_id", "route", "rule", "seconds", "signal", "state", "status", "step", "table", "trace", "used",
    "version", "what", "where", "worker",
})  # fmt: skip
"""Every field a log line may show. All others appear with their name and a mask."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,99}")
"""No space and no @: a name, an address or a sentence is none, whatever field it was put into."""
_FIELD_NAME = re.compile(r"[a-z][a-z_]{0,39}")
_OURS = frozenset({"adapters", "config", "connector", "scoring", "webhooks"})
_LONGEST_CAUSE = 5
_ERROR_FACTS = ("provider", "operation", "status", "code", "policy", "after")


def configure(
    stream: TextIO | None = None, level: str = "info", clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Sends everything this process says about itself to `stream` (default: stderr) as guarded JSON lines.

    To be called once, before libraries start: they add handlers of their own only where none is.
    """
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, guarded, structlog.processors.add_log_level, _stamped(clock),
                    structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )  # fmt: skip
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    # Each of these would otherwise print a message with its values on stderr.
    logging.raiseExceptions = False
    log = structlog.get_logger()
    sys.excepthook = lambda _, error, __: log.critical("uncaught", exc_info=error)
    threading.excepthook = lambda lost: log.critical("uncaught in a thread", exc_info=lost.exc_value)
    sys.unraisablehook = lambda lost: log.critical("unraisable", exc_info=lost.exc_value)


def record_hash(ref: RecordRef) -> str:
    """A record's name in a log line: 16 hexadecimal digits, the same in every process."""
    return sha256("\0".join((ref.connection, ref.object, ref.id)).encode()).hexdigest()[:16]


def guarded(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Masks whatever is not known to be harmless."""
    error = _error_of(line.pop("exc_info", None))
    event = line.pop("event", "")
    shown: EventDict = {"event": event if _stands_in_the_code(event) else MASK}
    for name, value in line.items():
        shown[name if _FIELD_NAME.fullmatch(name) else MASK] = _shown(name, value)
    if error:
        shown["error"] = list(_told(error))
    return shown


def _stands_in_the_code(event: object) -> bool:
    """A literal of the function that logs: what was put together while running is none."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  as `logging` and structlog find their callers
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == "structlog":
        frame = frame.f_back
    return isinstance(event, str) and frame is not None and event in frame.f_code.co_consts


def _shown(name: str, value: object) -> object:
    if name not in FIELDS:
        return MASK
    if value is None or isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str):
        return MASK
    if name == "path":
        return masked(value)
    return value if _WORD.fullmatch(value) else MASK


def _error_of(exc_info: object) -> BaseException | None:
    """What was meant by `exc_info`: an exception, True for the present one, or the triple of `sys.exc_info()`."""
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    elif exc_info is True:
        exc_info = sys.exception()
    return exc_info if isinstance(exc_info, BaseException) else None


def _told(error: BaseException | None) -> Iterator[dict[str, object]]:
    """The error and what caused it, the latest first."""
    for _ in range(_LONGEST_CAUSE):
        if error is None:
            return
        yield {"class": f"{type(error).__module__}.{type(error).__qualname__}", "at": _our_frames(error), **_facts(error)}
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _our_frames(error: BaseException) -> list[str]:
    """`module.function:line` of our own code, outermost first."""
    frames = [
        (frame.f_globals.get("__name__", ""), frame.f_code.co_name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return [f"{module}.{function}:{line}" for module, function, line in frames if module.partition(".")[0] in _OURS]


def _facts(error: BaseException) -> dict[str, object]:
    if not isinstance(error, AdapterError):
        return {}
    return {name: _shown(name, getattr(error, name)) for name in _ERROR_FACTS if getattr(error, name, None) not in (None, "")}


def _stamped(clock: Callable[[], datetime]) -> Processor:
    def stamp(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        line["timestamp"] = clock().isoformat(timespec="milliseconds")
        return line

    return stamp


class _Libraries(logging.Handler):
    """What libraries log, without what they say: their messages hold URLs, rows and whatever else they were handed."""

    def emit(self, record: logging.LogRecord) -> None:
        where = f"{record.module}:{record.lineno}"
        structlog.get_logger().log(_level(record), "library", logger=record.name, where=where, exc_info=record.exc_info)


def _level(record: logging.LogRecord) -> int:
    """structlog knows the five named levels only."""
    return max((level for level in (10, 20, 30, 40, 50) if level <= record.levelno), default=logging.DEBUG)


DELIVERIES: Final = Counter(
    "leadline_deliveries_total", "Webhook deliveries, by channel and what became of them.", ["channel", "outcome"]
)
REFUSALS: Final = Counter("leadline_refusals_total", "Deliveries refused, by channel and reason code.", ["channel", "code"])
EVENTS: Final = Counter("leadline_events_total", "Events read out of deliveries.")
ECHOES: Final = Counter("leadline_echoes_total", "Events that were only our own writes coming back.")
DECISIONS: Final = Counter("leadline_decisions_total", "Leads decided, by route.", ["route"])
WRITES: Final = Counter("leadline_writes_total", "Records written to a CRM, by CRM and outcome.", ["crm", "outcome"])
CRM_CALLS: Final = Counter(
    "leadline_crm_calls_total", "HTTP calls to a CRM, by operation and status (0: no answer).", ["crm", "operation", "status"]
)
DEADLETTERS: Final = Counter("leadline_deadletters_total", "What was set aside for a person, by what it is.", ["what"])

WAITING_DELIVERIES: Final = Gauge("leadline_waiting_deliveries", "Deliveries that wait to be opened, now.")
QUEUE_DEPTH: Final = Gauge("leadline_queue_depth", "Rows waiting now, by queue: due, outbox, deadletters, review.", ["queue"])
CALLS_WAITED_FOR: Final = Gauge(
    "leadline_waiting_for_calls",
    "Records that wait for calls to a CRM, by queue (due, outbox) and reason: budget, limit.",
    ["queue", "reason"],
)
QUEUE_AGE: Final = Gauge("leadline_queue_age_seconds", "Age of the oldest waiting row in seconds, by queue.", ["queue"])

RECEIVE_SECONDS: Final = Histogram(
    "leadline_receive_seconds",
    "Seconds from the whole request to its answer, commit included.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
SOURCE_TO_WRITTEN_SECONDS: Final = Histogram(
    "leadline_source_to_written_seconds",
    "Seconds from the source's event to the confirmed write in the CRM.",
    ["crm"],
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600),
)
