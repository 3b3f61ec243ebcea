"""Record-triggered flows and workflow rules: when they run, and what comes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.sandbox.salesforce_conditions import Known, Test, of_outcome, of_rule, of_start, own_field, value_of
from adapters.sandbox.salesforce_formula import Evaluate, FormulaError, Scope, formula
from adapters.sandbox.salesforce_tree import Tree, child, flag, text, texts, trees

MAX_STEPS: Final = 100
"""Elements visited in one run: a flow that goes in circles ends there."""


@dataclass(frozen=True, slots=True)
class SetField:
    field: str
    value: Evaluate


@dataclass(frozen=True, slots=True)
class Send:
    message: str
    """`Lead.Lead_To_Connector`"""


Effect = SetField | Send

Step = Callable[[Scope], tuple[Sequence[Effect], str]]
"""What one element does, and the name of the next one."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A flow or a rule, ready to run."""

    name: str
    object: str
    on: frozenset[str]
    """`created`, `updated`, `deleted`"""
    before: bool
    """Before the save, where its field updates are part of the save itself."""
    only_on_change: bool
    """An update counts only if the record did not meet the conditions before it."""
    entry: Test
    steps: Mapping[str, Step]
    first: tuple[str, ...]

    def run(self, scope: Scope, prior: Scope) -> Iterator[Effect]:
        """
        Args:
            prior: the record as it was, as if it were present.
        """
        if not self.entry(scope) or (self.only_on_change and not scope.is_new and self.entry(prior)):
            return
        for name in self.first:
            yield from self._path(name, scope)

    def _path(self, name: str, scope: Scope) -> Iterator[Effect]:
        for _ in range(MAX_STEPS):
            step = self.steps.get(name)
            if step is None:
                return
            effects, name = step(scope)
            yield from effects


_ON: Final[Mapping[str, frozenset[str]]] = {
    "Create": frozenset({"created"}),
    "Update": frozenset({"updated"}),
    "CreateAndUpdate": frozenset({"created", "updated"}),
    "Delete": frozenset({"deleted"}),
}
_TRIGGERS: Final = ("RecordBeforeSave", "RecordAfterSave", "RecordBeforeDelete")

_CANNOT_RUN: Final = (
    "apexPluginCalls", "collectionProcessors", "customErrors", "loops", "orchestratedStages", "recordCreates", "recordDeletes",
    "recordLookups", "recordRollbacks", "screens", "steps", "subflows", "transforms", "waits",
)  # fmt: skip


def is_record_triggered(flow: Tree) -> bool:
    return text(child(flow, "start"), "triggerType") in _TRIGGERS


def flow_trigger(name: str, flow: Tree, known: Callable[[str], Known]) -> Trigger:
    """
    Args:
        known: object name to its fields.

    Raises:
        FormulaError: an element that names what does not exist, or one that this org cannot run.
    """
    start = child(flow, "start")
    fields = known(text(start, "object"))
    for kind in _CANNOT_RUN:
        if kind in flow:
            raise FormulaError(
                f"This org cannot run the flow element {kind} ({text(child(flow, kind), 'name')}); deploy it as a draft"
            )
    on = _ON.get(text(start, "recordTriggerType"))
    if on is None:
        raise FormulaError(f"'{text(start, 'recordTriggerType')}' is not a valid value for the enum 'RecordTriggerType'")
    return Trigger(
        name=name,
        object=text(start, "object"),
        on=on,
        before=text(start, "triggerType") == "RecordBeforeSave",
        only_on_change=flag(start, "doesRequireRecordChangedToMeetCriteria"),
        entry=of_start(start, fields),
        steps=dict(_steps(flow, fields)),
        first=tuple(_firsts(start)),
    )


def rule_trigger(name: str, rule: Tree, updates: Mapping[str, Tree], known: Callable[[str], Known]) -> Trigger:
    """A workflow rule. `updates` are the org's workflow field updates by full name.

    Raises:
        FormulaError: a field, an operation or a function that does not exist.
    """
    object_ = name.partition(".")[0]
    effects = [effect for action in trees(rule, "actions") for effect in _of_action(object_, action, updates, known(object_))]
    step: Step = lambda _: (effects, "")  # noqa: E731 - a step like the others
    when = text(rule, "triggerType")
    return Trigger(
        name=name,
        object=object_,
        on=frozenset({"created"} if when == "onCreateOnly" else {"created", "updated"}),
        before=False,
        only_on_change=when == "onCreateOrTriggeringUpdate",
        entry=of_rule(rule, known(object_), object_),
        steps={"actions": step},
        first=("actions",),
    )


def messages(flow: Tree) -> list[str]:
    """Outbound messages that a flow sends."""
    return [text(call, "actionName") for call in trees(flow, "actionCalls") if text(call, "actionType") == "outboundMessage"]


def written_fields(flow: Tree) -> set[str]:
    """Fields of its own record that a flow sets."""
    found = {
        own_field(text(item, "assignToReference"))
        for step in trees(flow, "assignments")
        for item in trees(step, "assignmentItems")
    }
    updates = (step for step in trees(flow, "recordUpdates") if text(step, "inputReference") == "$Record")
    return found | {text(item, "field") for step in updates for item in trees(step, "inputAssignments")}


def _firsts(start: Tree) -> Iterator[str]:
    yield from _targets(start)
    for path in trees(start, "scheduledPaths"):
        if text(path, "pathType") == "AsyncAfterCommit":
            yield from _targets(path)


def _targets(element: Tree, connector: str = "connector") -> list[str]:
    return [text(found, "targetReference") for found in trees(element, connector)]


def _next(element: Tree, connector: str = "connector") -> str:
    return next(iter(_targets(element, connector)), "")


def _steps(flow: Tree, known: Known) -> Iterator[tuple[str, Step]]:
    for kind, step in _KINDS.items():
        for element in trees(flow, kind):
            yield text(element, "name"), step(element, known)


def _fixed(effects: Sequence[Effect], then: str) -> Step:
    return lambda _: (effects, then)


def _assignment(element: Tree, known: Known) -> Step:
    effects = [
        SetField(_own(text(item, "assignToReference"), known), value_of(child(item, "value"), known))
        for item in trees(element, "assignmentItems")
    ]
    return _fixed(effects, _next(element))


def _record_update(element: Tree, known: Known) -> Step:
    if text(element, "inputReference") != "$Record":
        raise FormulaError(f"This org can only update the triggering record; {text(element, 'name')} updates another")
    effects = [
        SetField(_own(text(item, "field"), known), value_of(child(item, "value"), known))
        for item in trees(element, "inputAssignments")
    ]
    return _fixed(effects, _next(element))


def _action_call(element: Tree, known: Known) -> Step:
    del known
    if text(element, "actionType") != "outboundMessage":
        raise FormulaError(f"This org cannot run the action type {text(element, 'actionType')} ({text(element, 'name')})")
    return _fixed([Send(text(element, "actionName"))], _next(element))


def _decision(element: Tree, known: Known) -> Step:
    outcomes = [(of_outcome(rule, known), _next(rule)) for rule in trees(element, "rules")]
    otherwise = _next(element, "defaultConnector")
    return lambda scope: ((), next((then for test, then in outcomes if test(scope)), otherwise))


_KINDS: Final[Mapping[str, Callable[[Tree, Known], Step]]] = {
    "assignments": _assignment,
    "recordUpdates": _record_update,
    "actionCalls": _action_call,
    "decisions": _decision,
}


def _own(reference: str, known: Known) -> str:
    field = own_field(reference)
    if not known(field):
        raise FormulaError(f"Field {field} does not exist. Check spelling.")
    return field


def _of_action(object_: str, action: Tree, updates: Mapping[str, Tree], known: Known) -> Iterator[Effect]:
    name = f"{object_}.{text(action, 'name')}"
    if text(action, "type") == "OutboundMessage":
        yield Send(name)
    elif text(action, "type") == "FieldUpdate" and name in updates:
        yield SetField(_own(text(updates[name], "field"), known), _update_value(updates[name], known))


def _update_value(update: Tree, known: Known) -> Evaluate:
    if written := text(update, "formula"):
        return formula(written, known).evaluate
    literal = next(iter(texts(update, "literalValue")), None)
    return lambda _: literal
