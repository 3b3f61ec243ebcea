"""Which leads are hot: they go before others, and on the calls that are kept for them."""

from config.fields import Values
from connector.case import Case
from connector.saying import Judged

_TOP_GRADE = "A1"


def is_hot(case: Case, judged: Judged) -> bool:
    """A hand-raise, the top grade, somebody who asks again, a customer, a contact on an open opportunity: where minutes count."""
    asked = judged.scores.hand_raise or case.verdict == "known"
    return asked or judged.scores.grade == _TOP_GRADE or _is_close(case.values)


def _is_close(values: Values) -> bool:
    return values.get("open_opportunity") is True or str(values.get("relationship") or "").strip().lower() == "customer"
