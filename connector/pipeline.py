"""A lead's way, batch in, batch out: the steps in their order. A batch can be repeated from the top at any point before `record`.

open      deliveries ► events, due records          connector/intake.py
claim     due records ► batch                       connector/store/dues.py
hydrate   references ► leads, read anew             connector/hydration.py
set aside what is old, late or a list ► indexed      connector/aside.py, indexing.py
match     lead ► person                             connector/matching.py
enrich    lead ► what can be worked out             connector/enrichment.py
score     ► fit, engagement, confidence, reasons    scoring/score.py        ┐
decide    ► route, reason, clock                    connector/routing/      ┘ connector/judgement.py
record    ► packet, turn, outbox, due done          connector/recording.py
deliver   outbox ► CRM ► receipt                    connector/writeback.py
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from adapters.errors import AdapterError, CallOperator, Retry
from adapters.records import Gone, RecordRef
from connector import observe
from connector.allowance import SpentError, waiting_for
from connector.aside import LIST_SECONDS, RELEASED, Why, born, found_at, why_aside
from connector.case import case_of
from connector.enrichment import Provenance, enrich
from connector.forgetting import forget_marked
from connector.hydration import Hydrated, hydrate
from connector.indexing import Aside, index
from connector.intake import open_deliveries
from connector.judgement import judge
from connector.matching import Candidate, Match, keys_of, match
from connector.observe import record_hash
from connector.recording import Ready, record
from connector.scene import scene_of
from connector.store.connections import CrmConnection
from connector.store.deliveries import bury
from connector.store.dues import Batch, Due, claim, finish, give_back, hold_back, make_due
from connector.store.engine import Session, StoreRefusedError, StoreUnavailableError, transact
from connector.store.indexed import births_around, indexed_before
from connector.store.overrules import note_owners
from connector.store.people import people_by_id, people_by_key
from connector.store.records import inherited_by, known_records, mark_gone
from connector.wiring import Services

log = structlog.get_logger(__name__)

TRIES: Final = 6
"""A record that fails this often by itself is set aside with its error; the others go on."""


@dataclass(slots=True)
class Progress:
    """What one drain did."""

    opened: int = 0
    decided: int = 0
    echoes: int = 0
    indexed: int = 0
    """Set aside: matched and scored, and not decided about."""


@dataclass(frozen=True, slots=True)
class Drain:
    """One connection's drain. Whoever runs it holds the connection's drain lock."""

    services: Services
    crm: CrmConnection

    def run(self) -> Progress:
        """Opens and decides everything that is due now."""
        progress = Progress()
        while True:
            opening = open_deliveries(self.services.engine, self.services.vault, self.services.receivers, self.crm)
            if opening.forgetting:
                forget_marked(self.services, self.crm.name)
            batch = claim(self.services.engine, self.crm.name, self.services.adapter(self.crm).batch)
            observe.EVENTS.inc(opening.events)
            progress.opened += opening.deliveries
            if not opening.deliveries and not batch.dues:
                return progress
            if batch.dues and not self.work(batch, progress):
                return progress

    def work(self, batch: Batch, progress: Progress) -> bool:
        """Takes one batch through the steps; False if the CRM cannot be asked now."""
        known = known_records(self.services.engine, self.crm.name, [due.ref for due in batch.dues])
        try:
            with self.services.for_leads(self.crm, hot=all(due.hot for due in batch.dues)) as crm:
                hydration = hydrate(crm, batch.dues, known)
        except SpentError as error:
            return self._wait_for_calls(batch, error)
        except AdapterError as error:
            self._wait_for_crm(batch, error)
            return False
        self.services.answered(self.crm)
        self._note(hydration.owners)
        self._pass_on(batch, hydration.gone, hydration.echoes)
        progress.echoes += len(hydration.echoes)
        leads = self._with_inheritance(hydration.leads)
        progress.decided += self._record(batch, self._ready(batch, self._new_ones(batch, leads, progress)))
        return True

    def _with_inheritance(self, leads: Sequence[Hydrated]) -> Sequence[Hydrated]:
        """Asked once the batch's merged records are marked as gone: they may have gone on as one of these."""
        found = inherited_by(self.services.engine, self.crm.name, [lead.ref for lead in leads])
        return [replace(lead, inherited=found.get(lead.ref, ())) for lead in leads] if found else leads

    def _new_ones(self, batch: Batch, leads: Sequence[Hydrated], progress: Progress) -> Sequence[Hydrated]:
        """Those that a decision is to be made about; the others are indexed and done with."""
        undecided = [lead for lead in leads if not (lead.known and lead.known.packet_id)]
        before = indexed_before(self.services.engine, self.crm.name, [lead.ref for lead in undecided]) if undecided else {}
        asides = self._asides(undecided, before)
        self._index(batch, [(lead, why) for lead in leads if (why := asides.get(lead.ref))])
        progress.indexed += len(asides)
        return [replace(lead, listed=before.get(lead.ref, ("",))[0] == RELEASED) for lead in leads if lead.ref not in asides]

    def _asides(self, undecided: Sequence[Hydrated], before: Mapping[RecordRef, tuple[str, str]]) -> Mapping[RecordRef, Why]:
        if not undecided:
            return {}
        engine, name, scene = self.services.engine, self.crm.name, scene_of(self.services)
        births = born(scene, self.crm, [lead.lead for lead in undecided])
        crowds = transact(engine, lambda session: births_around(session, name, births, LIST_SECONDS)) if births else {}
        found = {
            lead.ref: why_aside(self.crm, lead.lead, found_at(lead), before.get(lead.ref), crowds.get(lead.ref, 0))
            for lead in undecided
        }
        return {ref: why for ref, why in found.items() if why}

    def _index(self, batch: Batch, asides: Sequence[tuple[Hydrated, Why]]) -> None:
        """One transaction for all; if something is wrong in it, one for each record."""
        if not asides:
            return
        dues = [lead.due for lead, _ in asides]
        rows = [Aside(lead.lead, why, lead.known.person_id if lead.known else None) for lead, why in asides]
        try:
            index(self.services, self.crm, rows, lambda session, _: finish(session, self.crm.name, batch.token, dues))
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - as in `_ready`
            if len(asides) == 1:
                self._set_aside(batch, dues[0], error)
                return
            for one in asides:
                self._index(batch, [one])

    def _ready(self, batch: Batch, leads: Sequence[Hydrated]) -> list[Ready]:
        """Match, enrich, score, decide: everything that needs no lock."""
        derived = {lead.ref: enrich(lead.lead.values) for lead in leads}
        matches = self._match(leads, derived)
        ready = []
        for lead in leads:
            try:
                ready.append(self._judged(lead, matches[lead.ref], derived[lead.ref]))
            except Exception as error:  # noqa: BLE001 - one bad lead is set aside, whatever is wrong with it, and the others go on
                self._set_aside(batch, lead.due, error)
        return ready

    def rehearse(self, lead: Hydrated) -> Ready:
        """One lead through match, enrich, score and decide, with nothing put down about it."""
        derived = enrich(lead.lead.values)
        return self._judged(lead, self._match([lead], {lead.ref: derived})[lead.ref], derived)

    def _match(self, leads: Sequence[Hydrated], derived: dict[RecordRef, Provenance]) -> dict[RecordRef, Match]:
        candidates = [
            Candidate(lead.ref, lead.lead.values, _country(derived[lead.ref]), lead.known.person_id if lead.known else None)
            for lead in leads
        ]
        keys = {key for one in candidates for key in keys_of(one.values, one.country)}
        before = {one.person_id for one in candidates if one.person_id}
        engine = self.services.engine
        return match(candidates, people_by_key(engine, sorted(keys)), people_by_id(engine, before))

    def _judged(self, lead: Hydrated, its_match: Match, derived: Provenance) -> Ready:
        case = case_of(
            lead,
            its_match,
            derived,
            mode=self.crm.mode_of(str(lead.lead.values.get("source") or "")),
            owner_active=its_match.person.rep in self.services.seats(self.crm.name).by_email,
            as_of=datetime.now(UTC).replace(microsecond=0),
        )
        policy, profile = self.services.policy, self.services.profile
        return Ready(lead, its_match, case, judge(case, policy, profile), policy, profile)

    def _record(self, batch: Batch, ready: Sequence[Ready]) -> int:
        """One transaction for the batch; if the database refuses something in it, one for each lead."""
        if not ready:
            return 0
        try:
            return record(self.services, self.crm, batch.token, ready)
        except StoreRefusedError as error:
            if len(ready) == 1:
                self._set_aside(batch, ready[0].hydrated.due, error)
                return 0
        return sum(self._record(batch, [one]) for one in ready)

    def _note(self, owners: Mapping[RecordRef, str | None]) -> None:
        """An owner of another hand stays. That it came after ours is put down, for whoever looks after the routing."""
        if owners:
            log.info(
                "owners changed after us", connection=self.crm.name, count=sum(owner is not None for owner in owners.values())
            )
            transact(self.services.engine, lambda connection: note_owners(connection, self.crm.name, owners))

    def _pass_on(self, batch: Batch, gone: Iterable[tuple[Due, Gone]], echoes: Sequence[Due]) -> None:
        """Echoes and lost records leave the list; what went on under another id is due there."""
        gone = list(gone)
        moved = {found.ref: found.now for _, found in gone if found.now}
        done = [*echoes, *(due for due, _ in gone)]
        if not done:
            return
        observe.ECHOES.inc(len(echoes))

        def work(connection: Session) -> None:
            mark_gone(connection, [found.ref for _, found in gone], {ref: now.id for ref, now in moved.items()})
            make_due(
                connection, self.crm.name, ((n.object, n.id, due.source_at) for due, found in gone if (n := moved.get(found.ref)))
            )
            finish(connection, self.crm.name, batch.token, done)

        transact(self.services.engine, work)

    def _wait_for_crm(self, batch: Batch, error: AdapterError) -> None:
        """Nothing was read: the batch goes back whole, and the attempt is nobody's fault."""
        wait = error.after if isinstance(error, Retry) else 60.0 if isinstance(error, CallOperator) else 5.0
        log.warning("hydrate failed", connection=self.crm.name, status=error.status, code=error.code, kind=type(error).__name__)
        self.services.failed(self.crm, error)
        refs = [due.ref for due in batch.dues]
        transact(
            self.services.engine,
            lambda connection: give_back(connection, self.crm.name, batch.token, refs, wait, pardon=True),
        )

    def _wait_for_calls(self, batch: Batch, error: SpentError) -> bool:
        """Nothing was read, and no call was made. True if the batch has leads that may go all the same: they come next."""
        waiting = waiting_for(error)
        spared = [due.ref for due in batch.dues if due.hot and waiting.reason == "budget"]

        def work(connection: Session) -> int:
            give_back(connection, self.crm.name, batch.token, [due.ref for due in batch.dues], 0.0, pardon=True)
            return hold_back(connection, self.crm.name, waiting)

        count = transact(self.services.engine, work)
        log.info("reads wait", connection=self.crm.name, policy=error.policy, count=count, after=round(error.after))
        return bool(spared)

    def _set_aside(self, batch: Batch, due: Due, error: Exception) -> None:
        log.error("lead failed", trace=due.trace, connection=self.crm.name, record_hash=record_hash(due.ref), exc_info=error)

        def work(connection: Session) -> None:
            if due.attempts < TRIES:
                give_back(connection, self.crm.name, batch.token, [due.ref], 2.0**due.attempts)
                return
            reason = f"Failed {due.attempts} times with {type(error).__name__}; retry it once the cause is mended."
            bury(connection, name=self.crm.name, what="record", reference=f"{due.ref.object}/{due.ref.id}", reason=reason)
            finish(connection, self.crm.name, batch.token, [due])
            observe.DEADLETTERS.labels(what="record").inc()

        transact(self.services.engine, work)


def _country(derived: Provenance) -> str | None:
    found = derived.get("country_code")
    return str(found["value"]) if found and found["value"] else None
