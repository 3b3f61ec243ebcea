import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot import answers
from adapters.hubspot.answers import Malformed, batch, properties
from adapters.hubspot.schema import field_spec
from adapters.records import FieldSpec
from tests.adapters.hubspot_server import fixture

PARSERS: list[Callable[[object], object]] = [answers.batch, answers.properties, answers.owner_page, answers.links]
WORDS = [
    "results",
    "id",
    "properties",
    "propertiesWithHistory",
    "objectWriteTraceId",
    "timestamp",
    "value",
    "paging",
    "next",
    "after",
]
MORE_WORDS = ["name", "type", "enumeration", "options", "modificationMetadata", "from", "to", "toObjectId", "errors", "firstName"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "1", "enumeration"])


def shapes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS + MORE_WORDS), inner, max_size=6)


@pytest.mark.parametrize("parse", PARSERS)
@given(
    rows=st.lists(st.recursive(SCALARS, shapes, max_leaves=12), max_size=3), paging=st.recursive(SCALARS, shapes, max_leaves=4)
)
def test_an_answer_of_any_shape_is_read_or_malformed(parse: Callable[[object], object], rows: object, paging: object) -> None:
    """Any other exception would leave the adapter as no `adapters.errors` does."""
    with contextlib.suppress(Malformed):
        parse({"results": rows, "paging": paging})


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("document", [None, [], "results", {}, {"results": None}, {"results": {}}])
def test_an_answer_without_results_is_malformed(parse: Callable[[object], object], document: object) -> None:
    with pytest.raises(Malformed):
        parse(document)


def test_a_207_keeps_records_and_errors_apart() -> None:
    batch = answers.batch(fixture("batch_update__mixed"))
    assert [(record.id, record.trace) for record in batch.records] == [("101", "0")]
    assert [complaint.category for complaint in batch.errors] == ["VALIDATION_ERROR", "OBJECT_NOT_FOUND"]


def test_lists_that_hubspot_keeps_elsewhere_exclude_nothing() -> None:
    owner = {"name": "hubspot_owner_id", "type": "enumeration", "externalOptions": True, "options": [{"value": "41"}]}
    (found,) = answers.properties({"results": [owner]})
    assert found.options == ()


def test_associations_spell_ids_as_numbers() -> None:
    (links,) = answers.links({"results": [{"from": {"id": "1"}, "to": [{"toObjectId": 900}]}]})
    assert (links.id, links.to, links.after) == ("1", ("900",), None)


def test_a_property_is_told_in_the_houses_words() -> None:
    formula = {"name": "f", "label": "F", "type": "number", "fieldType": "calculation_equation", "hubspotDefined": False}
    several = {"name": "m", "type": "enumeration", "fieldType": "checkbox", "options": [{"value": "a"}, {"value": "b"}]}
    elsewhere = {"name": "o", "type": "enumeration", "fieldType": "select", "externalOptions": True, "options": []}
    key = {
        "name": "k",
        "type": "string",
        "hasUniqueValue": True,
        "hubspotDefined": True,
        "modificationMetadata": {"readOnlyValue": True},
    }
    told = [field_spec(found) for found in properties({"results": [formula, several, elsewhere, key]})]
    assert told[0] == FieldSpec("f", "F", "number", "number", calculated=True, custom=True)
    assert (told[1].type, told[1].choices, told[1].restricted) == ("choices", ("a", "b"), True)
    assert (told[2].type, told[2].restricted) == ("choice", False)
    assert (told[3].unique, told[3].writable, told[3].custom, told[3].label) == (True, False, False, "k")


def test_the_newest_version_of_a_property_is_when_it_changed() -> None:
    versions = [{"value": "", "timestamp": "2026-11-22T09:30:00Z"}, {"value": "1", "timestamp": "2026-11-21T09:30:00Z"}]
    found = batch({"results": [{"id": "1", "properties": {}, "propertiesWithHistory": {"score": versions, "none": []}}]})
    assert found.records[0].changed == {"score": datetime(2026, 11, 22, 9, 30, tzinfo=UTC)}
