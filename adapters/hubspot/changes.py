"""A `Change` as the input of a batch update, or the reason why it will not be one."""

from collections.abc import Mapping

from adapters.hubspot.answers import Property
from adapters.hubspot.batches import Item
from adapters.hubspot.mapping import OWNER, Unfit, is_id, property_text
from adapters.records import Change, Outcome
from config.fields import PERSONS_OUTPUTS
from config.mapping import FieldMapping


def forbidden(change: Change, mapping: FieldMapping) -> Outcome | None:
    """What Leadline must not write, found before any call: anything but the mapping's outputs and the owner."""
    strangers = tuple(sorted(name for name in change.outputs if name not in mapping.outputs or name in PERSONS_OUTPUTS))
    if strangers:
        return Outcome(change.ref, "refused", f"Leadline may not write {', '.join(strangers)}.", fields=strangers)
    if not change.outputs and change.owner_id is None:
        return Outcome(change.ref, "refused", "There is nothing to write.")
    if not is_id(change.ref.id):
        return Outcome(change.ref, "gone", "HubSpot's ids are numbers; this is none.")
    return None


def item(change: Change, trace: str, mapping: FieldMapping, definitions: Mapping[str, Property]) -> Item | Outcome:
    """The input for `change`, outputs and owner together; a refusal if the portal's properties cannot hold its values."""
    texts: dict[str, str] = {}
    misfits: dict[str, str] = {}
    for name, value in change.outputs.items():
        theirs = mapping.outputs[name]
        try:
            texts[theirs] = property_text(value, definitions.get(theirs))
        except Unfit as error:
            misfits[name] = f"{name}: {error}"
    if misfits:
        return Outcome(change.ref, "refused", f"Not sent to HubSpot. {'; '.join(misfits.values())}.", fields=tuple(misfits))
    if change.owner_id is not None:
        texts[OWNER] = change.owner_id
    names = {theirs: name for name, theirs in mapping.outputs.items()} | {OWNER: "owner_id"}
    return Item(ref=change.ref, trace=trace, properties=texts, names=names, id=change.ref.id)
