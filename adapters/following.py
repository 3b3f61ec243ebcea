"""What hung on a record that went on under another id hangs on that one now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from adapters.records import Gone, Lead, RecordRef, TaskDraft

Fetch = Callable[[Sequence[RecordRef]], Mapping[RecordRef, Lead | Gone]]
Find = Callable[[Sequence[TaskDraft]], Mapping[str, str]]


def find_following(tasks: Sequence[TaskDraft], find: Find, fetch: Fetch) -> Mapping[str, str]:
    """Our key to the vendor's id, for tasks on their own records and, for those not found there, on the records in their place.

    A merge takes a record's tasks along, and so does a conversion.
    """
    found = find(tasks)
    missing = [task for task in tasks if task.key not in found]
    return {**found, **find(_moved(missing, fetch))} if missing else found


def _moved(tasks: Sequence[TaskDraft], fetch: Fetch) -> Sequence[TaskDraft]:
    answers = fetch(list(dict.fromkeys(task.ref for task in tasks)))
    return [replace(task, ref=gone.now) for task in tasks if isinstance(gone := answers[task.ref], Gone) and gone.now]
