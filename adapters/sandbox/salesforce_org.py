"""One org: its schema, people and settings over the store, and what an administrator does in it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from adapters.sandbox import salesforce_founding, salesforce_settings
from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_access import Access
from adapters.sandbox.salesforce_automation import Automation
from adapters.sandbox.salesforce_builder import Builder
from adapters.sandbox.salesforce_catalogue import Catalogue
from adapters.sandbox.salesforce_convert import Converter
from adapters.sandbox.salesforce_deploy import Deploys
from adapters.sandbox.salesforce_draft import Draft
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_history import OrgRecords
from adapters.sandbox.salesforce_objects import STANDARD
from adapters.sandbox.salesforce_paths import Paths
from adapters.sandbox.salesforce_query import Cursors, Queries
from adapters.sandbox.salesforce_read import CRM, Reader
from adapters.sandbox.salesforce_retrieve import Retrieves
from adapters.sandbox.salesforce_schema import ObjectSpec, Schema
from adapters.sandbox.salesforce_settings import Settings
from adapters.sandbox.salesforce_setup_objects import SETUP
from adapters.sandbox.salesforce_values import kept
from adapters.sandbox.salesforce_write import Writer
from adapters.sandbox.world import Person, World

ORG_ID: Final = salesforce_id("00D", 1)
SYSTEM_USER: Final = salesforce_id("005", 0)
"""Who did what no user of the org did: imports and people of the other CRM."""
INTEGRATION_USER: Final = salesforce_id("005", 1)
"""The user behind client credentials, and the one to name in a JWT bearer assertion."""
INTEGRATION_USERNAME: Final = "integration@sandbox.example"

_SYSTEM: Final = Actor("CRM", SYSTEM_USER)


class Org:
    def __init__(self, world: World) -> None:
        self.world = world
        self.store = world.store
        self.schema = Schema(world.store, (*STANDARD, *SETUP))
        self.access = Access(world.store)
        self.schema.grants = self.access.grants
        self.records = OrgRecords(world.store)
        self.reader = Reader(self.records, self.schema, SYSTEM_USER)
        self.settings = salesforce_settings.load(world.store)
        self.schema.hide(self.settings.hidden_fields)
        self.catalogue = Catalogue(world.store, self.schema, lambda: self.settings)
        self.automation = Automation(world.store, self.schema, self.catalogue)
        self.writer = Writer(world.store, self.schema, self.reader, lambda: self.settings, self.automation)
        self.builder = Builder(
            world.store, self.schema, self.catalogue, deliveries=lambda: world.deliveries, rest_rules=self._rest_rules
        )
        self.deploys = Deploys(world.store, self.draft, self.builder, lambda: self.settings.deploy_ms)
        self.retrieves = Retrieves(world.store, self.catalogue)
        self.converter = Converter(world.store, self.schema, self.writer, self.catalogue)
        self.queries = Queries(self.records, self.schema, Paths(self.schema, self.reader), world.clock)
        self.cursors = Cursors()
        if self.store.exactly(CRM, "Organization", ORG_ID) is None:
            self._found()
        self._profiles = salesforce_founding.profiles(world.store, _SYSTEM)
        salesforce_founding.statuses(world.store, _SYSTEM)
        self._give_profiles()

    def spec(self, table: str) -> ObjectSpec:
        """
        Raises:
            LookupError: no such object.
        """
        found = self.schema.find(table)
        if found is None:
            raise LookupError(f"There is no Salesforce object {table}.")
        return found

    def draft(self) -> Draft:
        """The org as it is, to be changed on paper."""
        return Draft(self.store, self.schema, self.catalogue)

    def find(self, table: str, id_: str) -> Record:
        """A live record.

        Raises:
            LookupError: no such record.
        """
        record = self.store.exactly(CRM, self.spec(table).name, id_)
        if record is None or record.archived:
            raise LookupError(f"There is no {table} {id_}.")
        return record

    def user(self, username: str) -> Record | None:
        """The active user with this name."""
        found = self.store.lookup(CRM, "User", "Username", username)
        return next((record for record in found if record.values.get("IsActive")), None)

    # what an administrator does

    def configure(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """
        Raises:
            ValueError: one sentence about what is wrong with the document.
        """
        settings = salesforce_settings.changed(self.settings, document)
        self._check_rules(settings)
        if any(rule.active for rule in settings.assignment_rules):
            self.builder.rest("Lead", _SYSTEM)
        before, self.settings = self.settings, settings
        self.schema.hide(settings.hidden_fields)
        salesforce_settings.save(self.store, self.settings)
        self._show_rules(before)
        return asdict(self.settings)

    def _rest_rules(self, object_: str) -> None:
        """A deployed rule takes over."""
        rules = tuple(replace(rule, active=rule.active and rule.object != object_) for rule in self.settings.assignment_rules)
        self.settings = replace(self.settings, assignment_rules=rules)
        salesforce_settings.save(self.store, self.settings)

    def _check_rules(self, settings: Settings) -> None:
        try:
            for rule in settings.assignment_rules:
                for entry in rule.entries:
                    kept(self.spec(rule.object).field(entry.field), entry.value)
                    self._owner(entry.owner)
            for duplicates in settings.duplicate_rules:
                for name in duplicates.fields:
                    self.spec(duplicates.object).field(name)
        except (SalesforceError, LookupError) as error:
            raise ValueError(f"A rule is wrong: {error}") from error

    def _owner(self, id_: str) -> Record:
        return self.find("Group" if id_.startswith("00G") else "User", id_)

    def add_people(self, people: Sequence[Person]) -> list[str]:
        with self.store.transaction():
            return [self._person(person) for person in people]

    def add_queues(self, names: Sequence[str]) -> list[str]:
        with self.store.transaction():
            return [self._lead_queue(name) for name in names]

    def _found(self) -> None:
        """The org on its first day."""
        organization = {
            "Name": "Sandbox",
            "OrganizationType": "Developer Edition",
            "InstanceName": "SBX1",
            "TimeZoneSidKey": "UTC",
            "IsSandbox": True,
        }
        integration = Person(INTEGRATION_USERNAME, "Leadline", "Integration")
        with self.store.transaction():
            self.catalogue.put("LeadConvertSettings", "LeadConvertSettings", salesforce_founding.conversion())
            self.store.create(CRM, "Organization", ORG_ID, organization, _SYSTEM)
            self.store.create(CRM, "User", SYSTEM_USER, _user(Person("admin@sandbox.example", "System", "Admin")), _SYSTEM)
            self.store.create(CRM, "User", INTEGRATION_USER, _user(integration), _SYSTEM)
            self.store.next_number("salesforce 005")

    def _give_profiles(self) -> None:
        """To users of a file that was made before there were profiles."""
        administrators = {SYSTEM_USER, INTEGRATION_USER}
        with self.store.transaction():
            for user in self.store.all(CRM, "User"):
                if "ProfileId" not in user.values:
                    name = salesforce_founding.ADMINISTRATOR if user.id in administrators else salesforce_founding.STANDARD
                    self.store.update(user, {"ProfileId": self._profiles[name]}, _SYSTEM)

    def _lead_queue(self, name: str) -> str:
        group = self._named("Group", _queue(name))
        if not any(row.values["QueueId"] == group for row in self.store.all(CRM, "QueueSobject")):
            values = {"QueueId": group, "SobjectType": "Lead"}
            self.store.create(CRM, "QueueSobject", self.writer.new_id(self.spec("QueueSobject")), values, _SYSTEM)
        return group

    def _person(self, person: Person) -> str:
        found = self.store.lookup(CRM, "User", "Email", person.email)
        if found:
            return self.store.update(found[0], _user(person), _SYSTEM, touch=False).id
        values = {**_user(person), "ProfileId": self._profiles[salesforce_founding.STANDARD]}
        return self.store.create(CRM, "User", self.writer.new_id(self.spec("User")), values, _SYSTEM).id

    def _named(self, table: str, values: Mapping[str, Any]) -> str:
        """Creates a record, or brings the one with the same name up to date."""
        for record in self.store.all(CRM, table):
            if record.values.get("Name") == values["Name"]:
                return self.store.update(record, values, _SYSTEM, touch=False).id
        return self.store.create(CRM, table, self.writer.new_id(self.spec(table)), values, _SYSTEM).id

    def _hide_rules_gone(self, before: Settings) -> None:
        gone = {rule.name for rule in before.assignment_rules} - {rule.name for rule in self.settings.assignment_rules}
        for row in self.store.all(CRM, "AssignmentRule"):
            if row.values["Name"] in gone:
                self.store.archive(row, _SYSTEM)

    def _show_rules(self, before: Settings) -> None:
        """Rules can be read as records, though never written as such."""
        with self.store.transaction():
            for rule in self.settings.assignment_rules:
                self._named("AssignmentRule", {"Name": rule.name, "Active": rule.active, "SobjectType": rule.object})
            self._hide_rules_gone(before)
            self._show_duplicate_rules()

    def _show_duplicate_rules(self) -> None:
        shown = {row.values["DeveloperName"]: row for row in self.store.all(CRM, "DuplicateRule")}
        for rule in self.settings.duplicate_rules:
            if rule.name not in shown:
                label = rule.name.replace("_", " ")
                values = {"DeveloperName": rule.name, "MasterLabel": label, "SobjectType": rule.object, "IsActive": True}
                self.store.create(CRM, "DuplicateRule", self.writer.new_id(self.spec("DuplicateRule")), values, _SYSTEM)
        for name in shown.keys() - {rule.name for rule in self.settings.duplicate_rules}:
            self.store.archive(shown[name], _SYSTEM)


def _user(person: Person) -> dict[str, Any]:
    return {
        "Username": person.email,
        "Email": person.email,
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Alias": person.last_name[:8].lower(),
        "UserType": "Standard",
        "TimeZoneSidKey": "UTC",
        "IsActive": person.active,
    }


def _queue(name: str) -> dict[str, Any]:
    return {"Name": name, "DeveloperName": _developer_name(name), "Type": "Queue"}


def _developer_name(name: str) -> str:
    return "_".join("".join(letter if letter.isalnum() else " " for letter in name).split())
