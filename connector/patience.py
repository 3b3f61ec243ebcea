"""Asking a CRM again when it says that it is only busy."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from adapters.errors import Retry

T = TypeVar("T")

TRIES: Final = 6
"""Of one call."""

WORTH_WAITING: Final = 60.0
"""Seconds. A longer wait (a day's limit, an account on the move) is for another day."""


def patiently(ask: Callable[[], T], pause: Callable[[float], None] = time.sleep, *, most: float = WORTH_WAITING) -> T:
    """The answer to one call, asked for again after the time that the vendor names, if that is no longer than `most`.

    Raises:
        adapters.errors.AdapterError: waiting does not help, or has not.
    """
    for _ in range(TRIES - 1):
        try:
            return ask()
        except Retry as error:
            if error.after > most:
                raise
            pause(error.after)
    return ask()
