"""Rotating the secret keys: a new key first, everything sealed anew under it in batches, and then the old ones can go.

It can be interrupted anywhere and begun again: what is under the newest key already is passed over.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from connector.store.engine import Engine, transact
from connector.store.sealed import (
    BODIES,
    SealedBody,
    WrappedKey,
    bodies_page,
    body_counts,
    replace_bodies,
    replace_text,
    replace_wrapped,
    sealed_texts,
    wrapped_counts,
    wrapped_page,
)
from connector.vault import Vault, VaultError

BATCH: Final = 1_000
"""Record keys resealed in one transaction."""

BODY_BATCH: Final = 100
"""Deliveries resealed in one transaction: each may have megabytes."""

LOST: Final = "lost"
"""What no listed key opens is counted under this id, if its own is not known."""


class KeyRingError(ValueError):
    """The keys cannot be changed like this; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key, and what is sealed under it."""

    id: str
    listed: bool
    connections: int = 0
    tokens: int = 0
    record_keys: int = 0
    deliveries: int = 0
    """Dead letters with a body, too."""

    @property
    def used(self) -> bool:
        return bool(self.connections or self.tokens or self.record_keys or self.deliveries)


def key_uses(engine: Engine, vault: Vault) -> Sequence[KeyUse]:
    """Every listed key, newest first, and then those that something is sealed under although they are not listed."""
    texts: Counter[tuple[str, str]] = Counter()
    for one in sealed_texts(engine):
        texts[one.table, vault.key_of(one.sealed) or LOST] += 1
    wrapped, bodies = wrapped_counts(engine), body_counts(engine)
    ids = dict.fromkeys([*vault.key_ids, *sorted(wrapped), *sorted(bodies), *(id_ for _, id_ in sorted(texts))])
    return [
        KeyUse(id_, id_ in vault.key_ids, texts["connection", id_], texts["token", id_], wrapped.get(id_, 0), bodies.get(id_, 0))
        for id_ in ids
    ]


@dataclass(frozen=True, slots=True)
class Resealed:
    """What one round of resealing did."""

    texts: int = 0
    record_keys: int = 0
    deliveries: int = 0
    lost: int = 0
    """What no listed key opens; it stays as it is."""


def reseal(engine: Engine, vault: Vault, told: Callable[[int], None] = lambda _: None) -> Resealed:
    """Moves everything to the newest key, each batch in a transaction of its own; `told` hears how many record keys are done."""
    texts, lost = _reseal_texts(engine, vault)
    done, after = 0, None
    while page := wrapped_page(engine, after, vault.key_ids[0], BATCH):
        after = page[-1].ref
        moved = [(one, new) for one in page if (new := _rewrapped(vault, one))]
        lost += len(page) - len(moved)
        done += transact(engine, lambda session, moved=moved: replace_wrapped(session, moved))  # type: ignore[misc]
        told(done)
    bodies, closed = _reseal_bodies(engine, vault)
    return Resealed(texts, done, bodies, lost + closed)


def _reseal_bodies(engine: Engine, vault: Vault) -> tuple[int, int]:
    """Deliveries of before bodies were sealed are sealed with the others."""
    done = lost = 0
    for table in BODIES:
        after = 0
        while page := bodies_page(engine, table, after, vault.key_ids[0], BODY_BATCH):
            after = page[-1].id
            moved = [(one, new) for one in page if (new := _resealed(vault, one))]
            lost += len(page) - len(moved)
            done += transact(engine, lambda session, moved=moved: replace_bodies(session, moved))  # type: ignore[misc]
    return done, lost


def _resealed(vault: Vault, one: SealedBody) -> bytes | None:
    try:
        return vault.reseal_body(one.body, one.connection)
    except VaultError:
        return None


def _reseal_texts(engine: Engine, vault: Vault) -> tuple[int, int]:
    done = lost = 0
    for one in sealed_texts(engine):
        id_ = vault.key_of(one.sealed)
        if id_ is None:
            lost += 1
        elif id_ != vault.key_ids[0]:
            new = vault.rotate(one.sealed)
            done += transact(engine, lambda session, one=one, new=new: replace_text(session, one, new))  # type: ignore[misc]
    return done, lost


def _rewrapped(vault: Vault, one: WrappedKey) -> bytes | None:
    try:
        return vault.rewrap(one.wrapped, one.ref)
    except VaultError:
        return None
