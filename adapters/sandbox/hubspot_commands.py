"""What the control API does to a portal beyond its records: tokens, teams, workflow actions, a past."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from adapters.sandbox.hubspot_actions import Actions
from adapters.sandbox.hubspot_lived_in import LivedIn, wanted_of
from adapters.sandbox.hubspot_oauth import OAuth
from adapters.sandbox.hubspot_object_schemas import ObjectSchemas
from adapters.sandbox.hubspot_owners import Owners
from adapters.sandbox.hubspot_portal import KINDS, Kind
from adapters.sandbox.hubspot_project import Projects
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_salesforce import sync

_DONE: Final[Mapping[str, Any]] = {"done": True}


class Commands:
    """`/_sandbox/hubspot/{tokens,revoke,teams,execute,outcome,project,required,lived_in,salesforce_sync}`."""

    def __init__(
        self,
        oauth: OAuth,
        owners: Owners,
        *,
        actions: Actions,
        records: Records,
        random: Random,
        lived_in: LivedIn,
        projects: Projects,
        schemas: ObjectSchemas,
    ) -> None:
        self._oauth = oauth
        self._owners = owners
        self._actions = actions
        self._records = records
        self._random = random
        self._lived_in = lived_in
        self._projects = projects
        self._schemas = schemas

    def run(self, method: str, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        """Runs one command.

        Raises:
            LookupError: there is no such command, or no such person.
            ValueError: a value that cannot be kept.
        """
        match method, *parts:
            case "POST", "tokens":
                self._oauth.grant_static(str(body["token"]), str(body["scopes"]))
                return _DONE
            case "POST", "revoke":
                token = str(body.get("token", ""))
                if token:
                    self._oauth.revoke(token)
                else:
                    self._oauth.uninstall()
                return _DONE
            case "POST", "teams":
                return {"id": self._owners.add_team(str(body["name"]), [str(email) for email in body.get("members", [])])}
        return self._staged(method, parts, body)

    def _staged(self, method: str, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        match method, *parts:
            case "POST", "project":
                return self._projects.upload(body["files"])
            case "POST", "required":
                self._schemas.require(_kind(body), [str(name) for name in body["names"]])
                return _DONE
            case "POST", "lived_in":
                return self._lived_in.make(wanted_of(body))
            case "POST", "salesforce_sync":
                return {"synced": sync(self._records.schema, self._records, self._random)}
            case "POST", "execute":
                return self._execute(body)
            case "POST", "outcome":
                return self._actions.outcome(str(body["callbackId"]))
        raise LookupError(f"The control API has no {method} /_sandbox/hubspot/{'/'.join(parts)}.")

    def _execute(self, body: Mapping[str, Any]) -> object:
        kind = _kind(body)
        record = self._records.find(kind, str(body["id"]))
        if record is None:
            raise LookupError(f"HubSpot has no live record {body['id']} in {body['object']}.")
        return self._actions.execute(str(body["url"]), kind, record, body.get("inputFields") or {})


def _kind(body: Mapping[str, Any]) -> Kind:
    kind = KINDS.get(str(body["object"]))
    if kind is None:
        raise LookupError(f"HubSpot has no object {body['object']}.")
    return kind
