"""The Tooling API's view of the org: every component that an administrator built, as records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_catalogue import Catalogue, Item
from adapters.sandbox.salesforce_dependencies import uses
from adapters.sandbox.salesforce_fields import kind
from adapters.sandbox.salesforce_objects import flag, sobject, text
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec, Schema
from adapters.sandbox.salesforce_tree import Tree, plain
from adapters.sandbox.salesforce_tree import flag as is_set
from adapters.sandbox.salesforce_tree import text as text_of

LISTS: Final = frozenset(
    {
        "actionCalls", "actions", "assignmentItems", "assignments", "assignmentRule", "columns", "conditions", "criteriaItems",
        "decisions", "fieldPermissions", "fields", "filters", "inputAssignments", "inputParameters", "mappingFields",
        "objectMapping", "objectPermissions", "outputParameters", "processMetadataValues", "queueSobject", "recordCreates",
        "recordLookups", "recordUpdates", "ruleEntry", "rules", "scheduledPaths", "userPermissions", "variables",
    }
)  # fmt: skip
"""Elements that JSON shows as lists even when there is one."""

_METADATA: Final = FieldSpec("Metadata", "complexvalue")


def _of_entity(name: str, prefix: str, *fields: FieldSpec, metadata: bool = True) -> ObjectSpec:
    entity = FieldSpec(
        "EntityDefinitionId", "string", length=255, refers_to=("EntityDefinition",), relationship="EntityDefinition"
    )
    whole = (text("FullName", 255), _METADATA) if metadata else ()
    common = (text("ManageableState", 40), text("NamespacePrefix", 15))
    return sobject(name, prefix, entity, *fields, *common, *whole)


_DEPENDENCY: Final = (
    "MetadataComponentId", "MetadataComponentName", "MetadataComponentNamespace", "MetadataComponentType",
    "RefMetadataComponentId", "RefMetadataComponentName", "RefMetadataComponentNamespace", "RefMetadataComponentType",
)  # fmt: skip

TOOLING: Final = (
    _of_entity(
        "CustomField", "00N", text("DeveloperName", 80), text("TableEnumOrId", 255), text("Description", 1000),
        text("InlineHelpText", 510), FieldSpec("Length", "int", precision=9), FieldSpec("Precision", "int", precision=9),
        FieldSpec("Scale", "int", precision=9),
    ),
    _of_entity(
        "ValidationRule", "03d", text("ValidationName", 80), flag("Active"), text("Description", 1000),
        text("ErrorDisplayField", 255), text("ErrorMessage", 255),
    ),
    _of_entity("WorkflowRule", "01Q", text("Name", 80), text("TableEnumOrId", 255)),
    _of_entity(
        "WorkflowOutboundMessage", "04k", text("Name", 80), FieldSpec("ApiVersion", "double", precision=18, scale=1),
        text("IntegrationUserId", 18),
    ),
    _of_entity("WorkflowFieldUpdate", "04Y", text("Name", 80), text("FieldDefinitionId", 255)),
    _of_entity("AssignmentRule", "01Q", text("Name", 120), flag("Active")),
    _of_entity(
        "DuplicateRule", "0Bm", text("DeveloperName", 80), text("MasterLabel", 80), text("SobjectType", 40), flag("IsActive")
    ),
    sobject(
        "Flow", "301",
        FieldSpec("DefinitionId", "reference", length=18, refers_to=("FlowDefinition",), relationship="Definition"),
        text("MasterLabel", 255), text("Description", 1000), FieldSpec("VersionNumber", "int", precision=9), text("Status", 40),
        text("ProcessType", 40), text("ManageableState", 40), text("FullName", 255), _METADATA,
    ),
    sobject(
        "FlowDefinition", "300", text("DeveloperName", 80), text("MasterLabel", 255), text("Description", 1000),
        FieldSpec("ActiveVersionId", "reference", length=18, refers_to=("Flow",), relationship="ActiveVersion"),
        FieldSpec("LatestVersionId", "reference", length=18, refers_to=("Flow",), relationship="LatestVersion"),
        text("NamespacePrefix", 15), text("ManageableState", 40), text("FullName", 255), _METADATA,
    ),
    sobject(
        "EntityDefinition", "000", text("DurableId", 255), text("QualifiedApiName", 255), text("DeveloperName", 255),
        text("Label", 255), text("KeyPrefix", 3), flag("IsCustomizable"),
    ),
    sobject(
        "FieldDefinition", "4fe", text("DurableId", 255), text("QualifiedApiName", 255), text("DeveloperName", 255),
        text("Label", 255), text("DataType", 255), FieldSpec("Length", "int", precision=9),
        FieldSpec("EntityDefinitionId", "string", length=255, refers_to=("EntityDefinition",), relationship="EntityDefinition"),
    ),
    sobject("MetadataComponentDependency", "0mc", *(text(name, 255) for name in _DEPENDENCY)),
)  # fmt: skip

_SYSTEM: Final = Actor("CRM", "")

Values = tuple[str, Mapping[str, Any], int, int]
"""Id, values, created, modified."""


class ToolingRows:
    """Stands where the store stands for ordinary queries; every look sees the org as it is."""

    def __init__(self, schema: Schema, catalogue: Catalogue, *, with_reports: bool = False) -> None:
        """
        Args:
            with_reports: uses by reports too. The plain query leaves them out; a Bulk job does not.
        """
        self._schema = schema
        self._catalogue = catalogue
        self._with_reports = with_reports
        self._makers: Mapping[str, Callable[[], Iterator[Values]]] = {
            "CustomField": self._fields,
            "Flow": self._versions,
            "FlowDefinition": self._definitions,
            "EntityDefinition": self._entities,
            "FieldDefinition": self._field_definitions,
            "MetadataComponentDependency": self._dependencies,
        }

    def all(self, crm: str, table: str) -> list[Record]:
        maker = self._makers.get(table)
        rows = maker() if maker else (_shown(item) for item in self._catalogue.of_type(table).values())
        return [Record(crm, table, id_, values, created, modified, _SYSTEM, _SYSTEM) for id_, values, created, modified in rows]

    def every(self, crm: str, table: str) -> list[Record]:
        return self.all(crm, table)

    def exactly(self, crm: str, table: str, id_: str) -> Record | None:
        return next((row for row in self.all(crm, table) if row.id == id_), None)

    def lookup(self, crm: str, table: str, field: str, value: object) -> list[Record]:
        return [row for row in self.all(crm, table) if row.values.get(field) == value]

    def item(self, table: str, id_: str) -> Item | None:
        """The component behind a row."""
        if table == "Flow":
            flows = self._catalogue.of_type("Flow").values()
            return next((flow for flow in flows if id_ in flow.extra["ids"].values()), None)
        type_ = "Flow" if table == "FlowDefinition" else table
        return next((item for item in self._catalogue.of_type(type_).values() if item.id == id_), None)

    def _fields(self) -> Iterator[Values]:
        for item in self._catalogue.of_type("CustomField").values():
            object_, _, name = item.name.partition(".")
            whole = self._schema.whole(object_)
            found = whole.fields[name.lower()] if whole else None
            values = {
                **_common(item),
                "DeveloperName": name.removesuffix("__c"),
                "TableEnumOrId": object_,
                "Description": found.description or None if found else None,
                "InlineHelpText": found.help or None if found else None,
                "Length": found.length or None if found else None,
                "Precision": found.precision or None if found else None,
                "Scale": found.scale if found and found.precision else None,
            }
            yield item.id, values, item.created_at, item.modified_at

    def _versions(self) -> Iterator[Values]:
        for flow in self._catalogue.of_type("Flow").values():
            active, latest = flow.extra.get("active_version"), flow.extra["version"]
            for number in sorted({active or latest, latest}):
                content = flow.extra["active"] if number == active else flow.tree
                values = {
                    "DefinitionId": flow.id,
                    "MasterLabel": text_of(content, "label"),
                    "Description": text_of(content, "description") or None,
                    "VersionNumber": number,
                    "Status": "Active" if number == active else _resting(content),
                    "ProcessType": text_of(content, "processType"),
                    "ManageableState": "unmanaged",
                    "FullName": f"{flow.name}-{number}",
                    "Metadata": plain(content, LISTS),
                }
                yield flow.extra["ids"][str(number)], values, flow.created_at, flow.modified_at

    def _definitions(self) -> Iterator[Values]:
        for flow in self._catalogue.of_type("Flow").values():
            active = flow.extra.get("active_version")
            values = {
                "DeveloperName": flow.name,
                "MasterLabel": text_of(flow.tree, "label"),
                "ActiveVersionId": flow.extra["ids"][str(active)] if active else None,
                "LatestVersionId": flow.extra["ids"][str(flow.extra["version"])],
                "ManageableState": "unmanaged",
                "FullName": flow.name,
                "Metadata": {"activeVersionNumber": active},
            }
            yield flow.id, values, flow.created_at, flow.modified_at

    def _entities(self) -> Iterator[Values]:
        for spec in self._schema.objects():
            values = {
                "DurableId": spec.name,
                "QualifiedApiName": spec.name,
                "DeveloperName": spec.name,
                "Label": spec.name,
                "KeyPrefix": spec.prefix,
                "IsCustomizable": spec.writable,
            }
            yield spec.name, values, 0, 0

    def _field_definitions(self) -> Iterator[Values]:
        for spec in self._schema.objects():
            for field in spec.fields.values():
                durable = f"{spec.name}.{field.id[:15] or field.name}"
                values = {
                    "DurableId": durable,
                    "QualifiedApiName": field.name,
                    "DeveloperName": field.name.removesuffix("__c"),
                    "Label": field.label or field.name,
                    "DataType": kind(field),
                    "Length": field.length or None,
                    "EntityDefinitionId": spec.name,
                }
                yield durable, values, field.created_at, field.modified_at

    def _dependencies(self) -> Iterator[Values]:
        items = {(item.type, item.name): item for item in self._catalogue.every()}
        for number, use in enumerate(uses(items.values()), start=1):
            user, used = items[use.type, use.name], items.get(use.uses)
            if used is None or (use.type == "Report" and not self._with_reports):
                continue
            values = {
                "MetadataComponentId": _component_id(user),
                "MetadataComponentName": _component_name(user),
                "MetadataComponentType": user.type,
                "RefMetadataComponentId": used.id,
                "RefMetadataComponentName": _component_name(used),
                "RefMetadataComponentType": used.type,
            }
            yield f"0mc{number:015d}", values, 0, 0


def _shown(item: Item) -> Values:
    content = item.tree
    values = {
        **_common(item),
        "Name": text_of(content, "name") or item.name.partition(".")[2],
        "ValidationName": item.name.partition(".")[2],
        "TableEnumOrId": item.name.partition(".")[0],
        "Active": is_set(content, "active"),
        "Description": text_of(content, "description") or None,
        "ErrorDisplayField": text_of(content, "errorDisplayField") or None,
        "ErrorMessage": text_of(content, "errorMessage") or None,
        "ApiVersion": float(text_of(content, "apiVersion") or 0) or None,
        "FieldDefinitionId": text_of(content, "field") or None,
        "DeveloperName": item.name.partition(".")[2],
        "MasterLabel": text_of(content, "masterLabel") or None,
        "SobjectType": item.name.partition(".")[0],
        "IsActive": is_set(content, "isActive"),
    }
    return item.id, values, item.created_at, item.modified_at


def _common(item: Item) -> dict[str, Any]:
    return {
        "EntityDefinitionId": item.name.partition(".")[0],
        "ManageableState": "unmanaged",
        "FullName": item.name,
        "Metadata": plain(item.tree, LISTS),
    }


def _resting(content: Tree) -> str:
    """A version that is not the active one never says that it is."""
    status = text_of(content, "status")
    return "Obsolete" if status == "Active" else status


def _component_id(item: Item) -> str:
    """Of a flow, its latest version's."""
    return str(item.extra["ids"][str(item.extra["version"])]) if item.type == "Flow" else item.id


def _component_name(item: Item) -> str:
    name = item.name.partition(".")[2] or item.name.rpartition("/")[2]
    return name.removesuffix("__c") if item.type == "CustomField" else name


class ToolingSchema:
    """The Tooling API's objects."""

    def __init__(self, objects: Iterable[ObjectSpec] = TOOLING) -> None:
        self._objects = {spec.name.lower(): spec for spec in objects}

    def objects(self) -> list[ObjectSpec]:
        return list(self._objects.values())

    def find(self, name: str) -> ObjectSpec | None:
        return self._objects.get(name.lower())

    def by_id(self, id_: str) -> ObjectSpec | None:
        if len(id_) in {15, 18} and (spec := next((spec for spec in self._objects.values() if spec.prefix == id_[:3]), None)):
            return spec
        return self.find("EntityDefinition") if id_ else None

    def indexed(self, spec: ObjectSpec) -> list[str]:
        del spec
        return []
