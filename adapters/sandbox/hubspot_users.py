"""HubSpot's users and teams, read only; teams are made through the control API."""

from collections.abc import Sequence
from typing import Any

from adapters.sandbox.hubspot_errors import not_found
from adapters.sandbox.hubspot_input import nowhere, page
from adapters.sandbox.hubspot_owners import Owners
from adapters.sandbox.wire import Answer, Call, json_answer


class UsersApi:
    """`/settings/users`, `/{id}` and `/teams`. People who left are no users any more."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """Answers what comes after `users`.

        Raises:
            RefusalError: no such user, or no such endpoint.
        """
        match call.method, *rest:
            case ("GET",):
                return self._page(call)
            case "GET", "teams":
                return json_answer(200, {"results": self._owners.teams()})
            case "GET", id_:
                return json_answer(200, self._one(call, id_))
        raise nowhere(call)

    def _page(self, call: Call) -> Answer:
        limit, after = page(call, 100, 100)
        rest = [user for user in self._users() if not after or int(user["id"]) > int(after)]
        more = {"paging": {"next": {"after": rest[limit - 1]["id"]}}} if len(rest) > limit else {}
        return json_answer(200, {"results": rest[:limit], **more})

    def _one(self, call: Call, id_: str) -> dict[str, Any]:
        name = "email" if call.argument("idProperty") == "EMAIL" else "id"
        for user in self._users():
            if user[name].lower() == id_.lower():
                return user
        raise not_found(f"User {id_} does not exist.")

    def _users(self) -> list[dict[str, Any]]:
        people = [owner for owner in self._owners.all() if owner["type"] == "PERSON" and not owner["archived"]]
        users = [_user(owner) for owner in people]
        return sorted(users, key=lambda user: int(user["id"]))


def _user(owner: dict[str, Any]) -> dict[str, Any]:
    primary = [team["id"] for team in owner["teams"] if team["primary"]]
    names = {"id": str(owner["userId"]), "email": owner["email"], "firstName": owner["firstName"], "lastName": owner["lastName"]}
    others = [team["id"] for team in owner["teams"] if not team["primary"]]
    team = {"primaryTeamId": primary[0]} if primary else {}
    return {**names, "roleIds": [], "superAdmin": False, **team, "secondaryTeamIds": others}
