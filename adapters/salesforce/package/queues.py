"""Queues for leads that nobody in particular is to work on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from adapters.salesforce.org import Queue
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.tree import branch, leaf

LONGEST: Final = 40
"""Characters of a queue's name."""


def developer_name(label: str) -> str:
    """`Leadline Nurture` ► `Leadline_Nurture`: letters, digits and single underscores, beginning with a letter."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_")
    return name if name[:1].isalpha() else f"Q_{name}"


def queue_components(labels: Sequence[str], there: Mapping[str, Queue], members: Sequence[str]) -> Iterator[Component]:
    """Missing queues, and those that exist with what they lack. Whoever watches a queue already goes on watching it.

    Args:
        there: by label, what the org has.
        members: user names.
    """
    for label in labels:
        known = there.get(label)
        name = known.developer_name if known else developer_name(label)
        users = sorted({*(known.users if known else ()), *members})
        kinds = sorted({*(known.objects if known else ()), "Lead"})
        yield Component("Queue", name, _body(label, kinds, users))


def _body(label: str, kinds: Sequence[str], users: Sequence[str]) -> Element:
    objects = [branch("queueSobject", leaf("sobjectType", kind)) for kind in kinds]
    watching = branch("queueMembers", branch("users", *(leaf("user", user) for user in users)))
    head = (leaf("doesSendEmailToMembers", False), leaf("name", label))
    return branch("Queue", *head, *([watching] if users else []), *objects)
