"""Who in an org uses our fields, and what the fields hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.kit import Usage, Wanted
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import Client, soql
from adapters.salesforce.metadata import Metadata
from adapters.salesforce.org import Org
from adapters.salesforce.package.calling import FLOW, MESSAGE
from adapters.salesforce.package.fields import objects_of, our_fields
from adapters.salesforce.package.rule import RULE

_OURS: Final = frozenset({("Flow", FLOW), ("WorkflowOutboundMessage", MESSAGE), ("AssignmentRule", RULE)})
_HARMLESS: Final = frozenset({"Layout", "CustomField"})
"""A layout lets go of a deleted field by itself; a field of ours may name another."""

_KINDS: Final[Mapping[str, str]] = {
    "AssignmentRule": "assignment rule",
    "ApexClass": "Apex class",
    "ApexTrigger": "Apex trigger",
    "ApexPage": "Visualforce page",
    "FlexiPage": "Lightning page",
    "ListView": "list view",
    "ValidationRule": "validation rule",
    "WorkflowRule": "workflow rule",
    "EmailTemplate": "e-mail template",
}


def usages(client: Client, metadata: Metadata, wanted: Wanted) -> Sequence[Usage]:
    """Everything that depends on one of our fields, but for our own parts and for page layouts."""
    ids = _field_ids(client, wanted)
    found: set[tuple[str, str, str]] = set()
    for part in chunks(sorted(ids), 100):
        for row in metadata.dependencies(part):
            kind, name = row["MetadataComponentType"], row["MetadataComponentName"]
            if kind not in _HARMLESS and (kind, name.rpartition(".")[2]) not in _OURS and row["RefMetadataComponentId"] in ids:
                found.add((ids[row["RefMetadataComponentId"]], _KINDS.get(kind, kind.lower()), name))
    return [Usage(*one) for one in sorted(found)]


def _field_ids(client: Client, wanted: Wanted) -> Mapping[str, str]:
    """By id, `Lead.Leadline_Route__c` of each of our fields that exists."""
    objects = objects_of(wanted)
    names = sorted({one.field.removesuffix("__c") for object_ in objects for one in our_fields(wanted, object_)})
    query = "SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName IN {} AND TableEnumOrId IN {}"
    rows = client.tooling(soql(query, names, list(objects))) if names else []
    return {row["Id"]: f"{row['TableEnumOrId']}.{row['DeveloperName']}__c" for row in rows}


def values(client: Client, org: Org, wanted: Wanted) -> Iterator[Mapping[str, str]]:
    """Every record with a value in one of our fields: `object`, `id`, and the fields that are not empty."""
    for object_ in objects_of(wanted):
        described = org.describe(object_)
        fields = [one.field for one in our_fields(wanted, object_) if described.field(one.field)]
        if not fields:
            continue
        some = " OR ".join(f"{field} != null" for field in fields)
        for row in client.each(f"SELECT Id, {', '.join(fields)} FROM {object_} WHERE {some} ORDER BY Id"):  # noqa: S608
            yield {
                "object": object_,
                "id": str(row["Id"]),
                **{field: _text(row[field]) for field in fields if row.get(field) is not None},
            }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
