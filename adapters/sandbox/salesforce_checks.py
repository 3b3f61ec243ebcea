"""What the platform refuses in a package, component by component."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from adapters.sandbox.salesforce_catalogue import permission_set_tree, queue_tree, right_word
from adapters.sandbox.salesforce_components import READ_ONLY, Component
from adapters.sandbox.salesforce_conditions import of_rule
from adapters.sandbox.salesforce_dependencies import LABELS, uses
from adapters.sandbox.salesforce_draft import Draft
from adapters.sandbox.salesforce_fields import OBJECTS, definition, problems, spec
from adapters.sandbox.salesforce_flows import flow_trigger, is_record_triggered, messages, rule_trigger
from adapters.sandbox.salesforce_formula import FormulaError, formula
from adapters.sandbox.salesforce_setup_objects import OBJECT_RIGHTS, SYSTEM_RIGHTS
from adapters.sandbox.salesforce_tree import Tree, child, flag, text, texts, trees

ORDER: Final = (
    "CustomObject", "CustomField", "RecordType", "BusinessProcess", "Queue", "PermissionSet", "WorkflowFieldUpdate",
    "WorkflowOutboundMessage", "WorkflowTask", "WorkflowAlert", "WorkflowRule", "Workflow", "ValidationRule", "AssignmentRule",
    "AssignmentRules", "Flow", "FlowDefinition", "LeadConvertSettings", "ListView", "Report",
)  # fmt: skip
"""What comes earlier may be used by what comes later; anything else comes last."""

MAX_ENDPOINT: Final = 255


def rank(type_: str) -> int:
    return ORDER.index(type_) if type_ in ORDER else len(ORDER)


def refusals(component: Component, draft: Draft) -> list[str]:
    """What is wrong with a component about to be put in; empty if nothing is."""
    if component.type in READ_ONLY:
        return [f"This org takes no {component.type}; the sandbox's own control calls set it up"]
    check = _CHECKS.get(component.type)
    if check is None:
        return []
    try:
        return list(check(component, draft))
    except FormulaError as error:
        return [str(error)]


def removal_refusals(type_: str, name: str, draft: Draft) -> list[str]:
    """What stands in the way of deleting an existing component."""
    if type_ == "Flow":
        bare = name.partition("-")[0]
        return ["insufficient access rights on cross-reference id"] if draft.flow_is_active(bare) else []
    if type_ == "Queue" and draft.owned_by(name):
        return [f"You can't delete this queue because it owns {draft.owned_by(name)} records"]
    if type_ == "PermissionSet" and draft.assignees(name):
        return ["You can't delete a permission set that's assigned to a user"]
    users = sorted({(LABELS[use.type], use.name) for use in uses(draft.every()) if use.uses == (type_, name)})
    what = "custom field" if type_ == "CustomField" else "component"
    named = " ".join(f"This {what} is referenced elsewhere in salesforce.com. : {label} - {user}." for label, user in users)
    return [named] if named else []


def canonical(component: Component) -> Tree:
    """A component as the org would show it, so that a second deployment of the same is seen to change nothing."""
    make = _CANONICAL.get(component.type)
    return make(component.tree) if make else component.tree


# one check for each type


def _object(component: Component, draft: Draft) -> Iterator[str]:
    if not draft.has_object(component.name):
        yield f"This org has no object {component.name}, and keeps no custom ones"


def _custom_field(component: Component, draft: Draft) -> Iterator[str]:
    object_, _, name = component.name.partition(".")
    if object_ not in OBJECTS:
        yield f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_}"
        return
    if not name.endswith("__c"):
        yield f"This org keeps standard fields such as {component.name} as they are"
        return
    yield from problems(name, component.tree)
    old = draft.base("CustomField", component.name)
    unique = flag(component.tree, "unique") and not (old and flag(old.tree, "unique"))
    if unique and draft.duplicates(object_, name):
        yield "Cannot make the field unique: there are records with the same value"


def _validation_rule(component: Component, draft: Draft) -> Iterator[str]:
    object_ = component.name.partition(".")[0]
    yield from _needs(component.tree, "errorConditionFormula", "errorMessage")
    formula(text(component.tree, "errorConditionFormula"), draft.known(object_))


def _permission_set(component: Component, draft: Draft) -> Iterator[str]:
    yield from _needs(component.tree, "label")
    for entry in trees(component.tree, "fieldPermissions"):
        object_, _, field = text(entry, "field").partition(".")
        if not draft.has_object(object_) or not draft.known(object_)(field):
            yield f"In field: field - no CustomField named {object_}.{field} found"
        elif flag(entry, "editable") and not flag(entry, "readable"):
            yield f"The field permission {object_}.{field} is editable and must be readable too"
    for entry in trees(component.tree, "objectPermissions"):
        if not draft.has_object(text(entry, "object")):
            yield f"In field: field - no CustomObject named {text(entry, 'object')} found"
        if _rights(entry) - {"Read"} and "Read" not in _rights(entry):
            yield f"Permission {text(entry, 'object')} depends on permission(s): Read {text(entry, 'object')}"
    unknown = [
        text(entry, "name") for entry in trees(component.tree, "userPermissions") if text(entry, "name") not in SYSTEM_RIGHTS
    ]
    yield from (f"Unknown user permission: {name}" for name in unknown)


def _queue(component: Component, draft: Draft) -> Iterator[str]:
    yield from _needs(component.tree, "name")
    for entry in trees(component.tree, "queueSobject"):
        if text(entry, "sobjectType") != "Lead":
            yield f"Sobject Type: bad value for restricted picklist field: {text(entry, 'sobjectType')}"
    users = texts(child(child(component.tree, "queueMembers"), "users"), "user")
    yield from (f"no User named {user} found" for user in users if not draft.has_user(user))


def _assignment_rule(component: Component, draft: Draft) -> Iterator[str]:
    object_ = component.name.partition(".")[0]
    if object_ != "Lead":
        yield f"This org has assignment rules for leads only, not for {object_}"
    for entry in trees(component.tree, "ruleEntry"):
        of_rule(entry, draft.known(object_), object_)
        name, kind = text(entry, "assignedTo"), text(entry, "assignedToType")
        if kind == "Queue" and draft.get("Queue", name) is None:
            yield f"In field: assignedTo - no Queue named {name} found"
        if kind == "User" and not draft.has_user(name):
            yield f"In field: assignedTo - no User named {name} found"
        if kind not in {"Queue", "User"}:
            yield "Required field is missing: assignedToType"


def _outbound_message(component: Component, draft: Draft) -> Iterator[str]:
    object_ = component.name.partition(".")[0]
    yield from _needs(component.tree, "apiVersion", "endpointUrl", "integrationUser", "name")
    url = text(component.tree, "endpointUrl")
    if urlsplit(url).scheme not in {"http", "https"} or len(url) > MAX_ENDPOINT:
        yield f"Endpoint URL: must be a web address of at most {MAX_ENDPOINT} characters"
    unknown = [name for name in texts(component.tree, "fields") if not draft.known(object_)(name)]
    yield from (f"In field: fields - no CustomField named {object_}.{name} found" for name in unknown)
    user = text(component.tree, "integrationUser")
    if user and not draft.has_user(user):
        yield f"In field: integrationUser - no User named {user} found"


def _field_update(component: Component, draft: Draft) -> Iterator[str]:
    object_ = component.name.partition(".")[0]
    yield from _needs(component.tree, "field", "name", "operation")
    if not draft.known(object_)(text(component.tree, "field")):
        yield f"In field: field - no CustomField named {object_}.{text(component.tree, 'field')} found"


def _workflow_rule(component: Component, draft: Draft) -> Iterator[str]:
    object_ = component.name.partition(".")[0]
    for action in trees(component.tree, "actions"):
        type_ = f"Workflow{text(action, 'type')}"
        if draft.get(type_, f"{object_}.{text(action, 'name')}") is None:
            yield f"In field: action - no {type_} named {object_}.{text(action, 'name')} found"
    rule_trigger(component.name, component.tree, {}, draft.known)


def _flow(component: Component, draft: Draft) -> Iterator[str]:
    yield from _needs(component.tree, "label", "processType", "status")
    if text(component.tree, "status") not in {"Active", "Draft", "Obsolete", "InvalidDraft"}:
        yield f"'{text(component.tree, 'status')}' is not a valid value for the enum 'FlowVersionStatus'"
    for name in messages(component.tree):
        if draft.get("WorkflowOutboundMessage", name) is None:
            yield f"The action {name} of type outboundMessage isn't available"
    if text(component.tree, "status") == "Active" and is_record_triggered(component.tree):
        object_ = text(child(component.tree, "start"), "object")
        if not draft.has_object(object_):
            yield f"The object {object_} isn't available"
        else:
            flow_trigger(component.name, component.tree, draft.known)


def _flow_definition(component: Component, draft: Draft) -> Iterator[str]:
    if draft.get("Flow", component.name) is None:
        yield f"no Flow named {component.name} found"


def _convert_settings(component: Component, draft: Draft) -> Iterator[str]:
    for mapping in trees(component.tree, "objectMapping"):
        target = text(mapping, "outputObject")
        for pair in trees(mapping, "mappingFields"):
            for object_, field in (("Lead", text(pair, "inputField")), (target, text(pair, "outputField"))):
                if not draft.has_object(object_) or not draft.known(object_)(field):
                    yield f"In field: mappingFields - no CustomField named {object_}.{field} found"


def _record_type(component: Component, draft: Draft) -> Iterator[str]:
    del draft
    yield from _needs(component.tree, "active", "label")


def _list_view(component: Component, draft: Draft) -> Iterator[str]:
    del draft
    yield from _needs(component.tree, "filterScope", "label")


def _needs(content: Tree, *names: str) -> Iterator[str]:
    yield from (f"Required field is missing: {name}" for name in names if not text(content, name))


_CHECKS: Final[Mapping[str, Callable[[Component, Draft], Iterator[str]]]] = {
    "CustomObject": _object,
    "CustomField": _custom_field,
    "ValidationRule": _validation_rule,
    "PermissionSet": _permission_set,
    "Queue": _queue,
    "AssignmentRule": _assignment_rule,
    "WorkflowOutboundMessage": _outbound_message,
    "WorkflowFieldUpdate": _field_update,
    "WorkflowRule": _workflow_rule,
    "Flow": _flow,
    "FlowDefinition": _flow_definition,
    "LeadConvertSettings": _convert_settings,
    "RecordType": _record_type,
    "ListView": _list_view,
}

# the org's own form of what it shows from its schema and records


def field_rights(content: Tree) -> dict[str, tuple[bool, bool]]:
    entries = trees(content, "fieldPermissions")
    return {text(entry, "field"): (flag(entry, "readable"), flag(entry, "editable")) for entry in entries}


def object_rights(content: Tree) -> dict[str, frozenset[str]]:
    return {text(entry, "object"): _rights(entry) for entry in trees(content, "objectPermissions")}


def system_rights(content: Tree) -> frozenset[str]:
    return frozenset(text(entry, "name") for entry in trees(content, "userPermissions") if flag(entry, "enabled"))


def _rights(entry: Tree) -> frozenset[str]:
    return frozenset(right for right in OBJECT_RIGHTS if flag(entry, right_word(right)))


def _canonical_set(content: Tree) -> Tree:
    seen = {name: rights for name, rights in field_rights(content).items() if any(rights)}
    return permission_set_tree(
        text(content, "label"), text(content, "description"), seen, object_rights(content), system_rights(content)
    )


def _canonical_queue(content: Tree) -> Tree:
    objects = [text(entry, "sobjectType") for entry in trees(content, "queueSobject")]
    users = texts(child(child(content, "queueMembers"), "users"), "user")
    return queue_tree(text(content, "name"), text(content, "email"), objects, users)


_CANONICAL: Final[Mapping[str, Callable[[Tree], Tree]]] = {
    "CustomField": lambda content: definition(spec("X__c", content)),
    "PermissionSet": _canonical_set,
    "Queue": _canonical_queue,
}
