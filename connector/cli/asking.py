"""Questions to the person at the terminal, each with its option, its environment variable, and a check at once."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from connector.connecting.answers import AnswerError
from connector.connecting.consent import ConsentError

PREFIX = "LEADLINE_CONNECT_"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and where else the answer may come from. A secret is never an option's value: only its file's name is."""

    text: str
    check: Callable[[str], str]
    option: str
    """Empty where only a person can answer."""
    default: str | None = None
    example: str = ""
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.option.strip("-").removesuffix("-file").replace("-", "_").upper()


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks what is not given.

    Args:
        silent: nobody is there to ask; what is not given takes its default or is a usage error.
    """

    silent: bool
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def ask(self, question: Question, given: str | None = None) -> str:
        """The checked answer: as given, or from the environment, or from the person.

        Raises:
            click.UsageError: a given answer is wrong, or is missing where nobody can be asked.
        """
        if given is None and question.option:
            given = self.environment.get(question.variable)
        if given is None and self.silent:
            given = question.default
        if given is not None:
            return _checked(question, given)
        if self.silent:
            raise _missing(question)
        return self._from_person(question)

    def _from_person(self, question: Question) -> str:
        text = question.text + (f" (such as {question.example})" if question.example else "")
        default = "" if question.default is None and question.secret else question.default
        while True:
            try:
                answer = click.prompt(
                    text,
                    default=default,
                    hide_input=question.secret,
                    show_default=bool(default) and not question.secret,
                    err=True,
                )
            except click.exceptions.Abort:
                if sys.stdin.isatty():
                    raise
                raise _missing(question) from None
            try:
                return question.check(str(answer))
            except (AnswerError, ConsentError) as error:
                click.echo(f"  {error}", err=True)


def secret_from(path: Path | None, option: str) -> str | None:
    """A secret out of the file that an option names.

    Raises:
        click.UsageError: it cannot be read.
    """
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{option}: {path} cannot be read ({type(error).__name__}).") from error


def _checked(question: Question, given: str) -> str:
    try:
        return question.check(given)
    except (AnswerError, ConsentError) as error:
        raise click.UsageError(f"{question.option}: {error}") from error


def _missing(question: Question) -> click.UsageError:
    if not question.option:
        return click.UsageError(f"Nobody is there to ask: {question.text}.")
    return click.UsageError(f"Nobody is there to ask: give {question.option} or {question.variable}.")
