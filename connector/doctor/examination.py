"""Asks the questions one after the other. A question that cannot be asked is a finding, never an end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.errors import AdapterError, CallOperator, Refused
from connector.doctor.finding import Finding, Question, failed, unasked
from connector.doctor.questions import OF_A_CONNECTION, OF_THE_MACHINE
from connector.doctor.visit import Visit
from connector.installing import InstallError
from connector.store.connections import CrmConnection
from connector.store.engine import StoreUnavailableError
from connector.wiring import Services

_SHUT: Final[Mapping[str, tuple[str, str]]] = {
    "grant": ("The CRM does not let us in.", "See grant"),
    "API version": ("No call can be made in that version.", "See API version"),
}
"""Without these nothing else can be asked of the CRM."""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    connection: str
    findings: tuple[Finding, ...]


def examine(services: Services, crms: Sequence[CrmConnection]) -> Iterator[Group]:
    """Group by group, as it is found out."""
    machine = list(_groups(OF_THE_MACHINE, Visit(services), ""))
    yield from machine
    for crm in crms:
        with services.for_leads(crm, hot=True):  # on the reserve: on the day when calls run out somebody has to look
            groups = list(_groups(OF_A_CONNECTION, Visit(services, crm), crm.name))
        yield from groups


def _groups(questions: Mapping[str, Sequence[Question]], visit: Visit, name: str) -> Iterator[Group]:
    shut: tuple[str, ...] = ()
    for title, some in questions.items():
        findings: list[Finding] = []
        for question in some:
            found = [unasked(question.name, *shut)] if question.crm and shut else _asked(question, visit)
            findings += [replace(one, connection=name) for one in found]
            if question.name in _SHUT and any(one.waits for one in found):
                shut = _SHUT[question.name]
        yield Group(title, name, tuple(findings))


def _asked(question: Question, visit: Visit) -> Sequence[Finding]:
    try:
        return list(question.ask(visit))
    except (CallOperator, Refused, InstallError) as error:
        return [failed(question.name, str(error), f"Do what the sentence says, then leadline doctor {_name(visit)}".rstrip())]
    except AdapterError as error:
        return [unasked(question.name, str(error), "Ask again in a minute", waits=True)]
    except StoreUnavailableError as error:
        return [unasked(question.name, str(error), "See database", waits=True)]


def _name(visit: Visit) -> str:
    return visit.connection.name if visit.connection else ""


def would_wait(groups: Sequence[Group]) -> bool:
    """Whether anything would make a lead wait."""
    return any(one.waits for group in groups for one in group.findings)
