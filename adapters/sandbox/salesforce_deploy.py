"""Deployments: a package is checked against the org as it would be, and acts only when all of it may."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from adapters.sandbox.ids import salesforce_id, to_18
from adapters.sandbox.record import Actor
from adapters.sandbox.salesforce_builder import Builder
from adapters.sandbox.salesforce_checks import canonical, rank, refusals, removal_refusals
from adapters.sandbox.salesforce_components import CONTAINERS, Component
from adapters.sandbox.salesforce_draft import Draft
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_zip import Package, PackageError, Problem, read
from adapters.sandbox.store import Store

_JOB: Final = "salesforce_deploy"
_PREFIX: Final = "0Af"

_WAITING: Final = ("Pending", "InProgress", "Canceling")


_FLAGS: Final = (
    "allowMissingFiles", "autoUpdatePackage", "checkOnly", "ignoreWarnings", "performRetrieve", "purgeOnDelete",
    "rollbackOnError", "singlePackage",
)  # fmt: skip
_TEST_LEVELS: Final = ("NoTestRun", "RunSpecifiedTests", "RunLocalTests", "RunAllTestsInOrg", "RunRelevantTests", "")

_OptionsSchema = Schema.from_dict(
    {
        **{name: fields.Boolean(load_default=False) for name in _FLAGS},
        "testLevel": fields.String(load_default=None, allow_none=True, validate=validate.OneOf(_TEST_LEVELS)),
        "runTests": fields.List(fields.String(), load_default=list, allow_none=True),
    },
    name="DeployOptions",
)


def options(document: object) -> dict[str, Any]:
    """Deploy options with their defaults.

    Raises:
        SalesforceError: 400, what is wrong with them.
    """
    try:
        found: dict[str, Any] = _OptionsSchema(unknown=EXCLUDE).load(document)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SalesforceError(400, "INVALID_FIELD", f"deployOptions: {error.messages}") from None
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one component."""

    type: str
    name: str
    file: str
    problem: str = ""
    warning: bool = False
    created: bool = False
    changed: bool = False
    deleted: bool = False
    id: str = ""

    @property
    def success(self) -> bool:
        return not self.problem or self.warning


@dataclass(slots=True)
class _Run:
    outcomes: list[Outcome] = field(default_factory=list)
    deeds: list[Callable[[], str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """Of `outcomes`, whose id a deed gives."""


class Deploys:
    """Jobs are kept in the store: what was accepted is finished by the next process, too."""

    def __init__(self, store: Store, draft: Callable[[], Draft], builder: Builder, delay_ms: Callable[[], int]) -> None:
        self._store = store
        self._draft = draft
        self._builder = builder
        self._delay_ms = delay_ms

    def start(self, archive: bytes, wanted: Mapping[str, Any], user: str) -> str:
        """A new job; its id. It runs at once, or when its delay is over and somebody next calls the org."""
        return self._queue(base64.b64encode(archive).decode(), wanted, user)

    def again(self, validated: str, user: str) -> str:
        """Deploys what an earlier job has validated, without another check of tests.

        Raises:
            SalesforceError: no such job, or none that validated.
        """
        job = self.find(validated)
        if job["status"] != "Succeeded" or not job["options"]["checkOnly"]:
            raise SalesforceError(400, "INVALID_ID_FIELD", f"{validated} is no successful validation")
        return self._queue(job["archive"], {**job["options"], "checkOnly": False}, user, validated=validated)

    def find(self, id_: str) -> dict[str, Any]:
        """
        Raises:
            SalesforceError: 404.
        """
        self.advance()
        return self.peek(id_)

    def peek(self, id_: str) -> dict[str, Any]:
        """A job as it was left, without running what is due.

        Raises:
            SalesforceError: 404.
        """
        job = self._store.document(_JOB, id_) or self._store.document(_JOB, to_18(id_))
        if job is None:
            raise SalesforceError(404, "NOT_FOUND", f"no deployment {id_}")
        return dict(job)

    def cancel(self, id_: str, user: str) -> dict[str, Any]:
        """Asks a job that has not run yet to stop; at the next look it has."""
        job = self.find(id_)
        if job["status"] not in _WAITING:
            raise SalesforceError(400, "INVALID_ID_FIELD", "The deployment is already completed and can't be canceled")
        self._keep({**job, "status": "Canceling", "canceled_by": user})
        return {**job, "status": "Canceling", "canceled_by": user}

    def advance(self) -> None:
        """Runs what is due."""
        waiting = [job for job in self._store.documents(_JOB).values() if job["status"] in _WAITING]
        for job in waiting:
            if job["status"] == "Canceling":
                self._keep({**job, "status": "Canceled", "completed_at": self._store.clock()})
            elif self._store.clock() >= job["due_at"]:
                self._run(job)

    def _queue(self, archive: str, wanted: Mapping[str, Any], user: str, *, validated: str = "") -> str:
        now = self._store.clock()
        id_ = salesforce_id(_PREFIX, self._store.next_number("salesforce 0Af"))
        job = {
            "id": id_,
            "archive": archive,
            "options": dict(wanted),
            "user": user,
            "validated": validated,
            "status": "Pending",
            "created_at": now,
            "due_at": now + self._delay_ms(),
            "completed_at": None,
            "outcomes": [],
            "canceled_by": "",
        }
        self._keep(job)
        return id_

    def _keep(self, job: Mapping[str, Any]) -> None:
        self._store.put(_JOB, job["id"], dict(job))

    def _run(self, job: Mapping[str, Any]) -> None:
        wanted = job["options"]
        run = self._checked(base64.b64decode(job["archive"]), wanted, Actor("API", job["user"]))
        failed = any(not outcome.success for outcome in run.outcomes)
        stopped = failed and (wanted["rollbackOnError"] or wanted["checkOnly"])
        if not wanted["checkOnly"] and not stopped:
            self._act(run)
        status = "Succeeded" if not failed else "Failed" if stopped or not run.deeds else "SucceededPartial"
        outcomes = [asdict(outcome) for outcome in run.outcomes]
        self._keep({**job, "status": status, "completed_at": self._store.clock(), "outcomes": outcomes})

    def _act(self, run: _Run) -> None:
        with self._store.transaction():
            for place, deed in zip(run.places, run.deeds, strict=True):
                run.outcomes[place] = Outcome(**{**asdict(run.outcomes[place]), "id": deed()})

    def _checked(self, archive: bytes, wanted: Mapping[str, Any], actor: Actor) -> _Run:
        try:
            package = read(archive, single=wanted["singlePackage"])
        except PackageError as error:
            return _Run([Outcome("", "package.xml", "package.xml", str(error))])
        draft, run = self._draft(), _Run()
        run.outcomes += [_refused(problem) for problem in package.problems]
        self._remove(package.before, "destructiveChanges.xml", draft, run, actor)
        self._put(package, draft, run, actor)
        self._remove(package.after, "destructiveChangesPost.xml", draft, run, actor)
        run.outcomes.append(Outcome("", "package.xml", "package.xml"))
        return run

    def _put(self, package: Package, draft: Draft, run: _Run, actor: Actor) -> None:
        for component in sorted(package.components, key=lambda part: rank(part.type)):
            found = refusals(component, draft)
            if found:
                run.outcomes += [Outcome(component.type, component.name, component.file, sentence) for sentence in found]
                continue
            own = Component(component.type, component.name, canonical(component), component.file)
            base = draft.base(*own.key)
            created = base is None and own.type not in CONTAINERS
            changed = created or (base is not None and base.tree != own.tree)
            draft.put(*own.key, own.tree)
            run.places.append(len(run.outcomes))
            known = base.id if base else ""
            run.outcomes.append(Outcome(own.type, own.name, own.file, created=created, changed=changed, id=known))
            run.deeds.append(self._deed(own, actor, changed=changed, known=known))

    def _deed(self, component: Component, actor: Actor, *, changed: bool, known: str) -> Callable[[], str]:
        return (lambda: self._builder.put(component, actor)) if changed else (lambda: known)

    def _remove(self, keys: Sequence[tuple[str, str]], file: str, draft: Draft, run: _Run, actor: Actor) -> None:
        # First those that use others, then what they used: the order in the list does not matter.
        for type_, name in sorted(keys, key=lambda key: -rank(key[0])):
            bare = name.partition("-")[0] if type_ == "Flow" else name
            base = draft.base(type_, bare)
            if draft.get(type_, bare) is None:
                run.outcomes.append(Outcome(type_, name, file, f"No {type_} named: {name} found", warning=True))
                continue
            found = removal_refusals(type_, name, draft)
            run.outcomes += [Outcome(type_, name, file, sentence) for sentence in found]
            if not found:
                draft.drop(type_, bare)
                run.places.append(len(run.outcomes))
                known = base.id if base else ""
                run.outcomes.append(Outcome(type_, name, file, deleted=True, changed=True, id=known))
                run.deeds.append(self._farewell(type_, name, known, actor))

    def _farewell(self, type_: str, name: str, known: str, actor: Actor) -> Callable[[], str]:
        def deed() -> str:
            self._builder.drop(type_, name, actor)
            return known

        return deed


def outcomes(job: Mapping[str, Any]) -> Iterator[Outcome]:
    yield from (Outcome(**row) for row in job["outcomes"])


def _refused(problem: Problem) -> Outcome:
    return Outcome(problem.type, problem.name, problem.file, problem.sentence, warning=problem.warning)
