"""Differences into records: outputs, owners, and the org's own assignment rule."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.errors import AdapterError
from adapters.records import Change, Gone, Outcome
from adapters.salesforce.answers import Item
from adapters.salesforce.calls import Verdict, chunks, in_turn, outcome
from adapters.salesforce.client import COLLECTION, SUBREQUESTS, Client, ConditionalPatch, Record
from adapters.salesforce.failures import ELSEWHERE, OUTDATED, UNABLE
from adapters.salesforce.mapping import OBJECTS, UnfitError, http_date, is_id, to18, vendor_value
from adapters.salesforce.owners import Owners
from adapters.salesforce.reading import Reader
from adapters.salesforce.schema import ObjectInfo, Schemas
from config.fields import PERSONS_OUTPUTS
from config.mapping import FieldMapping

OWNER: Final = "owner_id"
"""How an outcome's `fields` call the owner, which is no output."""


Send = Callable[[Sequence["Planned"]], Mapping[int, Verdict]]
"""Verdicts by identity of the plan."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A change that may be sent, in Salesforce's names."""

    change: Change
    object: str
    id: str
    outputs: Record
    owner: Record
    """`{"OwnerId": …}`, or empty."""
    since: str
    """The condition under which the owner may move, as an HTTP date; empty without one."""

    @property
    def given(self) -> tuple[str, str]:
        """What is given to whom."""
        return self.object, self.owner.get("OwnerId", "")

    def row(self, fields: Record) -> Record:
        """As an item of a collection, which names its type and id inside."""
        return {"attributes": {"type": self.object}, "id": self.id, **fields}

    def patch(self) -> ConditionalPatch:
        return ConditionalPatch(self.object, self.id, {**self.outputs, **self.owner}, self.since)


class Writer:
    """200 records a call where nothing depends on their state; 25 where an owner is changed under a condition, since only
    a composite's subrequests have headers of their own.
    """

    def __init__(self, client: Client, schemas: Schemas, mapping: FieldMapping, reader: Reader, owners: Owners) -> None:
        self._client = client
        self._schemas = schemas
        self._mapping = mapping
        self._reader = reader
        self._owners = owners

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return self._schemas.believed(lambda: self._write(changes))

    def _write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        outcomes = self._written(self._plans(changes), self._send)
        return self._followed(self._with_a_new_look(changes, outcomes))

    def _written(self, plans: Sequence[Planned | Outcome], send: Send) -> list[Outcome]:
        verdicts = send([plan for plan in plans if isinstance(plan, Planned)])
        return [plan if isinstance(plan, Outcome) else self._outcome(plan, verdicts[id(plan)]) for plan in plans]

    def _with_a_new_look(self, changes: Sequence[Change], outcomes: list[Outcome]) -> list[Outcome]:
        """An administrator changed a field since it was described, or somebody left since it was asked. Described anew, a text
        is cut to what there is room for now, and what does not fit at all is refused with the exact reason. Once.
        """
        if any(found.code in UNABLE for found in outcomes):
            self._owners.forget()
        outdated = [place for place, found in enumerate(outcomes) if found.code in OUTDATED]
        if not outdated:
            return outcomes
        self._schemas.forget()
        plans = self._plans([changes[place] for place in outdated])
        return _replaced(outcomes, dict(zip(outdated, self._written(plans, self._send_again), strict=True)))

    def _send_again(self, plans: Sequence[Planned]) -> Mapping[int, Verdict]:
        """Others have been written by now, and their answers must not be lost."""
        try:
            return self._send(plans)
        except AdapterError as error:
            return {id(plan): error for plan in plans}

    # what may be written

    def _plans(self, changes: Sequence[Change]) -> list[Planned | Outcome]:
        """What does not fit is held against the org once more, as it is now: our fields may just have been installed."""
        restricted = [self._restricted(change) for change in changes]

        def planned() -> list[Planned | Outcome]:
            return [refused or self._planned(change) for refused, change in zip(restricted, changes, strict=True)]

        plans = planned()
        plans = self._ownable(plans)
        misfits = [plan for plan in plans if isinstance(plan, Outcome) and plan not in restricted]
        return self._ownable(planned()) if misfits and self._schemas.doubt() else plans

    def _ownable(self, plans: Sequence[Planned | Outcome]) -> list[Planned | Outcome]:
        """Nobody is given a record who cannot own it: refused before Salesforce hears of it, for everybody at once."""
        wanted = {plan.given for plan in plans if isinstance(plan, Planned) and plan.owner}
        misfits = self._owners.misfits(wanted) if wanted else {}
        return [
            _refused(plan.change, misfits[plan.given], (OWNER,)) if isinstance(plan, Planned) and plan.given in misfits else plan
            for plan in plans
        ]

    def _restricted(self, change: Change) -> Outcome | None:
        """Leadline writes what its installation listed and nothing else; this is refused before Salesforce hears of it."""
        mapped = self._mapping.of(OBJECTS[change.ref.object]).outputs
        foreign = tuple(name for name in change.outputs if name not in mapped or name in PERSONS_OUTPUTS)
        if foreign:
            return _refused(change, f"Not an output that Leadline writes here: {', '.join(foreign)}.", foreign)
        if not change.outputs and change.owner_id is None and not change.hand_over:
            return _refused(change, "The change is empty; there is nothing to write.")
        if change.owner_id is not None and change.hand_over:
            return _refused(change, "The change names an owner and asks the assignment rule for one; choose.", (OWNER,))
        if change.owner_id is not None and not is_id(change.owner_id):
            return _refused(change, "The owner is not a Salesforce id.", (OWNER,))
        return None if is_id(change.ref.id) else _refused(change, "The record's id is not a Salesforce id.")

    def _planned(self, change: Change) -> Planned | Outcome:
        name = OBJECTS[change.ref.object]
        outputs, misfits = self._fields(change, self._schemas.of(name))
        if misfits:
            return _refused(change, " ".join(misfits.values()), tuple(misfits))
        owner = {"OwnerId": to18(change.owner_id)} if change.owner_id else {}
        since = http_date(change.unless_modified_since) if owner and change.unless_modified_since else ""
        return Planned(change, name, to18(change.ref.id), outputs, owner, since)

    def _fields(self, change: Change, info: ObjectInfo) -> tuple[Record, Mapping[str, str]]:
        """The outputs in Salesforce's names and types, and a sentence for each that does not fit. A field that is missing
        has to be found here: one unknown name makes Salesforce refuse the whole call.
        """
        fields: Record = {}
        misfits: dict[str, str] = {}
        mapping = self._mapping.of(OBJECTS[change.ref.object])
        for output, value in change.outputs.items():
            field = info.field(mapping.outputs[output])
            if field is None or not field.updateable:
                misfits[output] = f"{mapping.outputs[output]} is missing or read-only for the integration user."
                continue
            try:
                fields[field.name] = vendor_value(mapping.transform_of(output).onward(value), field)
            except UnfitError as misfit:
                misfits[output] = str(misfit)
        return fields, misfits

    # sending

    def _send(self, plans: Sequence[Planned]) -> Mapping[int, Verdict]:
        """Verdicts by identity of the plan: one record may be changed twice in a batch."""
        verdicts = in_turn(self._first_calls(plans))
        known = {id(plan): verdict for plan, verdict in verdicts}
        ready = [plan for plan in plans if plan.change.hand_over and _done(known.get(id(plan)))]
        try:
            handed_over = in_turn((part, self._hand_over) for part in chunks(ready, COLLECTION))
        except AdapterError as error:
            if not known:
                raise
            handed_over = [(plan, error) for plan in ready]
        return known | {id(plan): verdict for plan, verdict in handed_over}

    def _first_calls(
        self, plans: Sequence[Planned]
    ) -> Iterator[tuple[Sequence[Planned], Callable[[Sequence[Planned]], Sequence[Item]]]]:
        plain = [plan for plan in plans if not plan.since and (plan.outputs or plan.owner)]
        yield from ((part, self._update) for part in chunks(plain, COLLECTION))
        yield from ((part, self._update_each) for part in chunks([plan for plan in plans if plan.since], SUBREQUESTS))

    def _update(self, plans: Sequence[Planned]) -> Sequence[Item]:
        return self._client.update([plan.row({**plan.outputs, **plan.owner}) for plan in plans])

    def _update_each(self, plans: Sequence[Planned]) -> Sequence[Item]:
        return self._client.update_each([plan.patch() for plan in plans])

    def _hand_over(self, plans: Sequence[Planned]) -> Sequence[Item]:
        """The scores stand by now, so the rule sees them. They are sent again only because an update must have a content."""
        return self._client.update([plan.row(plan.outputs) for plan in plans], hand_over=True)

    # what became of it

    def _outcome(self, plan: Planned, verdict: Verdict) -> Outcome:
        found = outcome(plan.change.ref, verdict)
        if found.state != "refused" or not isinstance(verdict, Item):
            return found
        outputs = self._mapping.of(plan.object).outputs
        output_of = {field.lower(): name for name, field in outputs.items()} | {"ownerid": OWNER}
        names = dict.fromkeys(output_of[field.lower()] for field in verdict.fields if field.lower() in output_of)
        return replace(found, fields=tuple(names or self._unnamed(plan, verdict.code)))

    def _unnamed(self, plan: Planned, code: str) -> Sequence[str]:
        """Which outputs a refusal means that names no field: of DUPLICATE_VALUE only its text does."""
        if code in UNABLE and plan.owner:
            return [OWNER]
        if code != "DUPLICATE_VALUE":
            return []
        info, outputs = self._schemas.of(plan.object), self._mapping.of(plan.object).outputs
        return [name for name in plan.change.outputs if (field := info.field(outputs[name])) and field.unique]

    def _followed(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Looks once for all records that may be gone, and says where they are now."""
        suspects = [found.ref for found in outcomes if found.code in ELSEWHERE]
        if not suspects:
            return outcomes
        try:
            answers = self._reader.fetch(suspects)
        except AdapterError as error:
            return [_unseen(found, error) if found.code in ELSEWHERE else found for found in outcomes]
        return [_at(found, answers.get(found.ref)) for found in outcomes]


def _replaced(outcomes: Sequence[Outcome], by: Mapping[int, Outcome]) -> list[Outcome]:
    return [by.get(place, found) for place, found in enumerate(outcomes)]


def _refused(change: Change, reason: str, fields: tuple[str, ...] = ()) -> Outcome:
    return Outcome(change.ref, "refused", reason=reason, fields=fields)


def _done(verdict: Verdict | None) -> bool:
    """Whether the outputs stand: nothing had to be written first, or it was."""
    return verdict is None or (isinstance(verdict, Item) and verdict.success)


def _unseen(found: Outcome, error: AdapterError) -> Outcome:
    """It was not written, and whether it is gone could not be seen: try again later."""
    return replace(found, state="retry", reason=str(error))


def _at(found: Outcome, answer: object) -> Outcome:
    if found.code not in ELSEWHERE or not isinstance(answer, Gone):
        return found
    return replace(found, state="gone", reason=f"The record is gone: {answer.reason}.", now=answer.now, fields=())
