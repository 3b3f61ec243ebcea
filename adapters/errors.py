"""Errors named for what to do next. Raised by adapters for a whole call; what concerns one record is an `Outcome`."""


class AdapterError(Exception):
    """Base. Carries who, what and the vendor's answer; never a body, a value or a secret."""

    def __init__(self, sentence: str, *, provider: str, operation: str, status: int | None = None, code: str = "") -> None:
        super().__init__(sentence)
        self.provider = provider
        self.operation = operation
        self.status = status
        self.code = code


class Retry(AdapterError):
    """Nothing was done; the same call may go through later. `after` is in seconds (the vendor's wish, or our guess)."""

    def __init__(
        self, sentence: str, *, provider: str, operation: str, status: int | None = None, code: str = "", after: float = 1.0
    ) -> None:
        super().__init__(sentence, provider=provider, operation=operation, status=status, code=code)
        self.after = after


class Throttled(Retry):
    """The vendor's limit was reached. `policy` names it: `burst`, `search` or `daily`."""

    def __init__(self, sentence: str, *, provider: str, operation: str, policy: str, after: float, code: str = "") -> None:
        super().__init__(sentence, provider=provider, operation=operation, status=429, code=code, after=after)
        self.policy = policy


class UnknownOutcome(AdapterError):
    """The call may or may not have been carried out: read back before doing it again."""


class CallOperator(AdapterError):
    """Configuration, permission or credentials: no retry helps until a person acts. The sentence says what to do."""


class Refused(AdapterError):
    """The vendor refused this request for good."""
