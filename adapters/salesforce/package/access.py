"""Two permission sets: what the integration user needs and no more, and what reps see and answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from adapters.kit import Wanted
from adapters.salesforce.org import Describe
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.fields import objects_of, our_fields
from adapters.salesforce.package.tree import branch, leaf
from config.fields import PERSONS_OUTPUTS

INTEGRATION: Final = "Leadline_Integration"
REPS: Final = "Leadline_Reps"

_OBJECTS: Final[Mapping[str, bool]] = {"Account": False, "Contact": True, "Lead": True}
"""Read always; edit where true. A contact cannot be read without its account."""

_RIGHTS: Final = ("ActivitiesAccess", "ApiEnabled", "EditTask", "TransferAnyLead")
"""Tasks for owners, calls, and moving a lead from one owner to another."""


def permission_sets(wanted: Wanted, described: Mapping[str, Describe]) -> Iterator[Component]:
    """
    Args:
        described: by object, as the integration user sees it; fields that are about to be made need not be there.
    """
    yield Component("PermissionSet", INTEGRATION, _integration(wanted, described))
    if rights := [right for object_ in objects_of(wanted) for right in _for_reps(wanted, object_)]:
        yield Component("PermissionSet", REPS, _reps(rights))


def sight(fields: Sequence[str]) -> Component:
    """The integration's permission set, as much of it as it takes to see `fields`: `Lead.Leadline_Route__c`."""
    objects = [_object(name, edit=edit) for name, edit in _OBJECTS.items()]
    words = (leaf("hasActivationRequired", False), leaf("label", "Leadline integration"))
    return Component(
        "PermissionSet", INTEGRATION, branch("PermissionSet", *words, *(_field(one, editable=True) for one in fields), *objects)
    )


def _integration(wanted: Wanted, described: Mapping[str, Describe]) -> Element:
    rights = {**_reads(wanted, described), **_writes(wanted, described)}
    fields = [_field(name, editable=rights[name]) for name in sorted(rights)]
    objects = [_object(name, edit=edit) for name, edit in _OBJECTS.items()]
    users = [branch("userPermissions", leaf("enabled", True), leaf("name", name)) for name in _RIGHTS]
    about = "What Leadline's integration user may do: read what is mapped, edit what is written, make tasks. It cannot delete."
    words = (leaf("description", about), leaf("hasActivationRequired", False), leaf("label", "Leadline integration"))
    return branch("PermissionSet", *words, *fields, *objects, *users)


def _reads(wanted: Wanted, described: Mapping[str, Describe]) -> dict[str, bool]:
    """Of mapped inputs, those whose visibility can be granted: a required field is visible to all, and takes no grant."""
    object_ = wanted.mapping.object
    found = (described[object_].grantable(field) for field in wanted.mapping.inputs.values())
    return {f"{object_}.{name}": False for name in found if name}


def _writes(wanted: Wanted, described: Mapping[str, Describe]) -> dict[str, bool]:
    own = {
        f"{object_}.{one.field}": one.output not in PERSONS_OUTPUTS
        for object_ in objects_of(wanted)
        for one in our_fields(wanted, object_)
    }
    theirs = {
        f"{object_}.{name}": one.output not in PERSONS_OUTPUTS
        for object_ in objects_of(wanted)
        for one in wanted.on(object_)
        if not one.ours and object_ in described and (name := described[object_].grantable(one.field))
    }
    return own | theirs


def _for_reps(wanted: Wanted, object_: str) -> Iterator[Element]:
    for one in our_fields(wanted, object_):
        yield _field(f"{object_}.{one.field}", editable=one.output in PERSONS_OUTPUTS)


def _reps(rights: Sequence[Element]) -> Element:
    about = "Shows reps what Leadline decided and why, and lets them answer."
    words = (leaf("description", about), leaf("hasActivationRequired", False), leaf("label", "Leadline for reps"))
    return branch("PermissionSet", *words, *rights)


def _field(name: str, *, editable: bool) -> Element:
    return branch("fieldPermissions", leaf("editable", editable), leaf("field", name), leaf("readable", True))


def _object(name: str, *, edit: bool) -> Element:
    """Without "View All", a lead in somebody else's queue could not be read, and would wait for ever."""
    no = [leaf(right, False) for right in ("allowCreate", "allowDelete", "modifyAllRecords")]
    yes = (leaf("allowRead", True), leaf("allowEdit", edit), leaf("viewAllRecords", True))
    return branch("objectPermissions", *no, *yes, leaf("object", name))
