"""What a CRM consists of, read by its public API alone and without anything of ours, so that two moments can be compared."""

import base64
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

import requests
from defusedxml.ElementTree import fromstring

Snapshot = Mapping[str, Any]
"""Place to what stands there, without ids and moments that any writing moves."""

Call = Callable[..., Any]

DATA: Final = "/services/data/v67.0"
OBJECTS: Final = ("Lead", "Contact", "Account", "Opportunity", "Task", "User", "Group")
TYPES: Final = (
    "CustomField",
    "PermissionSet",
    "Queue",
    "Flow",
    "FlowDefinition",
    "WorkflowOutboundMessage",
    "WorkflowRule",
    "WorkflowFieldUpdate",
    "AssignmentRules",
    "LeadConvertSettings",
    "ValidationRule",
    "ListView",
    "Report",
    "Layout",
)
_METADATA: Final = "http://soap.sforce.com/2006/04/metadata"
_MOVES: Final = re.compile(r"(?:At|Date|By|ById|ByName|UserId|createdBy|updatedBy)$|^id$|^version$", re.IGNORECASE)


def of_salesforce(url: str, headers: Mapping[str, str]) -> Snapshot:
    """Every object's describe, every component of every type, and who holds which permission set."""
    found: dict[str, Any] = {}
    with requests.Session() as session:
        session.headers.update(headers)
        names = sorted(one["name"] for one in session.get(f"{url}{DATA}/sobjects", timeout=30).json()["sobjects"])
        found["objects"] = names
        for name in OBJECTS:
            found[f"describe {name}"] = session.get(f"{url}{DATA}/sobjects/{name}/describe", timeout=30).json()
        for query in ("SELECT Name, Type FROM Group ORDER BY Name", "SELECT Name FROM PermissionSet ORDER BY Name"):
            rows = session.get(f"{url}{DATA}/query", params={"q": query}, timeout=30).json()["records"]
            found[query] = [{name: value for name, value in row.items() if name != "attributes"} for row in rows]
        return found | _retrieved(url, session)


def _retrieved(url: str, session: requests.Session) -> Snapshot:
    """Every component of every type, as a retrieval brings it: by file and, where a file has many, by tag and name."""
    types = "".join(f"<types><members>*</members><name>{type_}</name></types>" for type_ in TYPES)
    wanted = (
        f"<apiVersion>67.0</apiVersion><singlePackage>true</singlePackage><unpackaged>{types}<version>67.0</version></unpackaged>"
    )
    job = _soap(url, session, "retrieve", f"<retrieveRequest>{wanted}</retrieveRequest>").findtext(f".//{{{_METADATA}}}id")
    asked = f"<asyncProcessId>{job}</asyncProcessId><includeZip>true</includeZip>"
    content = _soap(url, session, "checkRetrieveStatus", asked).findtext(f".//{{{_METADATA}}}zipFile") or ""
    found: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(content))) as archive:
        for name in archive.namelist():
            found |= dict(_parts(name, fromstring(archive.read(name))))
    return found


def _parts(file: str, root: Element) -> Iterator[tuple[str, Any]]:
    alone = []
    for child in root:
        name = child.findtext(f"{{{_METADATA}}}fullName")
        if name is None:
            alone.append((child.tag.partition("}")[2], _tree(child)))
        else:
            yield f"{file} {child.tag.partition('}')[2]} {name}", _tree(child)
    if alone and file != "package.xml":
        yield file, sorted(alone, key=repr)


def _soap(url: str, session: requests.Session, verb: str, content: str) -> Element:
    token = str(session.headers["Authorization"]).removeprefix("Bearer ")
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    head = f'<h:SessionHeader xmlns:h="{_METADATA}"><h:sessionId>{token}</h:sessionId></h:SessionHeader>'
    body = f'<{verb} xmlns="{_METADATA}">{content}</{verb}>'
    envelope = f'<s:Envelope xmlns:s="{space}"><s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
    answer = session.post(f"{url}/services/Soap/m/67.0", data=envelope.encode(), headers={"SOAPAction": '""'}, timeout=60)
    assert answer.status_code == 200, answer.text
    return fromstring(answer.content)


def _tree(element: Element) -> Any:
    """Tags with their content, in an order that does not hang on when each was added."""
    if len(element) == 0:
        return element.text or ""
    return sorted(((child.tag.partition("}")[2], _tree(child)) for child in element), key=repr)


def of_hubspot(call: Call) -> Snapshot:
    """Properties and groups of each object, lists, workflows, forms, and the app's webhooks."""
    found: dict[str, Any] = {}
    for object_ in ("contacts", "companies", "deals"):
        for kind in ("", "/groups"):
            rows = call("GET", f"/crm/v3/properties/{object_}{kind}")["results"]
            found |= {f"{object_}{kind} {row['name']}": _still(row) for row in rows}
    lists = call("POST", "/crm/v3/lists/search", {"query": "", "count": 500})["lists"]
    found |= {f"list {row['name']}": _still(row) for row in lists}
    for flow in call("GET", "/automation/v4/flows")["results"]:
        found[f"workflow {flow['id']}"] = _still(call("GET", f"/automation/v4/flows/{flow['id']}"))
    found |= {f"form {row['name']}": _still(row) for row in call("GET", "/marketing/v3/forms")["results"]}
    return found


def _still(value: Any) -> Any:
    """Without what moves whenever somebody writes."""
    if isinstance(value, Mapping):
        return {name: _still(one) for name, one in value.items() if not _MOVES.search(name) and name != "additionalProperties"}
    return [_still(one) for one in value] if isinstance(value, list) else value


def differences(before: Snapshot, after: Snapshot) -> Mapping[str, str]:
    """Place to added, removed or changed."""
    keys = before.keys() | after.keys()
    return {
        key: "added" if key not in before else "removed" if key not in after else "changed"
        for key in sorted(keys)
        if before.get(key) != after.get(key)
    }
