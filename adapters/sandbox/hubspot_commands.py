"""What the control API does to a portal beyond its records: tokens, teams, a lived-in portal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_oauth import OAuth
from adapters.sandbox.hubspot_owners import Owners

_DONE: Final[Mapping[str, Any]] = {"done": True}


class Commands:
    """`/_sandbox/hubspot/{tokens,revoke,teams}`."""

    def __init__(self, oauth: OAuth, owners: Owners) -> None:
        self._oauth = oauth
        self._owners = owners

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
                self._oauth.revoke(token) if token else self._oauth.uninstall()
                return _DONE
            case "POST", "teams":
                return {"id": self._owners.add_team(str(body["name"]), [str(email) for email in body.get("members", [])])}
        raise LookupError(f"The control API has no {method} /_sandbox/hubspot/{'/'.join(parts)}.")
