"""Putting a mapping in force, and taking it back. Every version stays, with who put it there and when."""

import getpass
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from config.mapping import FieldMapping, mapping_document, parse_mapping
from connector.packet import canonical
from connector.store.connections import CrmConnection
from connector.store.engine import Session, transact
from connector.store.mappings import MappingVersion, lock_mapping, mapping_versions, put_mapping
from connector.wiring import Services

_FIRST: Final = "as it was connected"


class VersionError(ValueError):
    """There is nothing to go back to, or the mapping moved under us; the sentence says which."""


def version_of(mapping: FieldMapping) -> str:
    """16 hexadecimal digits of the document's hash."""
    return _version(mapping_document(mapping))


def _version(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()[:16]


def save(services: Services, crm: CrmConnection, mapping: FieldMapping, what: str) -> str:
    """Puts a checked mapping in force in place of the one that `crm` holds; its version. Workers follow within seconds.

    Raises:
        VersionError: somebody else changed the mapping meanwhile.
    """
    document = mapping_document(mapping)

    def work(session: Session) -> None:
        before = _in_force(session, crm)
        put_mapping(session, crm.name, _version(document), document, who=who(), what=what, before=before.id)

    transact(services.engine, work)
    services.refresh()
    return _version(document)


def undo(services: Services, crm: CrmConnection, to: str = "") -> MappingVersion:
    """Puts the mapping before this one in force again, or the version that `to` begins; again, it goes back further.

    Raises:
        VersionError: there is none.
    """

    def work(session: Session) -> MappingVersion:
        newest = _in_force(session, crm)
        known = mapping_versions(session, crm.name)
        target = _target(known, newest, to)
        document = mapping_document(parse_mapping(target.document))
        put_mapping(session, crm.name, target.version, document, who=who(), what=f"undo {newest.version}", before=target.before)
        return target

    target = transact(services.engine, work)
    services.refresh()
    return target


def _target(known: Sequence[MappingVersion], newest: MappingVersion, to: str) -> MappingVersion:
    if to:
        found = next((one for one in known if one.version.startswith(to)), None)
        if found is None:
            raise VersionError(f"There was never a version {to}; `leadline map NAME history` shows those there were.")
        return found
    found = next((one for one in known if one.id == newest.before), None)
    if found is None:
        raise VersionError("This is the first mapping of the connection; there is nothing before it.")
    return found


def _in_force(session: Session, crm: CrmConnection) -> MappingVersion:
    """The newest version, which is the one in force; a mapping that came with the connection becomes the first.

    Raises:
        VersionError: what is in force is not what `crm` holds.
    """
    document = mapping_document(parse_mapping(lock_mapping(session, crm.name)))
    if _version(document) != version_of(crm.mapping):
        raise VersionError("Somebody else changed this mapping just now; look at it again, then repeat your change.")
    known = mapping_versions(session, crm.name)
    if not known or known[0].version != _version(document):
        before = known[0].id if known else None
        put_mapping(session, crm.name, _version(document), document, who=who(), what=_FIRST, before=before)
        known = mapping_versions(session, crm.name)
    return known[0]


def who() -> str:
    """The user of this machine: there are no other accounts on the command line."""
    return getpass.getuser()
