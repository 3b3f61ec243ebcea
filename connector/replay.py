"""Replay: every packet decided again from what it holds, and compared with itself byte for byte.

Nothing is looked up that could have changed since: the facts and the standing come out of the packet, the policy and the
profile are read in the versions it names. What still must be the same is the code and the time-zone data (`editions.py`).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any, Final, Literal

from adapters.records import RecordRef
from config.policy import Policy, PolicyError, load_policy
from config.profile import Profile, ProfileError, load_profile
from connector.canonical import PacketError, canonical
from connector.case import case_from
from connector.judgement import judge, place
from connector.packet import open_sealed
from connector.standing import standing_from
from connector.store.keys import SealedPacket
from connector.vault import Vault, VaultError

Articles = Callable[[str, str], str | None]
"""(`policy` or `profile`, version) to its text."""

Outcome = Literal["reproduced", "erased", "different", "unreadable"]

_MISSHAPEN: Final = (KeyError, TypeError, ValueError, AttributeError)
"""What reading something else than a packet of this version raises."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one packet."""

    seq: int
    packet_id: str
    outcome: Outcome
    """erased: the person was forgotten · unreadable: its policy or profile is missing, or its sealed part does not open."""
    where: str = ""
    """The first place that differs, or what is missing. Never a value."""
    edition: str = ""
    """The code and time-zone data that decided."""

    @property
    def fine(self) -> bool:
        return self.outcome in {"reproduced", "erased"}


@dataclass(frozen=True, slots=True)
class Replay:
    """Decides packets again."""

    vault: Vault
    policy: Callable[[str], Policy | None]
    profile: Callable[[str], Profile | None]

    def run(self, packets: Iterable[SealedPacket]) -> Iterator[Replayed]:
        """One by one, as they are asked for; never raises for what is wrong with a packet."""
        return (self.one(packet) for packet in packets)

    def one(self, packet: SealedPacket) -> Replayed:
        document = json.loads(packet.body)
        try:
            outcome, where = self._outcome(document, packet.wrapped_key)
        except VaultError:
            outcome, where = "unreadable", "its key"
        except PacketError:
            outcome, where = "unreadable", "sealed"
        except _MISSHAPEN:
            outcome, where = "unreadable", "the packet"
        edition = document.get("versions", {}).get("code", "")
        return Replayed(packet.seq, str(document.get("id")), outcome, where, edition)

    def _outcome(self, document: Mapping[str, Any], wrapped_key: bytes | None) -> tuple[Outcome, str]:
        if wrapped_key is None:
            return "erased", ""
        ref = RecordRef(document["connection"], document["record"]["object"], document["record"]["id"])
        facts = open_sealed(document["sealed"], self.vault.unwrap(wrapped_key, ref), document["id"])
        policy, profile = self.policy(document["versions"]["policy"]), self.profile(document["versions"]["profile"])
        if policy is None or profile is None:
            return "unreadable", "versions.policy" if policy is None else "versions.profile"
        again = canonical(decide_again(ref, facts, policy, profile))
        stored = {"decided_at": document["decided_at"], "decision": document["decision"], "words": facts["words"]}
        if again == canonical(stored):
            return "reproduced", ""
        return "different", first_difference(stored, json.loads(again))


def decide_again(ref: RecordRef, facts: Mapping[str, Any], policy: Policy, profile: Profile) -> dict[str, Any]:
    """The moment, the decision section and the words that these facts lead to.

    Raises:
        KeyError, TypeError, ValueError: they are not the facts of a packet of this version.
    """
    case = case_from(ref, facts)
    placed = place(case, judge(case, policy, profile), standing_from(facts["standing"]), policy, profile)
    return {"decided_at": placed.outputs["decided_at"], "decision": dict(placed.section), "words": dict(placed.words)}


def replay_with(vault: Vault, articles: Articles) -> Replay:
    """A replay that reads each version of a policy or profile once."""

    @cache
    def policy(version: str) -> Policy | None:
        text = articles("policy", version)
        with suppress(PolicyError):  # written for another version of Leadline
            return None if text is None else load_policy(text)
        return None

    @cache
    def profile(version: str) -> Profile | None:
        text = articles("profile", version)
        with suppress(ProfileError):
            return None if text is None else load_profile(text)
        return None

    return Replay(vault, policy, profile)


_NOTHING = object()


def first_difference(stored: object, again: object, path: str = "") -> str:
    """The path of the first place where two JSON trees differ, as `decision.owner.why`; empty where they are the same."""
    if type(stored) is not type(again):
        return path or "the whole"
    pairs: Iterator[tuple[str, object, object]]
    if isinstance(stored, dict) and isinstance(again, dict):
        pairs = ((name, stored.get(name, _NOTHING), again.get(name, _NOTHING)) for name in sorted({*stored, *again}))
    elif isinstance(stored, list) and isinstance(again, list):
        both = zip_longest(stored, again, fillvalue=_NOTHING)
        pairs = ((str(place_), one, other) for place_, (one, other) in enumerate(both))
    else:
        return "" if stored == again else path or "the whole"
    return next(filter(None, (first_difference(one, other, f"{path}.{name}".lstrip(".")) for name, one, other in pairs)), "")
