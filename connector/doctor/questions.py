"""All questions, in the order in which a person would ask them."""

from collections.abc import Mapping, Sequence
from typing import Final

from connector.doctor import grant, installed, machine, overruled, people, probe, processes, rights, rule, waiting
from connector.doctor.finding import Question

OF_THE_MACHINE: Final[Mapping[str, Sequence[Question]]] = {
    "This machine": (
        Question("database", machine.ask_database),
        Question("secret keys", machine.ask_secret_keys),
        Question("clock of the database", machine.ask_database_clock),
        Question("Redis", machine.ask_redis),
        Question("disk", machine.ask_disk),
    ),
    "Processes": (
        Question("web process", processes.ask_web),
        Question("public address", processes.ask_public_url),
        Question("clock", processes.ask_clock),
        Question("worker", processes.ask_worker),
        Question("queue of jobs", processes.ask_queue),
    ),
    "Policy": (Question("pool", people.ask_pools),),
}

OF_A_CONNECTION: Final[Mapping[str, Sequence[Question]]] = {
    "Getting in": (
        Question("grant", grant.ask_grant),
        Question("API version", grant.ask_version, crm=True),
        Question("account", grant.ask_account, crm=True),
        Question("environment", grant.ask_environment, crm=True),
        Question("clock of the CRM", grant.ask_crm_clock, crm=True),
        Question("right", rights.ask_rights, crm=True),
        Question("spare rights", rights.ask_spare_rights, crm=True),
    ),
    "Fields and installation": (
        Question("reading", rights.ask_reading, crm=True),
        Question("field", rights.ask_fields, crm=True),
        Question("installation", installed.ask_installation),
        Question("installed parts", installed.ask_parts, crm=True),
        Question("surroundings", installed.ask_surroundings, crm=True),
    ),
    "News of leads": (
        Question("subscriptions", installed.ask_subscriptions, crm=True),
        Question("way in", probe.ask_way_in),
        Question("last webhook", waiting.ask_last_webhook),
        Question("last sweep", waiting.ask_last_sweep),
        Question("inbox", waiting.ask_inbox),
    ),
    "Owners": (
        Question("owners", people.ask_seats, crm=True),
        Question("pool member", people.ask_members, crm=True),
        Question("named owner", people.ask_named_owners, crm=True),
        Question("queue", people.ask_queues, crm=True),
        Question("queue members", people.ask_watchers, crm=True),
        Question("nobody list", people.ask_nobody, crm=True),
        Question("assignment rule", rule.ask_rule, crm=True),
        Question("owners changed after us", overruled.ask_overruled),
    ),
    "Work": (
        Question("decisions", waiting.ask_due),
        Question("writes", waiting.ask_writes),
        Question("last write", waiting.ask_last_write),
        Question("dead letters", waiting.ask_letters),
        Question("breaker", waiting.ask_breaker),
        Question("pause", waiting.ask_pause),
        Question("mode", waiting.ask_mode),
        Question("budget", waiting.ask_budget),
    ),
}
