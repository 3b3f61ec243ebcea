"""Who in an org would notice: what reads the fields that Leadline writes, reacts to them, refuses them, or is there before it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from adapters.errors import CallOperator, Refused
from adapters.kit import Reaction, Wanted
from adapters.salesforce.client import Client, soql
from adapters.salesforce.goal import Planner
from adapters.salesforce.metadata import Metadata
from adapters.salesforce.org import Describe
from adapters.salesforce.package.calling import FLOW
from adapters.salesforce.package.rule import RULE
from adapters.salesforce.package.tree import from_json, text_of
from config.fields import PERSONS_OUTPUTS

_WORD: Final = re.compile(r"[A-Za-z]\w*")
_SHOWN: Final = 3
_ON_UPDATE: Final = frozenset({"Update", "CreateAndUpdate"})
_TASK_FIELDS: Final = frozenset({"whoid", "ownerid", "subject", "description", "activitydate", "priority", "status"})


@dataclass(frozen=True, slots=True)
class Touched:
    """What Leadline writes on the mapped object."""

    object: str
    fields: Mapping[str, str]
    """By lower-case name."""

    def among(self, words: Iterator[str]) -> Sequence[str]:
        """Those of our fields that occur, in order of name."""
        return sorted({self.fields[word.lower()] for word in words if word.lower() in self.fields})


def touched(wanted: Wanted) -> Touched:
    names = [field for output, field in wanted.mapping.outputs.items() if output not in PERSONS_OUTPUTS]
    return Touched(wanted.mapping.object, {name.lower(): name for name in (*names, "OwnerId")})


class Impact:
    """Only reads. What may not be looked at is said, not left out."""

    def __init__(self, client: Client, metadata: Metadata, planner: Planner) -> None:
        self._client = client
        self._metadata = metadata
        self._planner = planner

    def reactions(self, wanted: Wanted) -> Sequence[Reaction]:
        ours = touched(wanted)
        looks: Sequence[tuple[str, Callable[[Touched], Iterator[Reaction]]]] = (
            ("assignment rule", self._rules),
            ("flow", self._flows),
            ("validation rule", self._validations),
            ("workflow rule", self._workflows),
            ("duplicate rule", self._duplicates),
            ("required field", self._required),
        )
        return [reaction for kind, look in looks for reaction in self._looked(kind, look, ours)]

    @staticmethod
    def _looked(kind: str, look: Callable[[Touched], Iterator[Reaction]], ours: Touched) -> Sequence[Reaction]:
        try:
            return list(look(ours))
        except (CallOperator, Refused) as error:
            sentence = f"These could not be looked at: {error} Look yourself whether one reads or changes what Leadline writes."
            return [Reaction(kind, "(not looked at)", sentence)]

    # --- each kind

    def _rules(self, ours: Touched) -> Iterator[Reaction]:
        if ours.object != "Lead":
            return
        for name, rule in self._planner.rules().items():
            if text_of(rule, "active") == "true" and name != RULE:
                yield Reaction("assignment rule", name, _what_it_does(rule))

    def _flows(self, ours: Touched) -> Iterator[Reaction]:
        """Every active flow that a saved record starts; its body is read one by one, as the Tooling API wants it."""
        query = (
            "SELECT ApiName, Label, ActiveVersionId FROM FlowDefinitionView"
            " WHERE TriggerType IN {} AND ActiveVersionId != null ORDER BY ApiName"
        )
        for row in self._client.query(soql(query, ["RecordBeforeSave", "RecordAfterSave"])):
            if row["ApiName"] == FLOW:
                continue
            rows = self._client.tooling(soql("SELECT Id, Metadata FROM Flow WHERE Id = {}", row["ActiveVersionId"]))
            if rows and (
                found := _flow_reaction(str(row.get("Label") or row["ApiName"]), from_json("Flow", rows[0]["Metadata"]), ours)
            ):
                yield found

    def _validations(self, ours: Touched) -> Iterator[Reaction]:
        query = "SELECT ValidationName FROM ValidationRule WHERE Active = true AND EntityDefinition.QualifiedApiName = {}"
        names = [f"{ours.object}.{row['ValidationName']}" for row in self._client.tooling(soql(query, ours.object))]
        for name, rule in sorted(self._metadata.read("ValidationRule", names).items()):
            formula = text_of(rule, "errorConditionFormula")
            read = ours.among(iter(_WORD.findall(formula)))
            yield Reaction("validation rule", name, _refuses(read), grave=bool(read))

    def _workflows(self, ours: Touched) -> Iterator[Reaction]:
        body = self._metadata.read("Workflow", [ours.object]).get(ours.object)
        if body is None:
            return
        updates = {text_of(one, "fullName"): text_of(one, "field") for one in body.findall("fieldUpdates")}
        for rule in body.findall("rules"):
            if text_of(rule, "active") == "true" and (found := _workflow_reaction(rule, updates, ours)):
                yield found

    def _duplicates(self, ours: Touched) -> Iterator[Reaction]:
        query = "SELECT DeveloperName, MasterLabel FROM DuplicateRule WHERE IsActive = true AND SobjectType = {} ORDER BY Id"
        rows = self._client.query(soql(query, ours.object))
        bodies = self._metadata.read("DuplicateRule", (f"{ours.object}.{row['DeveloperName']}" for row in rows))
        for row in rows:
            body = bodies.get(f"{ours.object}.{row['DeveloperName']}")
            blocks = text_of(body, "actionOnUpdate") == "Block"
            yield Reaction("duplicate rule", str(row["MasterLabel"]), _duplicate_sentence(blocks=blocks), grave=blocks)

    def _required(self, ours: Touched) -> Iterator[Reaction]:
        yield from self._missing(ours)
        task = self._planner.org.describe("Task")
        for one in _needed(task):
            if one.lower() not in _TASK_FIELDS:
                sentence = "A task cannot be made without it, and Leadline does not fill it in; give it a default value."
                yield Reaction("required field", f"Task.{one}", sentence, grave=True)

    def _missing(self, ours: Touched) -> Iterator[Reaction]:
        described = self._planner.org.describe(ours.object)
        for one in _needed(described):
            if one.endswith("__c") and self._client.query(f"SELECT Id FROM {described.name} WHERE {one} = null LIMIT 1"):  # noqa: S608
                sentence = (
                    "It is required, and empty on records that are there: no write to these goes through until it is filled."
                )
                yield Reaction("required field", f"{described.name}.{one}", sentence, grave=True)


def _needed(described: Describe) -> Sequence[str]:
    return sorted(field.name for field in described.fields.values() if field.required)


# --- sentences


def _what_it_does(rule: Element) -> str:
    entries = rule.findall("ruleEntry")
    shown = "; ".join(_entry(one) for one in entries[:_SHOWN])
    more = f"; and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return (
        f"It owns each new lead before Leadline hears of it: {shown}{more}. It stays active; owners that it gives and that may be"
        " replaced belong on the nobody list."
    )


def _entry(entry: Element) -> str:
    items = [
        f"{text_of(one, 'field').partition('.')[2]} {text_of(one, 'operation')} {text_of(one, 'value')}"
        for one in entry.findall("criteriaItems")
    ]
    when = " and ".join(items) or text_of(entry, "formula") or "any lead"
    return f"{when} ► {text_of(entry, 'assignedToType').lower()} {text_of(entry, 'assignedTo')}"


def _flow_reaction(label: str, body: Element, ours: Touched) -> Reaction | None:
    start = body.find("start")
    if start is None or text_of(start, "object") != ours.object:
        return None
    writes = ours.among(_written(body))
    reads = ours.among(_words(body))
    on_update = text_of(start, "recordTriggerType") in _ON_UPDATE
    if writes:
        when = "at every save" if on_update else "when a record is new"
        return Reaction(
            "flow", label, f"It sets {_and(writes)} {when}, which Leadline writes too; one would undo the other.", grave=on_update
        )
    if reads:
        return Reaction("flow", label, f"It reads {_and(reads)}, which Leadline writes, and may act on it.")
    if on_update:
        return Reaction(
            "flow", label, "It runs when a record is saved, so also when Leadline writes; it reads nothing that Leadline writes."
        )
    return None


def _written(body: Element) -> Iterator[str]:
    """Fields of the record itself that a flow sets."""
    for update in body.findall("recordUpdates"):
        yield from (one.text or "" for one in update.findall("inputAssignments/field"))
    for item in body.findall("assignments/assignmentItems"):
        target = text_of(item, "assignToReference")
        if target.startswith("$Record."):
            yield target.removeprefix("$Record.")


def _words(body: Element) -> Iterator[str]:
    for one in body.iter():
        yield from _WORD.findall(one.text or "")


def _workflow_reaction(rule: Element, updates: Mapping[str, str], ours: Touched) -> Reaction | None:
    name = text_of(rule, "fullName")
    sets = [updates.get(text_of(one, "name"), "") for one in rule.findall("actions") if text_of(one, "type") == "FieldUpdate"]
    if writes := ours.among(iter(sets)):
        return Reaction(
            "workflow rule", name, f"It sets {_and(writes)}, which Leadline writes too; one would undo the other.", grave=True
        )
    if reads := ours.among(_words(rule)):
        return Reaction("workflow rule", name, f"It reads {_and(reads)}, which Leadline writes, and may act on it.")
    return None


def _refuses(read: Sequence[str]) -> str:
    what = (
        f"It reads {_and(read)}, which Leadline writes, and may refuse the write"
        if read
        else "It refuses any write to a record that breaks it"
    )
    return f"{what}; let the integration user pass, for example with a custom permission in its formula."


def _duplicate_sentence(*, blocks: bool) -> str:
    if blocks:
        return "It blocks an update of a record that has a duplicate: exempt the integration user in its conditions."
    return "It alerts; Leadline's writes pass it, and what it finds stays for people to see."


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
