"""Who would notice: workflows, lists and forms that look at what Leadline writes, and what decides about owners beside it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from adapters.errors import CallOperator, Refused
from adapters.hubspot.mapping import OWNER
from adapters.hubspot.setup import CONTACTS, Setup
from adapters.hubspot.setup_answers import ContactList, Definition, Flow
from adapters.kit import Reaction, Usage, Wanted

_Told = TypeVar("_Told")

SYNC: Final = "Salesforce sync"

SYNCED: Final = "salesforcelastsynctime"
"""Filled by HubSpot's own Salesforce integration on every contact that it keeps in step."""

BY_SALESFORCE: Final = "salesforce_sync"
"""Value of the connection's option `owner_by`: the owner is Salesforce's to set."""


class Surroundings:
    """What others have built around the contacts of one portal."""

    def __init__(self, setup: Setup, *, owner_by: str) -> None:
        self._setup = setup
        self._owner_by = owner_by

    def reactions(self, wanted: Wanted) -> Iterator[Reaction]:
        written = frozenset(field.field for field in wanted.fields)
        yield from self._asked("workflows", lambda: self._workflows(written))
        yield from self._asked("lists", lambda: self._lists(written))
        yield from self._asked("required properties", lambda: self._required(frozenset(wanted.mapping.outputs.values())))
        yield from self._asked(SYNC, self._salesforce)
        yield from self._leads()

    def usages(self, wanted: Wanted) -> Sequence[Usage]:
        """Workflows that are off count too: switched on, they would stumble.

        Raises:
            adapters.errors.CallOperator: one of them cannot be read, so nobody can say that our fields are unused.
        """
        ours = [field.field for field in wanted.fields if field.ours]
        users: list[tuple[str, str, frozenset[str]]] = [
            *(("workflow", flow.name, flow.words) for flow in self._setup.flows()),
            *(("list", one.name, one.words) for one in self._setup.filtered_lists()),
            *(("form", form.name, form.words) for form in self._setup.forms()),
            *(("calculated property", one.name, one.words) for one in self._setup.definitions().values()),
        ]
        return [Usage(name, kind, user) for name in ours for kind, user, words in users if name in words]

    def owner_elsewhere(self) -> str | None:
        try:
            return BY_SALESFORCE if self._synced() else ""
        except (CallOperator, Refused):
            return None

    def using(self, wanted: Wanted) -> Mapping[str, Sequence[str]]:
        """Property to its users, as far as they can be read."""
        used: dict[str, list[str]] = {}
        for one in self._quietly(lambda: self.usages(wanted)):
            used.setdefault(one.field, []).append(f"{one.kind} {one.name}")
        return used

    def users_of(self, found: ContactList) -> Sequence[str]:
        """Workflows and lists that name this list by its id; empty where they cannot be read."""
        return [*self._quietly(lambda: self._flows_with(found.id)), *self._quietly(lambda: self._lists_with(found.id))]

    def _asked(self, kind: str, question: Callable[[], Iterator[Reaction]]) -> Iterator[Reaction]:
        """What may not be read is said, and the rest of the report goes on."""
        try:
            yield from list(question())
        except (CallOperator, Refused) as error:
            yield Reaction(kind, "not looked at", f"{error} Whether something there reacts to Leadline is therefore not known.")

    def _workflows(self, written: frozenset[str]) -> Iterator[Reaction]:
        for flow in self._setup.flows():
            if flow.enabled:
                yield from _of(flow, written)

    def _lists(self, written: frozenset[str]) -> Iterator[Reaction]:
        for one in self._setup.filtered_lists():
            if looks := sorted(written & one.words):
                sentence = f"Its filters look at {', '.join(looks)}: contacts join and leave it as Leadline writes."
                yield Reaction("list", one.name, sentence)

    def _required(self, written: frozenset[str]) -> Iterator[Reaction]:
        """From the generation 2026-09 on, HubSpot holds API writes to the rules that admins made for forms in the CRM."""
        for name in self._setup.required():
            if name in written:
                sentence = (
                    "It is required, and Leadline writes it and may clear it: HubSpot refuses a write that leaves it empty."
                )
                yield Reaction("required property", name, sentence, grave=True)

    def _salesforce(self) -> Iterator[Reaction]:
        if synced := self._synced():
            yield _sync(synced, decided=self._owner_by == BY_SALESFORCE)

    def _leads(self) -> Iterator[Reaction]:
        """A portal whose plan has no leads, or an app without the right to see them, has none to speak of."""
        if self._quietly(self._setup.some_leads):
            yield Reaction("object", "leads", _LEADS)

    def _synced(self) -> int:
        """Contacts that HubSpot's own integration keeps in step with Salesforce."""
        if SYNCED not in self._setup.definitions():
            return 0
        return self._setup.search([{"propertyName": SYNCED, "operator": "HAS_PROPERTY"}], ["hs_object_id"], limit=1).total

    def _flows_with(self, id_: str) -> Iterator[str]:
        return (f"workflow {flow.name}" for flow in self._setup.flows() if id_ in flow.lists)

    def _lists_with(self, id_: str) -> Iterator[str]:
        return (f"list {one.name}" for one in self._setup.filtered_lists() if id_ in one.lists)

    def _quietly(self, question: Callable[[], Iterable[_Told]]) -> Sequence[_Told]:
        try:
            return list(question())
        except (CallOperator, Refused):
            return []


def calculated(wanted: Wanted, there: Mapping[str, Definition]) -> Iterator[Reaction]:
    """The customer's own properties that HubSpot fills by itself, and that something of ours is mapped to."""
    for field in wanted.fields:
        found = there.get(field.field)
        if found and not field.ours and found.calculated:
            sentence = f"{field.output} is mapped to it, and HubSpot calculates it: every write would be refused."
            yield Reaction("property", field.field, sentence, grave=True)


def _of(flow: Flow, written: frozenset[str]) -> Iterator[Reaction]:
    """The owner of a company or a deal has the same name as a contact's, and is none of Leadline's business."""
    if flow.about in {"", CONTACTS} and OWNER in flow.rotates | flow.sets:
        sentence = _ROTATES if OWNER in flow.rotates else _SETS_OWNER
        yield Reaction("workflow", flow.name, f"{sentence} Automation ► Workflows ► {flow.name} ► switch off", grave=True)
    if sets := sorted(written & flow.sets):
        sentence = (
            f"It sets {', '.join(sets)}, which Leadline writes: the last one wins, and Leadline takes it for a person's value."
        )
        yield Reaction("workflow", flow.name, f"{sentence} Take the action out, or map the output elsewhere.", grave=True)
    if enrols := sorted((written | {OWNER}) & flow.enrols_on):
        sentence = (
            f"It enrols contacts by {', '.join(enrols)}: a decision of Leadline's can start it. Look whether that is meant."
        )
        yield Reaction("workflow", flow.name, sentence)
    elif reads := sorted((written & flow.words) - flow.sets):
        yield Reaction("workflow", flow.name, f"It reads {', '.join(reads)}, so what it does changes with what Leadline writes.")


_LEADS: Final = (
    "This portal works with HubSpot's Lead object. Leadline routes contacts: it sets the contact's owner and properties, and "
    "leaves the owner and the label of a lead as they are. A workflow can copy them from the contact."
)
_ROTATES: Final = (
    "It rotates contacts among owners, as Leadline does, and whoever comes first wins: an owner set by it looks like a person's "
    "choice, and Leadline leaves it. Switch it off, or let it leave out the sources that go live:"
)
_SETS_OWNER: Final = (
    "It sets the contact owner. An owner set by it looks like a person's choice, and Leadline leaves it; set after Leadline, it "
    "undoes a decision. Switch it off, or let it leave out the sources that go live:"
)


def _sync(synced: int, *, decided: bool) -> Reaction:
    about = f"HubSpot's own integration keeps {synced} contacts in step with Salesforce, owners included"
    if decided:
        sentence = f"{about}. Salesforce owns the owner: Leadline writes scores here and no owner, as this connection says."
        return Reaction(SYNC, "on", sentence)
    sentence = (
        f"{about}: an owner that Leadline set here would be set back, or would overwrite the one in Salesforce. So Salesforce "
        "owns it: `install --apply` sets this connection to owner_by = salesforce_sync, and HubSpot gets scores and no owner."
    )
    return Reaction(SYNC, "on", sentence, grave=True)
