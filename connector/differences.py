"""What is left to write: the difference between what was decided and what stands in the CRM, less what a person set there."""

from dataclasses import dataclass, replace
from datetime import datetime

from adapters.records import Change
from config.fields import PERSONS_OUTPUTS, QUIET_OUTPUTS, Value, Values
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


def plan_write(scene: Scene, write: Write, standing: Standing) -> Plan:
    """Finds the difference. A value or owner that a person set stays."""
    different = {
        name: value
        for name, value in write.outputs.items()
        if name not in PERSONS_OUTPUTS and not same(value, standing.outputs.get(name))
    }
    kept = {name for name in different if _persons(name, standing.outputs.get(name), write)}
    owner_id, owner_kept = _owner(scene, write, standing)
    return Plan(
        write=write,
        standing=standing,
        outputs={name: value for name, value in different.items() if name not in kept},
        owner_id=owner_id,
        kept=(*sorted(kept), *(["owner"] if owner_kept else [])),
    )


def _persons(name: str, present: Value, write: Write) -> bool:
    """Whether the present value of one of our fields is a person's: there, and neither written nor tried by us."""
    if present is None or name in QUIET_OUTPUTS:
        return False
    if not write.written and not write.tried:
        return False  # our first write to this record: what stands in our fields is an earlier installation's
    ours = [write.written.get(name), *(tried["outputs"].get(name) for tried in write.tried)]
    return not any(same(value, present) for value in ours)


def _owner(scene: Scene, write: Write, standing: Standing) -> tuple[str | None, bool]:
    wanted, present = write.owner_id, standing.owner_id
    if not scene.writes_owner(write.ref.connection):  # decided before it became somebody else's to set
        return None, False
    if (wanted is None and not write.hand_over) or (wanted is not None and wanted == present):
        return None, False
    if scene.set_by_person(write.ref.connection, present, our_owners(write)):
        return None, True
    return wanted, False


def our_owners(write: Write) -> frozenset[str | None]:
    return frozenset([write.written_owner, *(tried["owner_id"] for tried in write.tried)])


def same(wanted: Value, present: Value) -> bool:
    """Whether the CRM shows what we wrote. It cuts long texts to the field's length, at a word."""
    if wanted in {None, ""} or present in {None, ""}:
        return wanted in {None, ""} and present in {None, ""}
    if isinstance(wanted, str) and isinstance(present, str):
        return wanted == present or (len(present) >= 40 and wanted.startswith(present.removesuffix("…").rstrip()))
    return str(wanted) == str(present)
