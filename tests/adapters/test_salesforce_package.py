"""The package: what is in it, and that Salesforce would know every word of it."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from adapters.kit import OutputField, RuleEntry, Wanted
from adapters.salesforce.org import Describe, DescribedField, Queue
from adapters.salesforce.package.access import permission_sets
from adapters.salesforce.package.archive import archive_of, files_of, project_of
from adapters.salesforce.package.calling import LONGEST_FORMULA, calling, entry_condition
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.conversion import conversion, without_ours
from adapters.salesforce.package.fields import field_components
from adapters.salesforce.package.queues import developer_name, queue_components
from adapters.salesforce.package.rule import rule_component, strangers
from adapters.salesforce.package.tree import bare, branch, differences, document, from_json, leaf, text_of
from config.mapping import FieldMapping
from tests.adapters.metadata_wsdl import faults

GOLDEN = Path(__file__).parent.parent / "fixtures" / "salesforce_package"

MAPPING = FieldMapping(
    "Lead",
    inputs={"email": "Email", "company": "Company", "street": "Street", "comment": "Description", "form": "Form__c"},
    outputs={
        "fit_score": "Leadline_Fit_Score__c",
        "engagement_score": "Score__c",
        "route": "Leadline_Route__c",
        "suggested_owner": "Leadline_Suggested_Owner__c",
        "seller_response": "Leadline_Seller_Response__c",
        "packet_url": "Leadline_Packet_URL__c",
        "decided_at": "Leadline_Decided_At__c",
        "key": "Leadline_Key__c",
    },
)


def _output(name: str, kind: str = "text", **more: object) -> OutputField:
    field = MAPPING.outputs[name]
    return OutputField(name, field, kind, name.title(), f"Help on {name} & <more>.", ours=field.startswith("Leadline"), **more)  # type: ignore[arg-type]


WANTED = Wanted(
    mapping=MAPPING,
    fields=(
        _output("fit_score", "integer"),
        _output("engagement_score", "integer"),
        _output("route"),
        _output("suggested_owner"),
        _output("seller_response", choices=("Accepted", "Not mine")),
        _output("packet_url"),
        _output("decided_at", "moment"),
        _output("key", length=64),
    ),
    queues=("Leadline Nurture", "Leadline Default"),
    rule=(
        RuleEntry("ada@acme.example", "ada@acme.example", by="suggested_owner"),
        RuleEntry("gone@acme.example", "gone@acme.example", by="suggested_owner"),
        RuleEntry("nurture", "Leadline Nurture"),
        RuleEntry("", "Leadline Default", by=""),
    ),
    webhook_url="https://leadline.example/webhooks/salesforce/acme/s3cret/outbound-message",
    watchers=("ada@acme.example",),
)


def _described(name: str, type_: str = "string", length: int = 80, **more: object) -> tuple[str, DescribedField]:
    values = {"grantable": True, "compound": "", "required": False, "label": name, **more}
    return name.lower(), DescribedField(name, type_, length, **values)  # type: ignore[arg-type]


LEAD = Describe(
    "Lead",
    dict(
        [
            _described("Email", "email"),
            _described("Company", required=True, grantable=False),
            _described("Street", "textarea", 255, grantable=False, compound="Address"),
            _described("Address", "address", 0),
            _described("Description", "textarea", 32_000),
            _described("Form__c"),
            _described("Score__c", "double", 0),
        ]
    ),
)
USERS = {"ada@acme.example": "ada@acme.example.crm"}
QUEUES = {label: developer_name(label) for label in WANTED.queues}


def _rule(*, active: bool = False) -> Component:
    made = rule_component(WANTED, USERS, QUEUES, active=active)
    assert made is not None
    return made


def whole() -> list[Component]:
    return [
        *field_components(WANTED),
        *permission_sets(WANTED, {"Lead": LEAD}),
        *queue_components(WANTED.queues, {}, list(USERS.values())),
        *calling(WANTED, LEAD, "leadline@acme.example", "v67.0"),
        _rule(),
        conversion(WANTED, None),
    ]


def test_the_package_is_as_it_was_reviewed() -> None:
    files = files_of(whole(), "v67.0")
    assert {path: content.decode() for path, content in files.items()} == {
        str(path.relative_to(GOLDEN)): path.read_text() for path in sorted(GOLDEN.rglob("*")) if path.is_file()
    }


def test_salesforce_knows_every_element() -> None:
    """Against its own WSDL."""
    found = {path: faults(content) for path, content in files_of(whole(), "v67.0").items()}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert faults(b"<Queue><nmae>x</nmae><doesSendEmailToMembers>yes</doesSendEmailToMembers></Queue>") == [
        "Queue/nmae",
        "Queue/doesSendEmailToMembers: yes",
    ], "the referee sees nothing"


def test_a_project_has_the_same_parts_each_field_in_its_own_file() -> None:
    files = project_of(whole(), "v67.0")
    field = fromstring(files["force-app/main/default/objects/Contact/fields/Leadline_Route__c.field-meta.xml"])
    assert bare(field).findtext("fullName") == "Leadline_Route__c"
    assert json.loads(files["sfdx-project.json"])["sourceApiVersion"] == "67.0"
    assert "force-app/main/default/flows/Leadline_Record_Changed.flow-meta.xml" in files
    manifest, message = files["manifest/package.xml"].decode(), "Lead.Leadline_Record_Changed</members>"
    assert manifest.count("<members>") == files_of(whole(), "v67.0")["package.xml"].decode().count("<members>")
    assert message not in manifest  # Salesforce's command line finds it by the file of all workflow of the object alone
    assert "<members>Lead</members>\n        <name>Workflow</name>" in manifest


def test_the_same_package_is_the_same_bytes() -> None:
    files = files_of(whole(), "v67.0", [("Queue", "Old")])
    archive = archive_of(files)
    assert archive == archive_of(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert set(opened.namelist()) == set(files)
        assert b"<members>Old</members>" in opened.read("destructiveChangesPost.xml")


# --- rights


def test_the_integration_may_do_what_is_mapped_and_no_more() -> None:
    integration, reps = permission_sets(WANTED, {"Lead": LEAD})
    rights = {text_of(one, "field"): text_of(one, "editable") for one in integration.body.findall("fieldPermissions")}
    assert rights["Lead.Email"] == rights["Lead.Form__c"] == rights["Lead.Leadline_Seller_Response__c"] == "false"
    assert rights["Lead.Leadline_Route__c"] == rights["Contact.Leadline_Route__c"] == rights["Lead.Score__c"] == "true"
    assert "Lead.Address" in rights, "a part of an address is granted with the whole"
    assert not {"Lead.Street", "Lead.Company"} & set(rights), "a required field takes no grant"
    objects = integration.body.findall("objectPermissions")
    assert {text_of(one, "object"): text_of(one, "allowDelete") for one in objects} == dict.fromkeys(
        ("Account", "Contact", "Lead"), "false"
    )
    editable = [text_of(one, "field") for one in reps.body.findall("fieldPermissions") if text_of(one, "editable") == "true"]
    assert editable == ["Lead.Leadline_Seller_Response__c", "Contact.Leadline_Seller_Response__c"]


def test_a_field_of_the_customers_is_neither_made_nor_shown_to_reps() -> None:
    names = [one.name for one in field_components(WANTED)]
    assert "Lead.Score__c" not in names
    assert len(names) == 14


# --- queues, rule, flow


@pytest.mark.parametrize(
    ("label", "name"), [("Leadline Nurture", "Leadline_Nurture"), ("2nd  -Lane ", "Q_2nd_Lane"), ("A/B & Ü", "A_B")]
)
def test_names_that_salesforce_takes(label: str, name: str) -> None:
    assert developer_name(label) == name


def test_a_queue_that_is_there_keeps_its_name_its_watchers_and_its_objects() -> None:
    there = {"Inbound": Queue("00G1", "Old_Name", "Inbound", ("Case", "Lead"), ("zoe@acme.example",))}
    (queue,) = queue_components(["Inbound"], there, ["ada@acme.example"])
    assert queue.name == "Old_Name"
    assert [one.text for one in queue.body.findall("queueMembers/users/user")] == ["ada@acme.example", "zoe@acme.example"]
    assert [one.text for one in queue.body.findall("queueSobject/sobjectType")] == ["Case", "Lead"]


def test_who_is_nobody_in_the_org_gets_no_entry_and_is_named() -> None:
    entries = _rule().body.findall("ruleEntry")
    assert [text_of(one, "assignedTo") for one in entries] == ["ada@acme.example.crm", "Leadline_Nurture", "Leadline_Default"]
    assert not entries[-1].findall("criteriaItems"), "the last one takes whatever is left"
    assert strangers(WANTED, USERS) == ["gone@acme.example"]


def test_a_rule_that_an_admin_made_active_stays_so() -> None:
    assert text_of(_rule(active=True).body, "active") == "true"


def test_the_flow_wakes_only_for_what_is_read() -> None:
    _, flow = calling(WANTED, LEAD, "leadline@acme.example", "v67.0")
    formula = text_of(flow.body, "start/filterFormula")
    assert "ISCHANGED({!$Record.Street})" in formula
    assert "Description" not in formula, "long text cannot stand in a formula"
    assert "Leadline" not in formula, "what we write wakes nobody"


def test_a_condition_too_long_for_salesforce_is_left_out() -> None:
    fields = [f"A_Field_Of_Some_Length_{number}__c" for number in range(100)]
    assert entry_condition(fields) == ""
    assert 0 < len(entry_condition(fields[:50])) <= LONGEST_FORMULA


def test_the_record_id_of_the_action_is_a_switch() -> None:
    _, flow = calling(WANTED, LEAD, "leadline@acme.example", "v67.0", row_id=False)
    assert flow.body.find("actionCalls/inputParameters") is None


# --- lead conversion


def _theirs() -> Element:
    pairs = [
        branch("mappingFields", leaf("inputField", a), leaf("outputField", b)) for a, b in (("A__c", "B__c"), ("C__c", "D__c"))
    ]
    ours = branch("mappingFields", leaf("inputField", "Leadline_Route__c"), leaf("outputField", "Their_Route__c"))
    return branch(
        "LeadConvertSettings",
        leaf("fullName", "LeadConvertSettings"),
        leaf("allowOwnerChange", True),
        branch("objectMapping", leaf("inputObject", "Lead"), pairs[0], leaf("outputObject", "Account")),
        branch("objectMapping", leaf("inputObject", "Lead"), pairs[1], ours, leaf("outputObject", "Contact")),
        leaf("opportunityCreationOptions", "NotVisible"),
    )


def _pairs(component: Component) -> dict[str, dict[str, str]]:
    return {
        text_of(one, "outputObject"): {
            text_of(pair, "inputField"): text_of(pair, "outputField") for pair in one.findall("mappingFields")
        }
        for one in component.body.findall("objectMapping")
    }


def test_what_the_org_maps_itself_is_never_dropped_nor_overruled() -> None:
    merged = conversion(WANTED, _theirs())
    pairs = _pairs(merged)
    assert pairs["Account"] == {"A__c": "B__c"}
    assert pairs["Contact"]["C__c"] == "D__c"
    assert pairs["Contact"]["Leadline_Route__c"] == "Their_Route__c"
    assert pairs["Contact"]["Leadline_Fit_Score__c"] == "Leadline_Fit_Score__c"
    assert "Leadline_Key__c" not in pairs["Contact"], "the key is a record's own"
    assert text_of(merged.body, "opportunityCreationOptions") == "NotVisible"
    assert text_of(merged.body, "allowOwnerChange") == "true"


def test_merged_twice_is_merged_once() -> None:
    once = conversion(WANTED, _theirs())
    assert document(conversion(WANTED, once.body).body) == document(once.body)
    assert list(differences(once.body, conversion(WANTED, once.body).body)) == []


def test_taken_out_again_only_theirs_is_left() -> None:
    left = _pairs(without_ours(WANTED, conversion(WANTED, _theirs()).body))
    assert left == {"Account": {"A__c": "B__c"}, "Contact": {"C__c": "D__c"}}


# --- comparing


def _field(**leaves: object) -> Element:
    return branch("fields", *(leaf(name, text) for name, text in leaves.items()))


@pytest.mark.parametrize(
    ("present", "wanted", "lines"),
    [
        (_field(length=80), _field(length=255), ["length 80 ► 255"]),
        (_field(label="Fit"), _field(label="Fit score"), ["label Fit ► 'Fit score'"]),
        (_field(length=80, help="x"), _field(length=80), []),
        (_field(), _field(unique=False), []),
        (_field(), _field(unique=True), ["unique '' ► true"]),
        (_field(apiVersion="67"), _field(apiVersion="67.0"), []),
    ],
)
def test_differences_of_leaves(present: Element, wanted: Element, lines: list[str]) -> None:
    assert list(differences(present, wanted)) == lines


def test_differences_of_lists_are_told_by_name() -> None:
    def rights(**editable: bool) -> Element:
        return branch(
            "x", *(branch("fieldPermissions", leaf("editable", yes), leaf("field", name)) for name, yes in editable.items())
        )

    assert list(differences(rights(a=True, b=False), rights(a=False, c=True))) == [
        "fieldPermissions + c",
        "fieldPermissions - b",
        "fieldPermissions a: editable true ► false",
    ]


def test_a_rules_entries_differ_by_their_order_too() -> None:
    entries = _rule().body.findall("ruleEntry")
    assert list(differences(branch("r", *entries), branch("r", *reversed(entries)))) == ["ruleEntry: other order"]


def test_what_the_tooling_api_says_is_the_same_tree() -> None:
    _, flow = calling(WANTED, LEAD, "leadline@acme.example", "v67.0")
    shown = {
        "apiVersion": 67.0,
        "label": "Leadline: record changed",
        "start": {"object": "Lead", "connector": {"targetReference": "x"}},
    }
    lines = list(differences(from_json("Flow", shown), flow.body))
    assert "start.connector.targetReference x ► Tell_Leadline" in lines
    assert not any(line.startswith(("apiVersion", "label", "start.object")) for line in lines)


def test_hostile_words_stay_words() -> None:
    hostile = replace(WANTED.fields[2], label='</label><x a="1">&amp;', help="]]>")
    (component, *_) = field_components(replace(WANTED, fields=(hostile,)))
    root = fromstring(document(component.body))
    assert bare(root).findtext("label") == '</label><x a="1">&amp;'
