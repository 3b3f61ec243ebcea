"""Getting a code out of a person's browser: here, or by what they paste."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connector.connecting.callback import Callback
from connector.connecting.consent import Question

UrlOf = Callable[[Question], str]
"""The vendor's consent page for a question."""

Check = Callable[[str], str]
"""Finds the code in what was pasted, or raises what to do."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What came of it, as the first grant needs it."""

    code: str = field(repr=False)
    question: Question

    def credentials(self) -> dict[str, str]:
        return {
            "flow": "authorization_code",
            "code": self.code,
            "redirect_uri": self.question.redirect_uri,
            "code_verifier": self.question.verifier,
        }


def by_callback(url_of: UrlOf, redirect_uri: str, *, seconds: float, show: Callable[[str], None]) -> Consent:
    """Shows the consent page and waits for the browser to come back to this machine.

    Raises:
        ConsentError: refused, or nobody came in time.
    """
    with Callback(redirect_uri) as callback:
        question = Question(callback.redirect_uri)
        with callback.answering(question):  # before it is shown: a browser of the terminal returns only when it is left
            show(url_of(question))
            return Consent(callback.wait(seconds), question)


def by_paste(url_of: UrlOf, redirect_uri: str, *, show: Callable[[str], None], ask: Callable[[Check], str]) -> Consent:
    """Shows the consent page's address and takes what the person pastes; `ask` asks until its check is content.

    Raises:
        ConsentError: the CRM refused.
    """
    question = Question(redirect_uri)
    show(url_of(question))
    return Consent(ask(question.code_pasted), question)
