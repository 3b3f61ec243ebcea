"""What goes wrong in real life: how it comes about, what the doctor is asked to see, and how the fix undoes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from sqlalchemy import text

from config.policy import shipped_policy_text
from config.settings import Settings
from connector import jobs
from connector.bell import Bell, open_bell
from connector.clock import Clock
from connector.demo.portals import HUBSPOT, POOLS, SALESFORCE, Portals, _authorize
from connector.handover import prove
from connector.installing import apply
from connector.policies import activate_policy
from connector.store.connections import CrmConnection, put_connection, set_option, set_paused, trip_breaker
from connector.store.engine import transact
from connector.store.installs import begin_installation
from connector.store.tokens import drop_token, lift_refusal
from connector.store.turns import set_pools
from connector.vault import Vault, new_key
from connector.wiring import Services


@dataclass
class World:
    """One healthy installation, and what a fault remembers for its undoing."""

    services: Services
    portals: Portals
    kept: dict[str, Any] = field(default_factory=dict)

    # --- the store

    def sql(self, statement: str, **values: object) -> None:
        transact(self.services.engine, lambda session: session.execute(text(statement), values))

    def crm(self, name: str) -> CrmConnection:
        self.services.refresh()
        found = self.services.crm(name)
        assert found
        return found

    def change(self, name: str, **changes: Any) -> None:
        crm = self.kept.setdefault(f"crm {name}", self.crm(name))
        transact(self.services.engine, lambda session: put_connection(session, self.services.vault, replace(crm, **changes)))
        self.services.refresh()

    def change_back(self, name: str) -> None:
        crm = self.kept.pop(f"crm {name}")
        transact(self.services.engine, lambda session: put_connection(session, self.services.vault, crm))
        self.services.refresh()

    def set(self, **settings: Any) -> None:
        before: Settings = self.kept.setdefault("settings", self.services.settings)
        self.services.settings = replace(before, **settings)

    def set_back(self) -> None:
        self.services.settings = self.kept.pop("settings")

    def age(self, process: str) -> None:
        self.sql("UPDATE heartbeat SET at = at - interval '1 hour' WHERE process = :process", process=process)

    def beat(self) -> None:
        Clock(self.services).tick()
        jobs.start(self.services)
        jobs.beat("worker")

    def policy(self, changes: Mapping[str, str]) -> None:
        document = shipped_policy_text()
        for old, new in changes.items():
            assert old in document
            document = document.replace(old, new)
        activate_policy(self.services, document)

    def policy_back(self) -> None:
        activate_policy(self.services, shipped_policy_text() + "\n")

    def bell(self, bell: Bell | None = None) -> None:
        known = self.kept.setdefault("bell", self.services.bell)
        self.services.bell = bell or known

    def forget_token(self, name: str) -> None:
        def forget(session: Any) -> None:
            drop_token(session, name)
            lift_refusal(session, name)

        transact(self.services.engine, forget)
        self.change(name, options={**self.crm(name).options, "again": str(len(self.kept))})  # the adapter is made anew
        self.kept.pop(f"crm {name}")

    # --- the CRMs

    def install(self, name: str) -> None:
        """What most fixes say."""
        apply(self.services, self.crm(name), lambda _: None)
        self.services.refresh()

    def row(self, table: str, **values: Any) -> dict[str, Any]:
        rows = self.portals.sandbox.records("salesforce", table)
        return next(
            row
            for row in rows
            if not row["archived"] and all(row["properties"].get(name) == value for name, value in values.items())
        )

    def hubspot(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": "Bearer pat-na1-test"}
        answer = requests.request(method, self.portals.sandbox.url + path, json=body, headers=headers, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def webhooks(self, method: str, path: str, body: object = None) -> Any:
        settings = self.portals.sandbox.settings("hubspot")
        return self.hubspot(method, f"/webhooks/v3/{settings['app_id']}/{path}?hapikey={settings['developer_key']}", body)

    def salesforce(self, method: str, path: str, body: object = None) -> Any:
        form = {"grant_type": "client_credentials", "client_id": "admin", "client_secret": "hush"}
        token = requests.post(f"{self.portals.sandbox.url}/services/oauth2/token", data=form, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.portals.sandbox.url}/services/data/v67.0/{path}"
        answer = requests.request(method, url, json=body, headers=headers, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def consent(self, scopes: str = "") -> None:
        """A person goes through HubSpot's consent page again."""
        settings = self.portals.sandbox.settings("hubspot")
        code = _authorize(self.portals.sandbox.url, settings["client_id"], scopes or settings["scopes"])
        app = {name: settings[name] for name in ("client_id", "client_secret")}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/", **app}
        answer = requests.post(f"{self.portals.sandbox.url}/oauth/v1/token", data=form, timeout=10).json()
        crm = self.crm(HUBSPOT)
        self.change(HUBSPOT, credentials={**crm.credentials, "refresh_token": answer["refresh_token"]})
        self.kept.pop(f"crm {HUBSPOT}")
        self.forget_token(HUBSPOT)

    def person(self, email: str, *, active: bool) -> None:
        name = email.split("@", maxsplit=1)[0].title()
        self.portals.sandbox.add_people([{"email": email, "firstName": name, "lastName": "Leadline", "active": active}])

    def profile(self, name: str) -> None:
        crm = self.crm(SALESFORCE)
        with self.services.kit(crm):
            me = self.services.adapter(crm)._client.whoami()  # type: ignore[attr-defined]  # whom the fault is about
        self.portals.sandbox.update("salesforce", "User", me, {"ProfileId": self.row("Profile", Name=name)["id"]})

    def flow(self, active: int) -> None:
        found = self.salesforce("GET", "tooling/query/?q=SELECT+Id,DeveloperName+FROM+FlowDefinition")["records"]
        (ours,) = [one for one in found if one["DeveloperName"].startswith("Leadline")]
        self.salesforce("PATCH", f"tooling/sobjects/FlowDefinition/{ours['Id']}", {"Metadata": {"activeVersionNumber": active}})

    def rule(self) -> None:
        """The org gets an active rule, which gives every lead to one queue."""
        queue = self.row("Group", Name="Leadline Nurture")["id"]
        entry = {"field": "LastName", "op": "notEqual", "value": "Nobody", "owner": queue}
        self.portals.sandbox.settings("salesforce", assignment_rules=[{"name": "Standard", "entries": [entry]}])

    def hand_over_to(self, rule: str) -> None:
        transact(self.services.engine, lambda session: set_option(session, SALESFORCE, "assignment_rule", rule))

    def no_rule(self) -> None:
        self.portals.sandbox.settings("salesforce", assignment_rules=[])

    def prove(self) -> None:
        """What the fix says: one lead of the admin's own, which carries a value of ours."""
        person = {"LastName": "Probe", "Company": "Acme", "Leadline_Key__c": "probe", "OwnerId": self.row("User")["id"]}
        (lead,) = self.portals.sandbox.create("salesforce", "Lead", [person])
        assert prove(self.services, self.crm(SALESFORCE), lead).proven

    def unassign(self) -> None:
        set_id = self.row("PermissionSet", Name="Leadline_Integration")["id"]
        self.portals.sandbox.delete(
            "salesforce", "PermissionSetAssignment", self.row("PermissionSetAssignment", PermissionSetId=set_id)["id"]
        )


_DUE = """
    INSERT INTO due (connection, object, record_id, source_at, not_before)
    VALUES (:name, 'contact', '1', now() - interval '10 minutes', now() - interval '10 minutes')
"""
_WRITE = """
    INSERT INTO outbox (connection, object, record_id, packet_id, packet_hash, outputs, source_at, not_before)
    VALUES (:name, 'contact', '1', gen_random_uuid(), '', '{}', now() - interval '10 minutes', now() - interval '10 minutes')
"""
_DELIVERY = """
    INSERT INTO delivery (connection, channel, fingerprint, body, received_at)
    VALUES (:name, 'x', '', '', now() - interval '10 minutes')
"""
_SDRS = "sdrs: {kind: pool, pool: sdrs, clock: half_hour}"
_THEIRS = f"{_SDRS}\n  theirs: {{kind: assignment_rule, clock: same_day, fallback: sdrs}}"

Act = Callable[[World], object]


@dataclass(frozen=True)
class Fault:
    name: str
    question: str
    """Under which it has to be found."""
    seed: Act
    undo: Act
    waits: bool = True


OF_THE_MACHINE = (
    Fault("the clock died", "clock", lambda w: w.age("clock"), World.beat),
    Fault("the workers died", "worker", lambda w: w.age("worker"), World.beat),
    Fault("Redis is away", "Redis", lambda w: w.bell(open_bell("redis://127.0.0.1:1")), lambda w: w.bell()),
    Fault("the disk is full", "disk", lambda w: w.set(min_disk_mb=10**9), World.set_back),
    Fault("nothing listens there", "web process", lambda w: w.set(public_url="http://127.0.0.1:1"), World.set_back),
    Fault("something else listens there", "web process", lambda w: w.set(public_url=w.portals.sandbox.url), World.set_back),
    Fault(
        "a pool is empty",
        "pool",
        lambda w: transact(w.services.engine, lambda s: set_pools(s, {"closers": {}})),
        lambda w: transact(w.services.engine, lambda s: set_pools(s, POOLS)),
        waits=False,  # in shadow nobody gets a lead
    ),
    Fault(
        "a key was lost",
        "secret keys",
        lambda w: transact(
            w.services.engine, lambda s: put_connection(s, Vault((new_key(),)), w.kept.setdefault("lost", w.crm(HUBSPOT)))
        ),
        lambda w: transact(w.services.engine, lambda s: put_connection(s, w.services.vault, w.kept.pop("lost"))),
    ),
)


def in_the_books(name: str) -> tuple[Fault, ...]:
    """What our own store tells of a connection, whichever CRM it is."""
    return (
        Fault(
            "paused",
            "pause",
            lambda w: transact(w.services.engine, lambda s: set_paused(s, name, paused=True)),
            lambda w: transact(w.services.engine, lambda s: set_paused(s, name, paused=False)),
        ),
        Fault(
            "the CRM hung",
            "breaker",
            lambda w: trip_breaker(w.services.engine, name, first=600, most=600),
            lambda w: w.sql("DELETE FROM breaker"),
        ),
        Fault(
            "no calls are left",
            "budget",
            lambda w: w.sql("UPDATE budget SET others = 10000000 WHERE connection = :name", name=name),
            lambda w: w.sql("DELETE FROM budget"),
        ),
        Fault(
            "few calls are left",
            "budget",
            lambda w: w.sql("UPDATE budget SET vendor_limit = 100000, others = 79000 WHERE connection = :name", name=name),
            lambda w: w.sql("DELETE FROM budget"),
            waits=False,
        ),
        Fault(
            "a dead letter",
            "dead letters",
            lambda w: w.sql(
                "INSERT INTO dead_letter (connection, what, reference, reason) VALUES (:name, 'record', 'lead/1', 'x')", name=name
            ),
            lambda w: w.sql("DELETE FROM dead_letter"),
            waits=False,
        ),
        Fault(
            "leads wait",
            "decisions",
            lambda w: w.sql(
                _DUE,
                name=name,
            ),
            lambda w: w.sql("DELETE FROM due"),
        ),
        Fault(
            "writes wait",
            "writes",
            lambda w: w.sql(
                _WRITE,
                name=name,
            ),
            lambda w: w.sql("DELETE FROM outbox"),
        ),
        Fault(
            "webhooks wait",
            "inbox",
            lambda w: w.sql(
                _DELIVERY,
                name=name,
            ),
            lambda w: w.sql("DELETE FROM delivery"),
        ),
        Fault(
            "it is another environment",
            "environment",
            lambda w: w.change(name, environment="production"),
            lambda w: w.change_back(name),
        ),
        Fault(
            "an apply was killed",
            "installation",
            lambda w: transact(w.services.engine, lambda s: begin_installation(s, name, "applying", w.crm(name).mapping)),
            lambda w: w.install(name),
        ),
        Fault(
            "an output was unmapped",
            "installation",
            lambda w: w.change(
                name,
                mapping=replace(
                    w.crm(name).mapping, outputs={k: v for k, v in w.crm(name).mapping.outputs.items() if k != "grade"}
                ),
            ),
            lambda w: w.change_back(name),
            waits=False,
        ),
        Fault(
            "a mapped field was never listed",
            "installation",
            lambda w: w.sql("UPDATE installation SET listed = '{\"tasks\": []}' WHERE connection = :name", name=name),
            lambda w: w.install(name),
            waits=False,
        ),
        Fault(
            "nobody is not there",
            "nobody list",
            lambda w: w.change(name, options={**w.crm(name).options, "nobody": ["0055e0000099999AAA"]}),
            lambda w: w.change_back(name),
            waits=False,
        ),
        Fault(
            "a queue that is not there",
            "queue",
            lambda w: w.policy({"queue: Leadline Disqualified": "queue: Nowhere"}),
            World.policy_back,
        ),
        Fault(
            "a person who is not there",
            "named owner",
            lambda w: w.policy({_SDRS: _SDRS.replace("kind: pool, pool: sdrs", "kind: person, person: zed@nowhere.example")}),
            World.policy_back,
        ),
    )


def shared(name: str) -> tuple[Fault, ...]:
    """What happens to any CRM."""
    return (
        Fault(
            "a rep left",
            "pool member",
            lambda w: w.person("dana@leadline.example", active=False),
            lambda w: w.person("dana@leadline.example", active=True),
            waits=False,
        ),
        Fault(
            "the only reviewer left",
            "pool member",
            lambda w: w.person("hana@leadline.example", active=False),
            lambda w: w.person("hana@leadline.example", active=True),
        ),
        Fault(
            "the CRM is down",
            "grant",
            lambda w: w.portals.sandbox.add_fault("status", status=503),
            lambda w: (w.portals.sandbox.clear_faults(), w.sql("DELETE FROM breaker")),
        ),
    )


OF_SALESFORCE = (
    *shared(SALESFORCE),
    Fault(
        "it is another org",
        "account",
        lambda w: w.change(SALESFORCE, account="00D5e0000000002EAA"),
        lambda w: w.change_back(SALESFORCE),
    ),
    Fault(
        "the version has ended", "API version", lambda w: w.change(SALESFORCE, api="v99.0"), lambda w: w.change_back(SALESFORCE)
    ),
    Fault(
        "the permission set was taken away",
        "right",
        lambda w: (w.profile("Minimum Access - API Only Integrations"), w.unassign()),
        lambda w: (w.profile("System Administrator"), w.install(SALESFORCE)),
    ),
    Fault(
        "a field was hidden",
        "field",
        lambda w: w.portals.sandbox.settings("salesforce", hidden_fields=["Lead.Leadline_Grade__c"]),
        lambda w: w.portals.sandbox.settings("salesforce", hidden_fields=[]),
    ),
    Fault("the flow was deactivated", "flow", lambda w: w.flow(0), lambda w: w.flow(1)),
    Fault(
        "the path's secret changed",
        "outbound message",
        lambda w: w.change(SALESFORCE, inbound_secrets=("x" * 43,)),
        lambda w: w.install(SALESFORCE),
    ),
    Fault(
        "a queue was deleted",
        "queue",
        lambda w: w.portals.sandbox.delete("salesforce", "Group", w.row("Group", Name="Leadline Nurture")["id"]),
        lambda w: w.install(SALESFORCE),
    ),
    Fault(
        "nobody watches",
        "queue members",
        lambda w: w.portals.sandbox.delete(
            "salesforce", "GroupMember", w.row("GroupMember", GroupId=w.row("Group", Name="Leadline Review")["id"])["id"]
        ),
        lambda w: w.install(SALESFORCE),
    ),
    Fault(
        "never seen to run on an update",
        "assignment rule",
        lambda w: (w.rule(), w.policy({_SDRS: _THEIRS})),
        World.prove,
        waits=False,
    ),
    Fault(
        "a rule that is not there",
        "assignment rule",
        lambda w: w.hand_over_to("01Q5e0000099999AAA"),
        lambda w: (w.hand_over_to(""), w.no_rule(), w.policy_back()),
    ),
    Fault(
        "handed over to no rule",
        "assignment rule",
        lambda w: w.policy({_SDRS: _THEIRS}),
        World.policy_back,
    ),
)

OF_HUBSPOT = (
    *in_the_books(HUBSPOT),
    *shared(HUBSPOT),
    Fault("it is another portal", "account", lambda w: w.change(HUBSPOT, account="1"), lambda w: w.change_back(HUBSPOT)),
    Fault(
        "the generation is not served",
        "API version",
        lambda w: w.change(HUBSPOT, api="2031-03"),
        lambda w: w.change_back(HUBSPOT),
    ),
    Fault("the app was uninstalled", "grant", lambda w: w.portals.sandbox.command("hubspot", "revoke"), lambda w: w.consent()),
    Fault(
        "a scope was not granted",
        "right",
        lambda w: w.consent(w.portals.sandbox.settings("hubspot")["scopes"].replace("crm.objects.owners.read ", "")),
        lambda w: w.consent(),
    ),
    Fault(
        "the right to fill lists was not granted",
        "right",
        lambda w: w.consent(w.portals.sandbox.settings("hubspot")["scopes"].replace("crm.lists.write ", "")),
        World.consent,
        waits=False,
    ),
    Fault(
        "the right to see workflows was not granted",
        "right",
        lambda w: w.consent(w.portals.sandbox.settings("hubspot")["scopes"].replace("automation ", "")),
        World.consent,
        waits=False,
    ),
    Fault(
        "a property was deleted",
        "field",
        lambda w: w.hubspot("DELETE", "/crm/v3/properties/contacts/leadline_grade"),
        lambda w: w.install(HUBSPOT),
    ),
    Fault(
        "the webhooks go elsewhere",
        "webhook address",
        lambda w: w.webhooks(
            "PUT", "settings", {"targetUrl": "http://127.0.0.1:1/", "throttling": {"maxConcurrentRequests": 10}}
        ),
        lambda w: w.install(HUBSPOT),
    ),
    Fault(
        "a subscription was ended",
        "webhook subscription",
        lambda w: w.webhooks("DELETE", f"subscriptions/{w.webhooks('GET', 'subscriptions')['results'][0]['id']}"),
        lambda w: w.install(HUBSPOT),
    ),
    Fault(
        "a subscription was paused",
        "webhook subscription",
        lambda w: w.webhooks(
            "PATCH", f"subscriptions/{w.webhooks('GET', 'subscriptions')['results'][-1]['id']}", {"active": False}
        ),
        lambda w: w.install(HUBSPOT),
    ),
)
