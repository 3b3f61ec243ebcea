"""Reads the results of a run: the sandbox's records, histories and counts, and the chains of decisions."""

from collections import Counter
from collections.abc import Mapping, Sequence

from connector import verifier
from connector.demo.lead import CRMS, CRMName
from connector.demo.portals import POOLS, QUEUES, Portals
from connector.demo.results import Proof, Report, Result, result_of
from connector.demo.sending import CONNECTIONS, TABLES, Sent
from connector.packet import export_line
from connector.store.chain import chain_of, head_of
from connector.wiring import Services

_PAGE = 500


def collect(portals: Portals, sent: Sequence[Sent]) -> Report:
    """Results in the order in which the leads were sent."""
    calls = _calls(portals)  # before anything below is counted
    found = {result.id: result for crm in CRMS for result in _results(portals, crm, [one for one in sent if one.lead.crm == crm])}
    return Report([found[one.id] for one in sent], calls, prove(portals.services))


def _results(portals: Portals, crm: CRMName, sent: Sequence[Sent]) -> Sequence[Result]:
    owners, mapping, table = owners_in(portals, crm), portals.mappings[crm], TABLES[crm]
    results = []
    for start in range(0, len(sent), _PAGE):
        page = sent[start : start + _PAGE]
        for one, record in zip(page, portals.sandbox.read(crm, table, [one.id for one in page]), strict=True):
            if record is not None:
                history = portals.sandbox.history(crm, table, one.id)
                results.append(result_of(one.lead, record, history, mapping, owners))
    return results


def owners_in(portals: Portals, crm: CRMName) -> Mapping[str, str]:
    """Whose leads are looked at: reps by their first name, and queues; not the default lead owner, and not the integration."""
    seats = portals.services.seats(CONNECTIONS[crm])
    reps = [seats.by_email[email] for pool in POOLS.values() for email in pool if email in seats.by_email]
    queues = [seats.queues[name] for name in QUEUES if name in seats.queues]
    return {one.id: one.name for one in [*reps, *queues]}


def _calls(portals: Portals) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for call in portals.sandbox.stats()["calls"]:
        if call["crm"] in CRMS:
            counts[call["crm"]] += call["count"]
    return dict(counts)


def prove(services: Services) -> Proof:
    """Every chain through the verifier, up to the head that the store holds. A chain with a finding vouches for no packet."""
    packets, verified, findings = 0, 0, []
    for name in CONNECTIONS.values():
        seq, head = head_of(services.engine, name)
        lines = (export_line(one.seq, one.previous, one.body) for one in chain_of(services.engine, name))
        report = verifier.verify(lines, head.hex() if seq else None)
        packets += report.packets
        verified += 0 if report.findings else report.packets
        findings += [f"{name}, {finding}" for finding in report.findings]
    return Proof(packets, verified, tuple(findings))
