"""What the command says when something fails: the sentence of our own errors, the kind of any other."""

import os
import traceback

from adapters.errors import AdapterError
from config.mapping import MappingError
from config.policy import PolicyError
from config.profile import ProfileError
from config.settings import SettingsError
from connector.audit.reading import AuditError
from connector.backfilling import BackfillError
from connector.backup import BackupError
from connector.connecting.answers import AnswerError
from connector.connecting.consent import ConsentError
from connector.connecting.joining import ConnectError
from connector.exports import ExportError
from connector.fieldmap.checks import MappingRefusedError
from connector.fieldmap.versions import VersionError
from connector.handover import ProofError
from connector.installing import InstallError
from connector.keyring import KeyRingError
from connector.letters import LetterError
from connector.lookup import NotFoundError
from connector.nobody import OwnerNameError
from connector.packet import PacketError
from connector.policies import VacantPoolsError
from connector.store.engine import StoreUnavailableError
from connector.store.servers import ServerDidNotStartError
from connector.vault import VaultError

_OURS = (
    AdapterError,
    AuditError,
    AnswerError,
    BackfillError,
    BackupError,
    ConnectError,
    ConsentError,
    ExportError,
    KeyRingError,
    InstallError,
    LetterError,
    MappingError,
    MappingRefusedError,
    NotFoundError,
    OwnerNameError,
    PacketError,
    PolicyError,
    ProfileError,
    ProofError,
    ServerDidNotStartError,
    SettingsError,
    StoreUnavailableError,
    VacantPoolsError,
    VaultError,
    VersionError,
)


def said(error: Exception) -> str:
    """One sentence. LEADLINE_DEBUG=1 adds the traceback, which may hold values."""
    if os.environ.get("LEADLINE_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, _OURS):
        return str(error)
    return f"an unforeseen {type(error).__name__} stopped this; run it again with LEADLINE_DEBUG=1 to see where."
