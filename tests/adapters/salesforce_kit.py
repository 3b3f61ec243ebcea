"""An org in the sandbox with an installation kit aimed at it, and what an administrator built there before us."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.base import Endpoint
from adapters.kit import OutputField, Plan, RuleEntry, Step, Wanted
from adapters.salesforce.install import SalesforceKit
from adapters.sandbox.record import Write
from adapters.sandbox.world import Person
from config.fields import OUTPUTS
from config.mapping import FieldMapping
from config.output_fields import WORDINGS
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_sandbox import Sandbox

CHOSEN = ("fit_score", "grade", "route", "sla_state", "seller_response", "suggested_owner", "packet_url", "decided_at", "key")
"""A few outputs are as good as all of them, and quicker."""


def _field_of(output: str) -> str:
    words = "_".join({"url": "URL", "sla": "SLA"}.get(word, word.title()) for word in output.split("_"))
    return f"Leadline_{words}__c"


MAPPING = FieldMapping(
    "Lead",
    inputs={"email": "Email", "company": "Company", "comment": "Description", "source": "LeadSource", "status": "Status"},
    outputs={output: _field_of(output) for output in CHOSEN},
)


def wanted(mapping: FieldMapping = MAPPING, made: frozenset[tuple[str, str]] = frozenset()) -> Wanted:
    return Wanted(
        mapping=mapping,
        fields=tuple(_output(output, crm_field) for output, crm_field in mapping.outputs.items()),
        queues=("Leadline Nurture", "Leadline Default"),
        rule=(
            RuleEntry("ada@reps.example", "ada@reps.example", by="suggested_owner"),
            RuleEntry("nurture", "Leadline Nurture"),
            RuleEntry("", "Leadline Default", by=""),
        ),
        webhook_url="https://leadline.example/webhooks/salesforce/acme/s3cret/outbound-message",
        watchers=("ada@reps.example",),
        made=made,
    )


def _output(output: str, crm_field: str) -> OutputField:
    words = WORDINGS[output]
    ours = crm_field == _field_of(output)
    kind = OUTPUTS[output].kind
    return OutputField(output, crm_field, kind, words.label, words.help, words.length, words.choices, ours=ours)


@dataclass
class Installer:
    """The kit, and what it said."""

    sandbox: Sandbox
    ada: str
    """A rep; the policy names her."""
    kit: SalesforceKit
    budget: RecordingBudget
    told: list[Step] = field(default_factory=list)
    theirs: set[tuple[str, str]] = field(default_factory=set)
    """What was there before us."""

    def plan(self, goal: Wanted | None = None) -> Plan:
        return self.kit.plan(goal or wanted())

    def apply(self, goal: Wanted | None = None) -> list[Step]:
        """What this run told."""
        before = len(self.told)
        self.kit.apply(goal or wanted(), self.told.append)
        return self.told[before:]

    def remove(self, *, purge: bool = False, goal: Wanted | None = None) -> list[Step]:
        before = len(self.told)
        self.kit.remove(goal or wanted(), self.told.append, heir=self.ada, purge=purge)
        return self.told[before:]

    def components(self) -> set[tuple[str, str]]:
        """Everything that an administrator or we built there."""
        return {(one.type, one.name) for one in self.sandbox.side._org.catalogue.every()}

    def leads_of(self, owner: str) -> set[str]:
        return {row["Id"] for row in self.sandbox.query("SELECT Id FROM Lead WHERE OwnerId = {}", owner)}

    def queue(self, label: str) -> str:
        id_: str = self.sandbox.query("SELECT Id FROM Group WHERE Type = 'Queue' AND Name = {}", label)[0]["Id"]
        return id_


def installer(sandbox: Sandbox) -> Installer:
    (ada,) = sandbox.side.add_people([Person("ada@reps.example", "Ada", "Rep")])
    budget = RecordingBudget()
    tokens = RecordingTokens(sandbox.login(), itertools.repeat("none"))
    endpoint = Endpoint("acme", sandbox.world.url, "v67.0", MAPPING)
    kit = SalesforceKit(
        endpoint,
        tokens,
        budget,
        now=lambda: datetime.fromtimestamp(sandbox.clock[0] / 1000, UTC),
        monotonic=lambda: sandbox.clock[0] / 1000,
        sleep=sandbox.tick,
    )
    sandbox.writes.clear()
    return Installer(sandbox, ada, kit, budget)


# --- what was there before


def build(sandbox: Sandbox, members: Mapping[str, list[str]], files: Mapping[str, tuple[str, str]]) -> None:
    """An administrator's own metadata; `files` by path: root and content."""
    packages.deployed(sandbox, packages.package(members, {path: packages.document(*one) for path, one in files.items()}))


def custom_field(name: str, type_: str, *, label: str = "Theirs") -> str:
    return f"<fields><fullName>{name}</fullName><label>{label}</label>{type_}</fields>"


def conversion_of_theirs(sandbox: Sandbox) -> None:
    own = custom_field("Origin__c", "<length>40</length><type>Text</type>")
    pair = "<mappingFields><inputField>Origin__c</inputField><outputField>Origin__c</outputField></mappingFields>"
    settings = f"<objectMapping><inputObject>Lead</inputObject>{pair}<outputObject>Contact</outputObject></objectMapping>"
    build(
        sandbox,
        {"CustomField": ["Lead.Origin__c", "Contact.Origin__c"], "LeadConvertSettings": ["LeadConvertSettings"]},
        {
            "objects/Lead.object": ("CustomObject", own),
            "objects/Contact.object": ("CustomObject", own),
            "LeadConvertSettings/LeadConvertSettings.LeadConvertSetting": ("LeadConvertSettings", settings),
        },
    )


def flow(name: str, elements: str, *, on: str = "CreateAndUpdate") -> tuple[str, str]:
    """A record-triggered flow on leads; `elements` begin with the one called `First`."""
    start = (
        "<start><locationX>0</locationX><locationY>0</locationY><connector><targetReference>First</targetReference></connector>"
        f"<object>Lead</object><recordTriggerType>{on}</recordTriggerType><triggerType>RecordAfterSave</triggerType></start>"
    )
    return "Flow", f"{elements}<label>{name}</label><processType>AutoLaunchedFlow</processType>{start}<status>Active</status>"


def sets(crm_field: str, value: str) -> str:
    """An element that sets a field of the record."""
    return (
        "<recordUpdates><name>First</name><label>First</label><locationX>0</locationX><locationY>0</locationY>"
        f"<inputAssignments><field>{crm_field}</field><value><stringValue>{value}</stringValue></value></inputAssignments>"
        "<inputReference>$Record</inputReference></recordUpdates>"
    )


def writes_of(sandbox: Sandbox, *tables: str) -> list[Write]:
    return [one for one in sandbox.writes if not tables or one.record.object in tables]
