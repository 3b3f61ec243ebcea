"""Who is meant: a CRM record id, a Leadline key or an e-mail address, as somebody types it."""

import re
from collections.abc import Sequence
from typing import Final

from connector.matching import keys_of
from connector.store.engine import Engine
from connector.store.lookup import Found, records_by_id, records_by_key, records_of
from connector.store.people import people_by_key
from webhooks.salesforce_words import id18

_KEY: Final = re.compile(r"LL-[0-9a-f]{20}")


class NotFoundError(ValueError):
    """Nobody is known by what was given, or more than one record is; the sentence says what to give instead."""


def find_records(engine: Engine, given: str, connection: str = "") -> Sequence[Found]:
    """The records that `given` means; all of one person's where it is an address.

    Raises:
        NotFoundError: there are none.
    """
    wanted = given.strip()
    found = [one for one in _found(engine, wanted) if connection in {"", one.ref.connection}]
    if not found:
        raise NotFoundError(_nobody(wanted, connection))
    return found


def _found(engine: Engine, wanted: str) -> Sequence[Found]:
    if "@" in wanted:
        people = people_by_key(engine, keys_of({"email": wanted}, None))
        return records_of(engine, {person.id for person in people.values()})
    if _KEY.fullmatch(wanted):
        return records_by_key(engine, wanted)
    return records_by_id(engine, [wanted, *filter(None, [id18(wanted)])])


def _nobody(wanted: str, connection: str) -> str:
    where = f" in {connection}" if connection else ""
    if "@" in wanted:
        return (
            f"Nobody is known by this address{where}. An address such as info@ is shared, and a forgotten person has none: "
            "try the CRM record's id."
        )
    return f"No record with this id or key was ever decided about{where}; check it, or give the person's e-mail address."
