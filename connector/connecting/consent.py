"""Asking a person in a browser, and telling the answer from any other: state, and PKCE with S256 (RFC 7636)."""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, unquote, urlsplit


class ConsentError(ValueError):
    """No consent came of it; the sentence says why and what to do."""


class StrayAnswerError(ConsentError):
    """An answer to another question than ours: another tab, an earlier attempt, or somebody else's doing."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request for consent. Its secrets live as long as the command."""

    redirect_uri: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def code_in(self, query: str) -> str:
        """The code, out of the query with which the browser was sent back.

        Raises:
            StrayAnswerError: the state is not ours.
            ConsentError: the person said no, or the answer has no code.
        """
        given = parse_qs(query, keep_blank_values=True)
        if not hmac.compare_digest(_one(given, "state").encode(), self.state.encode()):
            raise StrayAnswerError("That answer belongs to another attempt: go on in the tab that was opened last.")
        if error := _one(given, "error"):
            name = error if re.fullmatch(r"[a-zA-Z0-9_.-]{1,60}", error) else "an error"
            raise ConsentError(f"The CRM did not agree ({name}): run the command again, and agree as an administrator.")
        if not _one(given, "code"):
            raise ConsentError("The CRM sent the browser back without a code: run the command again.")
        return _one(given, "code")

    def code_pasted(self, text: str) -> str:
        """The code, out of the whole address in the browser's bar, or pasted by itself.

        A lone code has no state to check; whoever pastes it vouches for it.

        Raises:
            ConsentError: as `code_in`.
        """
        text = text.strip()
        if "code=" in text or "error=" in text or "state=" in text:
            return self.code_in(urlsplit(text).query or text.partition("?")[2] or text)
        if not re.fullmatch(r"[!-~]{4,4096}", text) or "://" in text:
            raise ConsentError("That holds no code: paste the whole address to which the browser was sent, with its ?code=….")
        return unquote(text)


def _one(given: dict[str, list[str]], name: str) -> str:
    """A parameter that stands twice is none: which one was meant?"""
    values = given.get(name, [])
    return values[0] if len(values) == 1 else ""
