"""What brings one record together with those in an index: 64-bit numbers, made of a value or of two.

A firm key says by itself that two records may be one person's; where many have it, the newest are looked at. A loose one (a name,
the sound of a name) is followed only where few records have it: what many have counts together with another value, a key of its
own, so that a real duplicate is rarely missed and a common name does not explode.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from scoring.match.folding import skeleton
from scoring.match.profile import Profile

FIRM_CAP: Final = 24
"""Records of one firm key that are looked at."""
LOOSE_CAP: Final = 16
"""A loose key that more records have is not followed."""

_COMPANY_START: Final = 8


@dataclass(frozen=True, slots=True)
class Keys:
    """Signed 64-bit numbers, each once."""

    firm: tuple[int, ...]
    loose: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        return self.firm + self.loose


def keys_of(profile: Profile) -> Keys:
    """Empty for a record that says nothing."""
    firm = tuple(dict.fromkeys(map(_number, _firm(profile))))
    loose = tuple(key for key in dict.fromkeys(map(_number, _loose(profile))) if key not in firm)
    return Keys(firm, loose)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def _firm(profile: Profile) -> Iterator[str]:
    if profile.mailbox:
        yield f"e {profile.mailbox.local}@{profile.mailbox.domain}"
    name = profile.name
    for number in profile.subscribers:
        if name.last:
            yield f"p {number} {skeleton(name.last)}"
    whole = "".join(sorted(f"{name.first} {name.last}".split())) if name.first and name.last else ""
    for place in _workplaces(profile):
        if whole:
            yield f"w {whole} {place}"


def _loose(profile: Profile) -> Iterator[str]:
    name = profile.name
    for number in profile.subscribers:
        yield f"p {number}"
    if profile.mailbox and len(profile.mailbox.local) > 4:
        yield f"l {profile.mailbox.local}"
    first, last = name.first.partition(" ")[0], name.last.rpartition(" ")[2]
    if first and last:
        yield f"n {''.join(sorted(f'{name.first} {name.last}'.split()))}"
        yield f"i {skeleton(last)} {first[0]}"
        yield f"t {first} {last[:2]}"
    if last:
        yield f"s {skeleton(name.last)}"
    yield from _at_work(profile, first, last)


def _at_work(profile: Profile, first: str, last: str) -> Iterator[str]:
    for place in _workplaces(profile):
        if last:
            yield f"k {skeleton(last)} {place}"
        if len(first) > 2:
            yield f"f {first[:3]} {place}"


def _workplaces(profile: Profile) -> tuple[str, ...]:
    organisation = profile.organisation
    start = "".join(sorted(organisation.name.split()))[:_COMPANY_START]
    return tuple(dict.fromkeys(filter(None, (organisation.mail_domain, organisation.web_domain, start))))


def pairs_by_keys(keys: Sequence[Keys]) -> list[tuple[int, int]]:
    """Numbers of the records that an index would bring together, each pair once, the smaller one first."""
    holders: dict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(keys):
        for key in one.all:
            holders[key].append(number)
    pairs: set[tuple[int, int]] = set()
    for number, one in enumerate(keys):
        mates = {mate for key in one.firm for mate in holders[key][-FIRM_CAP:]}
        mates.update(mate for key in one.loose if len(holders[key]) <= LOOSE_CAP for mate in holders[key])
        pairs.update((min(number, mate), max(number, mate)) for mate in mates if mate != number)
    return sorted(pairs)
