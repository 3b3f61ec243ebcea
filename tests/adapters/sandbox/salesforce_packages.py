"""Small metadata packages for tests, and how they get into an org: over REST, as any client would."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.adapters.sandbox.salesforce_sandbox import Caller

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'

FIT_FIELD = (
    "<fields><fullName>Fit__c</fullName><externalId>false</externalId><inlineHelpText>How well it fits.</inlineHelpText>"
    "<label>Fit</label><precision>3</precision><scale>0</scale><type>Number</type><unique>false</unique></fields>"
)
GRADE_FIELD = (
    "<fields><fullName>Grade__c</fullName><label>Grade</label><type>Picklist</type><valueSet><restricted>true</restricted>"
    "<valueSetDefinition><sorted>false</sorted><value><fullName>A</fullName><default>false</default><label>A</label></value>"
    "<value><fullName>B</fullName><default>false</default><label>B</label></value></valueSetDefinition></valueSet></fields>"
)
KEY_FIELD = (
    "<fields><fullName>Key__c</fullName><caseSensitive>false</caseSensitive><externalId>true</externalId><label>Key</label>"
    "<length>64</length><type>Text</type><unique>true</unique></fields>"
)


def document(root: str, content: str) -> str:
    return f"{_HEAD}\n<{root} {_NAMESPACE}>{content}</{root}>"


def manifest(members: Mapping[str, list[str]]) -> str:
    types = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}<name>{type_}</name></types>"
        for type_, names in members.items()
    )
    return document("Package", f"{types}<version>67.0</version>")


def zipped(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def package(members: Mapping[str, list[str]], files: Mapping[str, str], *, after: Mapping[str, list[str]] | None = None) -> bytes:
    """
    Args:
        after: what is deleted once the rest is in.
    """
    gone = {"destructiveChangesPost.xml": manifest(after)} if after else {}
    return zipped({"package.xml": manifest(members), **files, **gone})


def removal(members: Mapping[str, list[str]]) -> bytes:
    return zipped({"package.xml": manifest({}), "destructiveChanges.xml": manifest(members)})


def permission_set(fields: Mapping[str, bool], *, objects: str = "") -> str:
    """`fields` to: editable too?"""
    rows = "".join(
        f"<fieldPermissions><editable>{str(edit).lower()}</editable><field>{name}</field><readable>true</readable></fieldPermissions>"
        for name, edit in fields.items()
    )
    return document("PermissionSet", f"{rows}<hasActivationRequired>false</hasActivationRequired><label>Scoring</label>{objects}")


def fields_package(
    *definitions: str, names: list[str], object_: str = "Lead", permissions: Mapping[str, bool] | None = None
) -> bytes:
    members = {"CustomField": [f"{object_}.{name}" for name in names]}
    files = {f"objects/{object_}.object": document("CustomObject", "".join(definitions))}
    if permissions is not None:
        members["PermissionSet"] = ["Scoring"]
        files["permissionsets/Scoring.permissionset"] = permission_set(permissions)
    return package(members, files)


def queue(label: str) -> str:
    objects = "<queueSobject><sobjectType>Lead</sobjectType></queueSobject>"
    return document("Queue", f"<doesSendEmailToMembers>false</doesSendEmailToMembers><name>{label}</name>{objects}")


def queue_package(name: str, label: str) -> bytes:
    return package({"Queue": [name]}, {f"queues/{name}.queue": queue(label)})


def deploy(sandbox: Caller, archive: bytes, **options: Any) -> dict[str, Any]:
    """The finished deployResult, with details."""
    id_ = start(sandbox, archive, **options)
    answer = sandbox.call("GET", f"metadata/deployRequest/{id_}", params={"includeDetails": "true"})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["deployResult"]
    assert result["done"], result
    return result


def start(sandbox: Caller, archive: bytes, **options: Any) -> str:
    wanted = {"checkOnly": False, "rollbackOnError": True, "singlePackage": True, "testLevel": "NoTestRun", **options}
    parts = {
        "json": (None, json.dumps({"deployOptions": wanted}), "application/json"),
        "file": ("deploy.zip", archive, "application/zip"),
    }
    answer = sandbox.call("POST", "metadata/deployRequest", files=parts)
    assert answer.status_code == 201, answer.text
    assert answer.json()["deployResult"]["status"] == "Pending"
    id_: str = answer.json()["id"]
    return id_


def deployed(sandbox: Caller, archive: bytes, **options: Any) -> dict[str, Any]:
    """The result of a deployment that must succeed."""
    result = deploy(sandbox, archive, **options)
    assert result["status"] == "Succeeded", problems(result)
    return result


def problems(result: Mapping[str, Any]) -> dict[str, str]:
    """Full name to what was refused about it."""
    return {row["fullName"]: row["problem"] for row in result["details"]["componentFailures"]}


def successes(result: Mapping[str, Any]) -> dict[str, Any]:
    return {row["fullName"]: row for row in result["details"]["componentSuccesses"]}


def assign(sandbox: Caller, permission_set_name: str) -> str:
    """Gives the calling user a permission set; the assignment's id."""
    (found,) = sandbox.query("SELECT Id FROM PermissionSet WHERE Name = {}", permission_set_name)
    me = sandbox.session.get(f"{sandbox.url}/services/oauth2/userinfo").json()["user_id"]
    answer = sandbox.call("POST", "sobjects/PermissionSetAssignment", json={"AssigneeId": me, "PermissionSetId": found["Id"]})
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_
