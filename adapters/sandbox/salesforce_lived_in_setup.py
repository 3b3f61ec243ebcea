"""What administrators of a lived-in org left behind: hundreds of fields, rules, flows, reports, list views."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from adapters.sandbox.salesforce_components import Component
from adapters.sandbox.salesforce_fields import definition, spec
from adapters.sandbox.salesforce_schema import FieldSpec
from adapters.sandbox.salesforce_tree import Tree, branch

PEOPLE: Final = "ann ben cem dora eva finn gus hugo ines jan kofi lena".split()
LEFT: Final = "mats nina otto pia".split()
"""Inactive by now."""
QUEUES: Final = ("Inbound Leads", "Partner Leads", "Unassigned")
RECORD_TYPES: Final = ("Inbound", "Partner", "Event")
ACTIVE_RULE: Final = "Standard_Routing"

REGIONS: Final = ("EMEA", "Americas", "APAC")
RATINGS: Final = ("A", "B", "C", "D")
REASONS: Final = ("No budget", "No answer", "Competitor", "Student")

_NUMBER: Final[Mapping[str, Any]] = {"type": "Number", "precision": 3, "scale": 0}


def named_fields() -> dict[str, Tree]:
    """Fields that rules, flows and reports use, under the names that admins give them."""
    text: Mapping[str, Any] = {"type": "Text", "length": 80}
    return {
        "Lead.Score__c": branch(label="Score", inlineHelpText="Points from the marketing tool.", **_NUMBER),
        "Lead.Score_Band__c": branch(label="Score Band", type="Picklist", valueSet=_choices("High", "Low")),
        "Lead.Lead_Rating__c": branch(label="Lead Rating", type="Picklist", valueSet=_choices(*RATINGS)),
        "Lead.Lead_Score_Old__c": branch(label="Lead Score (old)", **_NUMBER),
        "Lead.Region__c": branch(label="Region", type="Picklist", valueSet=_choices(*REGIONS)),
        "Lead.Disqualified_Reason__c": branch(label="Disqualified Reason", type="Picklist", valueSet=_choices(*REASONS)),
        "Lead.Campaign_Code__c": branch(label="Campaign Code", **text),
        "Lead.Follow_Up__c": branch(label="Follow Up", type="Checkbox", defaultValue=False),
        "Lead.Product_Interest__c": branch(
            label="Product Interest", type="MultiselectPicklist", visibleLines=4, valueSet=_choices("Core", "Plus", "Cloud")
        ),
        "Lead.Imported_Id__c": branch(label="Imported Id", externalId=True, unique=True, **text),
        "Contact.Score__c": branch(label="Score", **_NUMBER),
        "Contact.Lead_Rating__c": branch(label="Lead Rating", type="Picklist", valueSet=_choices(*RATINGS)),
        "Account.Segment__c": branch(label="Segment", type="Picklist", valueSet=_choices("SMB", "Mid", "Enterprise")),
    }


_SUBJECTS: Final = (
    "Billing", "Legacy", "Survey", "Partner", "Webinar", "Contract", "Support", "Region", "Channel", "Forecast", "Renewal",
    "Event", "Budget", "Product", "Integration",
)  # fmt: skip
_ASPECTS: Final = ("Status", "Date", "Code", "Notes", "Count", "Flag", "Link", "Amount", "Owner Name", "Type")

_SHAPES: Final[Sequence[Mapping[str, Any]]] = (
    {"type": "Text", "length": 120},
    {"type": "Text", "length": 40},
    {"type": "Number", "precision": 12, "scale": 2},
    {"type": "Checkbox", "defaultValue": False},
    {"type": "Date"},
    {"type": "DateTime"},
    {"type": "LongTextArea", "length": 4000, "visibleLines": 3},
    {"type": "Url"},
    {"type": "Percent", "precision": 5, "scale": 2},
    {"type": "Currency", "precision": 16, "scale": 2},
)

_PER_OBJECT: Final = (("Lead", 0.55), ("Contact", 0.25), ("Account", 0.12), ("Opportunity", 0.08))


def made_up_fields(total: int, random: Random) -> Iterator[tuple[str, FieldSpec]]:
    """As many fields as are still missing, (object, field), each seen by everyone as if made by hand."""
    names = [f"{subject} {aspect}" for subject in _SUBJECTS for aspect in _ASPECTS]
    left = total
    for place, (object_, share) in enumerate(_PER_OBJECT):
        count = left if place == len(_PER_OBJECT) - 1 else min(left, round(total * share))
        left -= count
        for number in range(count):
            label = names[number % len(names)] + (f" {number // len(names) + 1}" if number >= len(names) else "")
            name = f"{label.replace(' ', '_')}__c"
            yield object_, spec(name, branch(label=label, **random.choice(_SHAPES)), guarded=False)


def by_hand(name: str, content: Tree) -> FieldSpec:
    return spec(name.partition(".")[2], content, guarded=False)


def rules(domain: str) -> Iterator[Component]:
    """Record types, validation rules, the active assignment rule, a workflow rule."""
    for name in RECORD_TYPES:
        yield Component("RecordType", f"Lead.{name}", branch(active=True, label=name))
    for name, formula, field, message in _VALIDATIONS:
        content = branch(active=True, errorConditionFormula=formula, errorDisplayField=field, errorMessage=message)
        yield Component("ValidationRule", f"Lead.{name}", content)
    entries = [
        _entry("Partner_Leads", "Queue", ("Lead.LeadSource", "equals", "Partner Referral")),
        _entry(f"ann@{domain}", "User", ("Lead.Country", "equals", "United States,Canada")),
        _entry("Inbound_Leads", "Queue", ("Lead.LeadSource", "equals", "Web")),
        _entry("Unassigned", "Queue"),
    ]
    yield Component("AssignmentRule", f"Lead.{ACTIVE_RULE}", branch(active=True, ruleEntry=entries))
    yield Component("AssignmentRule", "Lead.Trade_Fair_2025", branch(active=False, ruleEntry=[_entry("Unassigned", "Queue")]))
    update = branch(field="Description", literalValue="Hot lead.", name="Describe hot", operation="Literal", protected=False)
    yield Component("WorkflowFieldUpdate", "Lead.Describe_hot", update)
    rule = branch(
        actions=branch(name="Describe_hot", type="FieldUpdate"),
        active=True,
        criteriaItems=_criterion("Lead.Rating", "equals", "Hot"),
        triggerType="onCreateOrTriggeringUpdate",
    )
    yield Component("WorkflowRule", "Lead.Hot_lead", rule)


def flows() -> Iterator[Component]:
    """Two that act, and one that somebody never finished."""
    high = branch(leftValueReference="$Record.Score__c", operator="GreaterThanOrEqualTo", rightValue=branch(numberValue=70))
    choice = branch(
        name="Which",
        defaultConnector=branch(targetReference="Low"),
        rules=branch(name="Is_high", conditionLogic="and", conditions=high, connector=branch(targetReference="High")),
    )
    banded = branch(
        **_head("Score to band", "RecordBeforeSave", "Which"),
        decisions=choice,
        assignments=[_assign("High", "Score_Band__c", "High"), _assign("Low", "Score_Band__c", "Low")],
    )
    banded["start"] = [branch(**_start("RecordBeforeSave", "Which"), filterLogic="and", filters=_filled("Score__c"))]
    yield Component("Flow", "Lead_Score_To_Band", banded)
    follow = branch(
        name="Follow",
        inputReference="$Record",
        inputAssignments=branch(field="Follow_Up__c", value=branch(booleanValue=True)),
    )
    reacting = branch(**_head("A lead is rated A", "RecordAfterSave", "Follow"), recordUpdates=follow)
    formula = 'AND(ISCHANGED({!$Record.Lead_Rating__c}), ISPICKVAL({!$Record.Lead_Rating__c}, "A"))'
    reacting["start"] = [branch(**_start("RecordAfterSave", "Follow"), filterFormula=formula)]
    yield Component("Flow", "Lead_Rated_A", reacting)
    draft = branch(**_head("Routing (old try)", "RecordAfterSave", "Look", status="Draft"))
    draft["recordLookups"] = [branch(name="Look", object="User", queriedFields="Id")]
    yield Component("Flow", "Lead_Routing_Old", draft)


def views() -> Iterator[Component]:
    """Reports and list views, each using custom fields."""
    for name, label, fields in _REPORTS:
        columns = [branch(field=field) for field in fields]
        yield Component("Report", name, branch(columns=columns, format="Tabular", name=label, reportType="LeadList"))
    for name, label, fields in _LIST_VIEWS:
        yield Component("ListView", name, branch(columns=list(fields), filterScope="Everything", label=label))


def conversion() -> Component:
    """What an administrator mapped: the score goes over, the rating does not."""
    pair = branch(inputField="Score__c", outputField="Score__c")
    mapping = branch(inputObject="Lead", mappingFields=pair, outputObject="Contact")
    content = branch(allowOwnerChange=True, objectMapping=mapping, opportunityCreationOptions="VisibleOptional")
    return Component("LeadConvertSettings", "LeadConvertSettings", content)


def as_component(name: str, field: FieldSpec) -> Component:
    return Component("CustomField", name, definition(field))


_VALIDATIONS: Final = (
    (
        "Hot_needs_phone",
        'AND(ISPICKVAL(Rating, "Hot"), ISBLANK(Phone), ISBLANK(MobilePhone))',
        "Phone",
        "A hot lead needs a phone number.",
    ),
    (
        "Closed_needs_reason",
        'AND(ISPICKVAL(Status, "Closed - Not Converted"), ISBLANK(TEXT(Disqualified_Reason__c)))',
        "Disqualified_Reason__c",
        "Say why this lead is closed.",
    ),
    ("Score_in_range", "OR(Score__c < 0, Score__c > 100)", "Score__c", "A score lies between 0 and 100."),
)
"""Name, formula, field, message."""

_REPORTS: Final = (
    ("Sales/Hot_leads", "Hot leads", ("Lead.Score__c", "Lead.Lead_Rating__c", "LAST_NAME")),
    ("Sales/Leads_by_region", "Leads by region", ("Lead.Region__c", "OWNER")),
    ("Marketing/Campaign_codes", "Campaign codes", ("Lead.Campaign_Code__c", "CREATED_DATE")),
)
_LIST_VIEWS: Final = (
    ("Lead.Rated_leads", "Rated leads", ("FULL_NAME", "Lead_Rating__c", "Score__c")),
    ("Lead.To_follow_up", "To follow up", ("FULL_NAME", "Follow_Up__c")),
    ("Lead.By_region", "By region", ("FULL_NAME", "Region__c")),
)


def _choices(*values: str) -> Tree:
    rows = [branch(fullName=value, default=False, label=value) for value in values]
    return branch(restricted=True, valueSetDefinition=branch(sorted=False, value=rows))


def _criterion(field: str, operation: str, value: str) -> Tree:
    return branch(field=field, operation=operation, value=value)


def _entry(owner: str, kind: str, criterion: tuple[str, str, str] | None = None) -> Tree:
    items = _criterion(*criterion) if criterion else None
    return branch(assignedTo=owner, assignedToType=kind, criteriaItems=items)


def _head(label: str, trigger: str, first: str, *, status: str = "Active") -> dict[str, Any]:
    return {"label": label, "processType": "AutoLaunchedFlow", "status": status, "start": branch(**_start(trigger, first))}


def _start(trigger: str, first: str) -> dict[str, Any]:
    return {
        "connector": branch(targetReference=first),
        "object": "Lead",
        "recordTriggerType": "CreateAndUpdate",
        "triggerType": trigger,
    }


def _filled(field: str) -> Tree:
    return branch(field=field, operator="IsNull", value=branch(booleanValue=False))


def _assign(name: str, field: str, value: str) -> Tree:
    item = branch(assignToReference=f"$Record.{field}", operator="Assign", value=branch(stringValue=value))
    return branch(name=name, assignmentItems=item)
