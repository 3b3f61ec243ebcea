"""What is left to write: the difference between what was decided and what stands in the CRM, less what a person set there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.records import LANE, Change
from config.fields import PERSONS_OUTPUTS, QUIET_OUTPUTS, Value, Values
from config.mapping import FieldMapping, is_own
from connector.scene import Scene
from connector.store.outbox import Write


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as it was read, whenever that was."""

    outputs: Values
    owner_id: str | None
    modified_at: datetime
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """One row's write. An empty `change` makes no call."""

    write: Write
    standing: Standing
    outputs: Values
    owner_id: str | None
    kept: tuple[str, ...]
    """Fields, or `owner`, in which a person's value was left alone."""
    handed_to: str | None = None
    """Whom the org's own rule chose, as read back after the hand-over."""

    @property
    def empty(self) -> bool:
        return self.owner_id is None and not self.hand_over and not any(name not in QUIET_OUTPUTS for name in self.outputs)

    @property
    def hand_over(self) -> bool:
        """Once per decision: an unanswered hand-over is taken to have happened, and whoever owns the record now is the answer."""
        return self.write.hand_over and self.write.unanswered_for is None and "owner" not in self.kept

    @property
    def overwritten(self) -> Values:
        """What stands now in the fields that will be written."""
        return {name: self.standing.outputs.get(name) for name in self.outputs}

    def owner_kept(self, owner_id: str) -> "Plan":
        """The plan as it would have been, had we seen that a person had chosen `owner_id`."""
        standing = replace(self.standing, owner_id=owner_id)
        return replace(self, standing=standing, owner_id=None, kept=(*self.kept, "owner"))

    def change(self) -> Change:
        return Change(
            ref=self.write.ref,
            outputs=self.outputs,
            owner_id=self.owner_id,
            unless_modified_since=self.standing.modified_at if self.owner_id else None,
            hand_over=self.hand_over,
        )


_UNDATED: Final[Mapping[str, datetime]] = {}


def plan_write(scene: Scene, write: Write, standing: Standing, changed: Mapping[str, datetime] = _UNDATED) -> Plan:
    """Finds the difference, and what of it the mapping's overwrite rules let go. An owner that a person set stays.

    Args:
        changed: when the outputs that `to_be_dated` names were changed last; what is absent could not be told, and stays.
    """
    mapping = scene.writable_of(write.ref)
    different = _different(mapping, write, standing)
    kept = {name for name in different if _stays(mapping, name, write, standing, changed)}
    owner_id, owner_kept = _owner(scene, write, standing)
    return Plan(
        write=write,
        standing=standing,
        outputs={name: value for name, value in different.items() if name not in kept},
        owner_id=owner_id,
        kept=(*sorted(kept), *(["owner"] if owner_kept else [])),
    )


def to_be_dated(scene: Scene, write: Write, standing: Standing) -> tuple[str, ...]:
    """Outputs of which the newer value wins, and in which something stands that is not ours."""
    mapping = scene.writable_of(write.ref)
    return tuple(
        name
        for name in _different(mapping, write, standing)
        if mapping.terms_of(name).overwrite == "newest_wins"
        and not _empty(standing.outputs.get(name))
        and not _ours(mapping, name, write, standing)
    )


def _different(mapping: FieldMapping, write: Write, standing: Standing) -> dict[str, Value]:
    """What does not stand there yet. An output that was taken out of the mapping since the decision is nobody's business,
    and one that no installation listed is nobody's yet."""
    return {
        name: value
        for name, value in write.outputs.items()
        if name in mapping.outputs
        and name not in PERSONS_OUTPUTS
        and not _stands(mapping, name, value, standing.outputs.get(name))
    }


def _stands(mapping: FieldMapping, name: str, wanted: Value, present: Value) -> bool:
    """Whether the field shows what we wanted, as far as the row's transform lets it."""
    return same(wanted, present) or same(mapping.transform_of(name).through(wanted), present)


def _stays(mapping: FieldMapping, name: str, write: Write, standing: Standing, changed: Mapping[str, datetime]) -> bool:
    """Whether the row's rule keeps what stands there."""
    if _empty(standing.outputs.get(name)):
        return False
    match mapping.terms_of(name).overwrite:
        case "ours_wins":
            return False
        case "fill_blanks":
            return True
        case "newest_wins":
            return not _ours(mapping, name, write, standing) and _newer(changed.get(name), write)
        case "never_over_a_persons":
            return _persons(mapping, name, write, standing)


def _newer(changed_at: datetime | None, write: Write) -> bool:
    """Whether a value was set after the news that we decided on; both are told to the second, and the same one is no news."""
    return changed_at is None or changed_at.replace(microsecond=0) > write.source_at.replace(microsecond=0)


def _persons(mapping: FieldMapping, name: str, write: Write, standing: Standing) -> bool:
    """Whether what stands there is a person's: neither written nor tried by us, and no leftover of ours either."""
    own = is_own(mapping.outputs[name])
    if own and name in QUIET_OUTPUTS:
        return False
    if own and not write.written and all("of" in tried for tried in write.tried):
        return False  # our first write to this record: what stands in our fields is an earlier installation's, or came by a merge
    return not _ours(mapping, name, write, standing)


def _ours(mapping: FieldMapping, name: str, write: Write, standing: Standing) -> bool:
    ours = [write.written.get(name), *(one["outputs"].get(name) for one in (*write.tried, *write.inherited))]
    return any(_stands(mapping, name, value, standing.outputs.get(name)) for value in ours)


def _empty(value: Value) -> bool:
    return value is None or value == ""


def _owner(scene: Scene, write: Write, standing: Standing) -> tuple[str | None, bool]:
    wanted, present = write.owner_id, standing.owner_id
    if (wanted is None and not write.hand_over) or (wanted is not None and wanted == present):
        return None, False
    if not scene.writes_owner(write.ref.connection):  # decided before it became somebody else's to set
        return None, False
    if wanted == write.written_owner and wanted is not None and wanted.startswith(LANE) and not present:
        return None, False  # it is there already; no record shows the lane that it is in
    if scene.set_by_person(write.ref.connection, present, our_owners(write)):
        return None, True
    return wanted, False


def our_owners(write: Write) -> frozenset[str | None]:
    return frozenset([write.written_owner, *(one["owner_id"] for one in (*write.tried, *write.inherited))])


def same(wanted: Value, present: Value) -> bool:
    """Whether the CRM shows what we wrote. It cuts long texts to the field's length, at a word."""
    if _empty(wanted) or _empty(present):
        return _empty(wanted) and _empty(present)
    if isinstance(wanted, str) and isinstance(present, str):
        cut = len(present) >= 40 or present.endswith("…")
        return wanted == present or (cut and wanted.startswith(present.removesuffix("…").rstrip()))
    return str(wanted) == str(present)
