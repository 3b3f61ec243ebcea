"""What every CRM adapter must do, run over real HTTP against the sandbox. A provider's test file supplies the `Bench`.

```python
class TestSalesforce(CrmContract):
    @pytest.fixture
    def bench(self, ...) -> Iterator[Bench]: ...
```
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

import pytest

from adapters.base import CRM
from adapters.errors import CallOperator, Retry, Throttled, UnknownOutcome
from adapters.records import Change, Gone, Lead, RecordRef, TaskDraft
from config.fields import Value
from config.mapping import FieldMapping

Fault = Literal["drop_answer", "never_answer", "server_error", "limit", "lock"]
"""drop_answer: carried out, then the connection closes · never_answer: accepted and left hanging · server_error: a 503 ·
limit: the vendor's daily limit is spent · lock: one item of the next write is locked by somebody else."""

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class RecordingTokens:
    """The token port with a count. `fresh` is what the vendor would issue next."""

    def __init__(self, token: str, fresh: Iterator[str]) -> None:
        self._token = token
        self._fresh = fresh
        self.renewed: list[str] = []

    def current(self) -> str:
        return self._token

    def renew(self, rejected: str) -> str:
        self.renewed.append(rejected)
        self._token = next(self._fresh)
        return self._token


class RecordingBudget:
    """The budget port: it lets everything pass and remembers what it was told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.learned: list[tuple[int, int]] = []
        self.bursts: list[tuple[int, int, float]] = []
        self.refusals: list[Throttled] = []

    def take(self, policy: Literal["burst", "search"], calls: int = 1) -> None:
        self.taken.append((policy, calls))

    def learn(self, *, used: int, limit: int) -> None:
        self.learned.append((used, limit))

    def learn_burst(self, *, limit: int, remaining: int, seconds: float) -> None:
        self.bursts.append((limit, remaining, seconds))

    def refused(self, error: Throttled) -> None:
        self.refusals.append(error)


class Bench(Protocol):
    """One CRM in the sandbox, seen from both sides. Values go by canonical and output names."""

    tokens: RecordingTokens
    budget: RecordingBudget
    mapping: FieldMapping

    @property
    def crm(self) -> CRM: ...

    def impatient(self) -> CRM:
        """The same CRM with a total deadline of a fraction of a second."""

    def create(self, **values: Value) -> RecordRef:
        """A record made by a person."""

    def edit(self, ref: RecordRef, **values: Value) -> None:
        """A person's edit."""

    def delete(self, ref: RecordRef) -> None: ...

    def merge(self, *, winner: RecordRef, loser: RecordRef) -> None: ...

    def never_existed(self) -> RecordRef:
        """A ref with a well-formed id that the CRM does not know."""

    def stored(self, ref: RecordRef) -> Mapping[str, Value]:
        """What the CRM holds, mapped fields only; the owner under `owner_id`, the last change under `modified`."""

    def reps(self) -> tuple[str, str]:
        """Owner ids of two active people."""

    def former_rep(self) -> str:
        """Owner id of somebody who left."""

    def expire_token(self) -> None:
        """The token in use is answered with 401 from now on; `tokens` gets a good one when asked."""

    def revoke_all_tokens(self) -> None:
        """Also the renewed token is answered with 401."""

    def fail_next(self, fault: Fault) -> None:
        """The next call of the adapter meets `fault`, once."""

    def calls(self) -> int:
        """How many API calls the CRM has counted."""

    def task_count(self, ref: RecordRef) -> int:
        """How many tasks hang on the record."""

    def refused_value(self) -> tuple[str, Value]:
        """An output of the mapping, and a value that the CRM does not take for it."""


def _draft(ref: RecordRef, owner: str, key: str) -> TaskDraft:
    return TaskDraft(ref=ref, key=key, subject="Call now", body="They asked for a demo.", owner_id=owner, due_at=MONDAY)


def _alive(crm: CRM, ref: RecordRef) -> Lead:
    lead = crm.fetch([ref])[ref]
    assert isinstance(lead, Lead)
    return lead


class CrmContract:
    """Subclass it and define the fixture `bench`."""

    # reading

    def test_a_record_is_read_in_canonical_fields(self, bench: Bench) -> None:
        ref = bench.create(
            email="ada@acme.example", last_name="Byron", company="Acme", employees=300, hand_raised_at="2026-11-20T08:15:00Z"
        )
        lead = _alive(bench.crm, ref)
        assert lead.ref == ref
        assert {name: lead.values[name] for name in ("email", "company", "employees", "hand_raised_at")} == {
            "email": "ada@acme.example",
            "company": "Acme",
            "employees": 300,
            "hand_raised_at": "2026-11-20T08:15:00Z",
        }
        assert lead.values.get("phone") is None
        assert lead.created_at <= lead.modified_at <= lead.read_at + timedelta(seconds=5)

    def test_no_float_is_ever_read(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron", company="Acme", annual_revenue=12_500_000, visits=3)
        values = _alive(bench.crm, ref).values
        assert values["annual_revenue"] == 12_500_000
        assert values["visits"] == 3
        assert not any(isinstance(value, float) for value in values.values())

    def test_a_full_batch_is_one_call(self, bench: Bench) -> None:
        refs = [bench.create(last_name=f"Person {n}", company="Acme") for n in range(bench.crm.batch)]
        bench.crm.fetch(refs[:1])  # whatever is learned once per process is learned here
        before = bench.calls()
        answers = bench.crm.fetch(refs)
        assert bench.calls() - before == 1
        assert [answers[ref].ref for ref in refs] == refs
        assert [lead.values["last_name"] for lead in answers.values() if isinstance(lead, Lead)] == [
            f"Person {n}" for n in range(bench.crm.batch)
        ]

    def test_more_than_a_batch_is_answered_in_full(self, bench: Bench) -> None:
        refs = [bench.create(last_name=f"Person {n}", company="Acme") for n in range(bench.crm.batch + 3)]
        assert set(bench.crm.fetch(refs)) == set(refs)

    def test_nothing_asked_is_nothing_called(self, bench: Bench) -> None:
        before = bench.calls()
        assert bench.crm.fetch([]) == {}
        assert bench.crm.write([]) == []
        assert bench.crm.create_tasks([]) == []
        assert bench.crm.find_tasks([]) == {}
        assert bench.calls() == before

    def test_every_ref_gets_an_answer(self, bench: Bench) -> None:
        here, deleted, missing = bench.create(last_name="A"), bench.create(last_name="B"), bench.never_existed()
        bench.delete(deleted)
        answers = bench.crm.fetch([here, deleted, missing])
        assert isinstance(answers[here], Lead)
        for ref in (deleted, missing):
            gone = answers[ref]
            assert isinstance(gone, Gone)
            assert (gone.ref, gone.now) == (ref, None)
            assert gone.reason in {"deleted", "not_found"}

    def test_a_merged_record_says_where_it_went(self, bench: Bench) -> None:
        first, second, third = (bench.create(last_name=name) for name in "ABC")
        bench.merge(winner=second, loser=first)
        bench.merge(winner=third, loser=second)
        gone = bench.crm.fetch([first])[first]
        assert isinstance(gone, Gone)
        assert (gone.reason, gone.ref) == ("merged", first)
        assert gone.now is not None
        assert isinstance(bench.crm.fetch([gone.now])[gone.now], Lead)

    # writing

    def test_outputs_are_written_and_read_back(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron", company="Acme")
        outputs: dict[str, Value] = {"fit_score": 81, "grade": "A2", "confidence": "High", "sla_due": "2026-11-23T09:05:00Z"}
        (outcome,) = bench.crm.write([Change(ref=ref, outputs=outputs)])
        assert (outcome.ref, outcome.state) == (ref, "written")
        read = _alive(bench.crm, ref).outputs
        assert {name: read[name] for name in outputs} == outputs

    def test_only_the_difference_is_written(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron", company="Acme", fit_score=40, grade="C1")
        before = dict(bench.stored(ref))
        bench.crm.write([Change(ref=ref, outputs={"grade": "B1"})])
        after = dict(bench.stored(ref))
        changed = {name for name in before | after if before.get(name) != after.get(name)} - {"modified"}
        assert changed == {"grade"}

    def test_none_clears_a_field(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron", engagement_score=12)
        bench.crm.write([Change(ref=ref, outputs={"engagement_score": None})])
        assert _alive(bench.crm, ref).outputs.get("engagement_score") is None

    def test_outputs_and_owner_are_written_together(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron", company="Acme")
        rep, _ = bench.reps()
        modified = _alive(bench.crm, ref).modified_at
        (outcome,) = bench.crm.write([Change(ref=ref, outputs={"fit_score": 7}, owner_id=rep, unless_modified_since=modified)])
        assert outcome.state == "written"
        lead = _alive(bench.crm, ref)
        assert (lead.owner_id, lead.outputs["fit_score"]) == (rep, 7)

    def test_a_score_alone_never_moves_the_owner(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron", company="Acme", owner_id=bench.reps()[1])
        bench.crm.write([Change(ref=ref, outputs={"fit_score": 99})])
        assert bench.stored(ref)["owner_id"] == bench.reps()[1]

    def test_a_full_batch_of_outputs_is_one_call(self, bench: Bench) -> None:
        refs = [bench.create(last_name=f"Person {n}") for n in range(bench.crm.batch)]
        bench.crm.write([Change(ref=refs[0], outputs={"fit_score": 1})])
        before = bench.calls()
        outcomes = bench.crm.write([Change(ref=ref, outputs={"fit_score": n % 100}) for n, ref in enumerate(refs)])
        assert bench.calls() - before == 1
        assert [(outcome.ref, outcome.state) for outcome in outcomes] == [(ref, "written") for ref in refs]

    def test_outcomes_come_in_the_order_given(self, bench: Bench) -> None:
        refs = [bench.create(last_name=f"Person {n}") for n in range(5)]
        rep, _ = bench.reps()
        changes = [Change(ref=ref, outputs={"fit_score": 5}, owner_id=rep if n % 2 else None) for n, ref in enumerate(refs)]
        assert [outcome.ref for outcome in bench.crm.write(changes)] == refs

    def test_one_bad_item_spoils_nobody_else(self, bench: Bench) -> None:
        good, bad, gone, better = (bench.create(last_name=name) for name in "ABCD")
        bench.delete(gone)
        output, value = bench.refused_value()
        outcomes = bench.crm.write(
            [
                Change(ref=good, outputs={"fit_score": 1}),
                Change(ref=bad, outputs={output: value}),
                Change(ref=gone, outputs={"fit_score": 3}),
                Change(ref=better, outputs={"fit_score": 4}),
            ]
        )
        assert [outcome.state for outcome in outcomes] == ["written", "refused", "gone", "written"]
        assert outcomes[1].fields == (output,)
        assert outcomes[1].reason
        assert (bench.stored(good)["fit_score"], bench.stored(better)["fit_score"]) == (1, 4)

    def test_a_write_to_a_merged_record_names_the_winner(self, bench: Bench) -> None:
        winner, loser = bench.create(last_name="A"), bench.create(last_name="B")
        bench.merge(winner=winner, loser=loser)
        (outcome,) = bench.crm.write([Change(ref=loser, outputs={"fit_score": 3})])
        assert outcome.state == "gone"
        assert outcome.now is not None
        assert isinstance(bench.crm.fetch([outcome.now])[outcome.now], Lead)

    def test_somebody_who_left_cannot_be_given_a_lead(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        (outcome,) = bench.crm.write([Change(ref=ref, outputs={}, owner_id=bench.former_rep())])
        assert outcome.state == "refused"

    @pytest.mark.parametrize("outputs", [{"email": "x@y.example"}, {"fit_score": 1, "no_such_output": 2}, {}])
    def test_what_is_not_an_output_is_refused_before_any_call(self, bench: Bench, outputs: dict[str, Value]) -> None:
        ref = bench.create(last_name="Byron", company="Acme")
        before = bench.calls()
        (outcome,) = bench.crm.write([Change(ref=ref, outputs=outputs)])
        assert outcome.state == "refused"
        assert bench.calls() == before

    @pytest.mark.parametrize("output", ["seller_response", "send_back_reason"])
    def test_a_sellers_answer_is_never_written(self, bench: Bench, output: str) -> None:
        ref = bench.create(last_name="Byron")
        before = bench.calls()
        (outcome,) = bench.crm.write([Change(ref=ref, outputs={output: "Accepted"})])
        assert (outcome.state, outcome.fields) == ("refused", (output,))
        assert bench.calls() == before

    # tasks

    def test_a_task_is_found_again_by_its_key(self, bench: Bench) -> None:
        ref, other = bench.create(last_name="A"), bench.create(last_name="B")
        rep, _ = bench.reps()
        drafts = [_draft(ref, rep, "key-1"), _draft(other, rep, "key-2")]
        outcomes = bench.crm.create_tasks(drafts)
        assert [(outcome.ref, outcome.state) for outcome in outcomes] == [(ref, "written"), (other, "written")]
        never_made = _draft(ref, rep, "key-3")
        found = bench.crm.find_tasks([*drafts, never_made])
        assert found == {"key-1": outcomes[0].id, "key-2": outcomes[1].id}

    def test_a_key_that_begins_another_key_is_not_taken_for_it(self, bench: Bench) -> None:
        ref = bench.create(last_name="A")
        rep, _ = bench.reps()
        bench.crm.create_tasks([_draft(ref, rep, "key-12")])
        assert bench.crm.find_tasks([_draft(ref, rep, "key-1")]) == {}

    def test_a_lost_answer_to_a_task_is_looked_up_not_repeated(self, bench: Bench) -> None:
        ref = bench.create(last_name="A")
        draft = _draft(ref, bench.reps()[0], "key-1")
        bench.fail_next("drop_answer")
        with pytest.raises(UnknownOutcome):
            bench.crm.create_tasks([draft])
        assert list(bench.crm.find_tasks([draft])) == ["key-1"]
        assert bench.task_count(ref) == 1

    def test_a_task_of_a_merged_record_is_found_where_the_record_went_on(self, bench: Bench) -> None:
        loser, middle, winner = (bench.create(last_name=name) for name in "ABC")
        draft = _draft(loser, bench.reps()[0], "key-1")
        (made,) = bench.crm.create_tasks([draft])
        bench.merge(winner=middle, loser=loser)
        assert bench.crm.find_tasks([draft]) == {"key-1": made.id}
        bench.merge(winner=winner, loser=middle)
        assert bench.crm.find_tasks([draft, _draft(winner, bench.reps()[0], "key-2")]) == {"key-1": made.id}

    # owners and health

    def test_owners_include_those_who_left(self, bench: Bench) -> None:
        owners = {owner.id: owner for owner in bench.crm.owners()}
        for rep in bench.reps():
            assert (owners[rep].kind, owners[rep].active) == ("person", True)
            assert "@" in owners[rep].email
        assert not owners[bench.former_rep()].active

    def test_a_complete_installation_has_no_problems(self, bench: Bench) -> None:
        assert bench.crm.check() == []

    # what there is

    def test_every_mapped_field_is_described(self, bench: Bench) -> None:
        there = {spec.name: spec for spec in bench.crm.fields()}
        for row in bench.mapping.rows():
            assert row.field in there, row
        score, confidence = (there[bench.mapping.outputs[name]] for name in ("fit_score", "confidence"))
        assert (score.type, score.writable, score.calculated, score.custom) == ("number", True, False, True)
        assert (confidence.type, confidence.choices, confidence.restricted) == ("choice", ("High", "Medium", "Low"), True)
        assert there[bench.mapping.outputs["key"]].unique

    def test_the_newest_records_are_read_as_texts(self, bench: Bench) -> None:
        for number in range(3):
            bench.create(last_name=f"Doe{number}", **({} if number == 1 else {"employees": 10 + number}))
        name, size = (bench.mapping.inputs[one] for one in ("last_name", "employees"))
        found = bench.crm.recent([name, size, "no_such_field"], 2)
        assert [record[name] for record in found] == ["Doe2", "Doe1"]
        assert [record.get(size) for record in found] == ["12", None]
        assert not any("no_such_field" in record for record in found)

    def test_it_is_known_when_a_value_was_changed_last(self, bench: Bench) -> None:
        ref = bench.create(last_name="Doe")
        bench.edit(ref, fit_score=12)
        found = bench.crm.changed_at([ref, bench.never_existed()], ["fit_score"])
        (lead,) = bench.crm.fetch([ref]).values()
        assert isinstance(lead, Lead)
        assert found[ref]["fit_score"].replace(microsecond=0) == lead.modified_at.replace(microsecond=0)
        assert bench.never_existed() not in found

    # what goes wrong

    def test_a_401_is_renewed_exactly_once_and_the_call_repeated(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron", owner_id=bench.reps()[1])
        bench.crm.fetch([ref])
        bench.expire_token()
        (outcome,) = bench.crm.write([Change(ref=ref, outputs={"fit_score": 12})])
        assert outcome.state == "written"
        assert len(bench.tokens.renewed) == 1
        assert bench.stored(ref)["fit_score"] == 12
        assert bench.stored(ref)["owner_id"] == bench.reps()[1]  # the headers survived the repetition

    def test_a_lasting_401_calls_the_operator(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.revoke_all_tokens()
        with pytest.raises(CallOperator):
            bench.crm.fetch([ref])
        assert len(bench.tokens.renewed) == 1

    def test_a_spent_limit_is_throttled(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.crm.fetch([ref])
        bench.fail_next("limit")
        with pytest.raises(Throttled) as caught:
            bench.crm.fetch([ref])
        assert caught.value.policy == "daily"
        assert caught.value.after > 0

    def test_a_failed_read_may_be_repeated(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.crm.fetch([ref])
        bench.fail_next("server_error")
        with pytest.raises(Retry):
            bench.crm.fetch([ref])
        assert isinstance(bench.crm.fetch([ref])[ref], Lead)

    def test_a_failed_write_is_of_unknown_outcome(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.crm.write([Change(ref=ref, outputs={"grade": "B2"})])
        bench.fail_next("server_error")
        with pytest.raises(UnknownOutcome):
            bench.crm.write([Change(ref=ref, outputs={"fit_score": 64})])

    def test_a_dropped_answer_was_carried_out_all_the_same(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.crm.write([Change(ref=ref, outputs={"grade": "B2"})])
        bench.fail_next("drop_answer")
        with pytest.raises(UnknownOutcome):
            bench.crm.write([Change(ref=ref, outputs={"fit_score": 64})])
        assert _alive(bench.crm, ref).outputs["fit_score"] == 64

    def test_a_locked_record_is_for_later(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.crm.write([Change(ref=ref, outputs={"grade": "B2"})])
        bench.fail_next("lock")
        try:
            states = [outcome.state for outcome in bench.crm.write([Change(ref=ref, outputs={"fit_score": 64})])]
        except Retry:  # HubSpot locks a whole call (423), Salesforce an item
            states = ["retry"]
        assert states == ["retry"]

    def test_a_crm_that_never_answers_does_not_hold_us(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.crm.fetch([ref])
        bench.fail_next("never_answer")
        crm = bench.impatient()
        with pytest.raises(Retry):
            crm.fetch([ref])
        crm.close()

    # manners

    def test_every_call_is_paid_for_first(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        before = bench.calls()
        taken = len(bench.budget.taken)
        bench.crm.fetch([ref])
        bench.crm.write([Change(ref=ref, outputs={"fit_score": 3})])
        assert sum(calls for _, calls in bench.budget.taken[taken:]) == bench.calls() - before

    def test_the_days_usage_is_learned_from_answers(self, bench: Bench) -> None:
        bench.crm.fetch([bench.create(last_name="Byron")])
        assert bench.budget.learned
        used, limit = bench.budget.learned[-1]
        assert 0 < used <= limit

    def test_a_refused_grant_reaches_the_caller_as_it_is(self, bench: Bench) -> None:
        ref = bench.create(last_name="Byron")
        bench.revoke_all_tokens()
        bench.tokens._fresh = _refused()
        with pytest.raises(CallOperator, match="grant"):
            bench.crm.fetch([ref])


def _refused() -> Iterator[str]:
    raise CallOperator("The grant was refused.", provider="test", operation="grant")
    yield ""
