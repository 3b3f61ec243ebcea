"""Settling dead letters: what failed is tried again once its cause is mended, or dropped for a reason."""

from typing import cast

from adapters.records import ObjectName, RecordRef
from connector.store.engine import Engine, Session, transact
from connector.store.letters import Letter, decide_anew, lock_letter, reopen_delivery, settle_letter


class LetterError(ValueError):
    """This letter cannot be settled so; the sentence says why."""


def retry_letter(engine: Engine, number: int) -> Letter:
    """Opens its delivery again, or has its record decided again. Events that were taken in before are not taken in twice.

    Raises:
        LetterError: there is no such open letter, or its delivery is no longer kept.
    """

    def work(session: Session) -> Letter:
        letter = _open(session, number)
        if letter.what in {"delivery", "item"}:
            if not reopen_delivery(session, int(letter.reference)):
                raise LetterError(f"The delivery of letter {number} is no longer kept; drop it, and sweep {letter.connection}.")
        else:
            decide_anew(session, _record_of(letter))
        settle_letter(session, number, "retried")
        return letter

    return transact(engine, work)


def drop_letter(engine: Engine, number: int, why: str) -> Letter:
    """Gives it up for good.

    Raises:
        LetterError: there is no such open letter.
    """

    def work(session: Session) -> Letter:
        letter = _open(session, number)
        settle_letter(session, number, f"dropped: {why}")
        return letter

    return transact(engine, work)


def _open(session: Session, number: int) -> Letter:
    letter = lock_letter(session, number)
    if letter is None:
        raise LetterError(f"There is no dead letter {number}; `leadline deadletters list` shows those there are.")
    if letter.settled_how is not None:
        raise LetterError(f"Dead letter {number} is settled already ({letter.settled_how}).")
    return letter


def _record_of(letter: Letter) -> RecordRef:
    object_, _, record_id = letter.reference.partition("/")
    return RecordRef(letter.connection, cast("ObjectName", object_), record_id)
