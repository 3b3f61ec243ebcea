"""HubSpot's owners: read-only over the API, seeded through the control API."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import not_found
from adapters.sandbox.hubspot_input import nowhere, page, wants
from adapters.sandbox.moments import iso
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, json_answer
from adapters.sandbox.world import Person

_DOCUMENTS: Final = "hubspot:owner"
_TEAMS: Final = "hubspot:team"


class Owners:
    """People and queues that can own records."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[dict[str, Any]]:
        """Owners of every kind, archived ones too, each with the teams it is in."""
        teams = self.teams()
        return [{**owner, "teams": _teams_of(owner, teams)} for owner in self._store.documents(_DOCUMENTS).values()]

    def teams(self) -> list[dict[str, Any]]:
        """Teams with the user ids of their members."""
        return list(self._store.documents(_TEAMS).values())

    def add_team(self, name: str, emails: Sequence[str]) -> str:
        """Creates a team, or gives it other members; its id. A person's first team is the primary one.

        Raises:
            LookupError: nobody has such an e-mail address.
        """
        by_email = {owner["email"].lower(): owner for owner in self.all() if owner["type"] == "PERSON"}
        if unknown := [email for email in emails if email.lower() not in by_email]:
            raise LookupError(f"HubSpot has no owner {unknown[0]}.")
        old = next((team for team in self.teams() if team["name"] == name), None)
        id_ = str(old["id"] if old else 57_000_000 + self._store.next_number("hubspot:team"))
        members = [by_email[email.lower()] for email in emails]
        primary = [_user_of(one) for one in members if all(team["id"] == id_ for team in one["teams"])]
        others = [_user_of(one) for one in members if _user_of(one) not in primary]
        self._store.put(_TEAMS, id_, {"id": id_, "name": name, "userIds": primary, "secondaryUserIds": others})
        return id_

    def add(self, person: Person) -> str:
        """Creates or updates the owner with this e-mail; its id. An archived owner has no `userId` and no name."""
        old = next((owner for owner in self.all() if owner["email"].lower() == person.email.lower()), None)
        user_id = old["userIdIncludingInactive"] if old else 9_000_000 + self._store.next_number("hubspot:user")
        names = (
            {"firstName": person.first_name, "lastName": person.last_name} if person.active else {"firstName": "", "lastName": ""}
        )
        return self._put(old, {"email": person.email, "type": "PERSON", **names, "archived": not person.active}, user_id)

    def add_queue(self, name: str) -> str:
        """Creates or finds the queue of this name; its id."""
        old = next((owner for owner in self.all() if owner["type"] == "QUEUE" and owner["firstName"] == name), None)
        return self._put(old, {"email": "", "type": "QUEUE", "firstName": name, "lastName": "", "archived": False}, None)

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """`/owners` and `/owners/{id}`.

        Raises:
            RefusalError: no such owner.
        """
        match call.method, *rest:
            case ("GET",):
                return self._list(call)
            case "GET", id_:
                return self._get(call, id_)
        raise nowhere(call)

    def _list(self, call: Call) -> Answer:
        limit, after = page(call, 100, 500)
        archived = wants(call, "archived")
        email = call.argument("email").lower()
        listed = [one for one in self.all() if one["archived"] == archived and (not email or one["email"].lower() == email)]
        rest = [owner for owner in listed if not after or int(owner["id"]) > int(after)]
        more = {"paging": {"next": {"after": rest[limit - 1]["id"]}}} if len(rest) > limit else {}
        return json_answer(200, {"results": rest[:limit], **more})

    def _get(self, call: Call, id_: str) -> Answer:
        """`idProperty=userId` looks a user up; the answer still carries the owner id."""
        archived = wants(call, "archived")
        name = "userIdIncludingInactive" if call.argument("idProperty") == "userId" else "id"
        for owner in self.all():
            if str(owner[name]) == id_ and owner["archived"] == archived:
                return json_answer(200, owner)
        raise not_found()

    def _put(self, old: dict[str, Any] | None, document: dict[str, Any], user_id: int | None) -> str:
        now = iso(self._store.clock())
        id_ = old["id"] if old else str(41_600_000 + self._store.next_number("hubspot:owner"))
        stamps = {"createdAt": old["createdAt"] if old else now, "updatedAt": now}
        users = {"userId": None if document["archived"] else user_id, "userIdIncludingInactive": user_id}
        self._store.put(_DOCUMENTS, id_, {"id": id_, **document, **users, **stamps, "teams": []})
        return str(id_)


def _user_of(owner: Mapping[str, Any]) -> str:
    return str(owner["userIdIncludingInactive"])


def _teams_of(owner: Mapping[str, Any], teams: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    user = _user_of(owner)
    return [
        {"id": team["id"], "name": team["name"], "primary": user in team["userIds"]}
        for team in teams
        if user in team["userIds"] or user in team["secondaryUserIds"]
    ]
