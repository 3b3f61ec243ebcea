"""Composite graphs: many composite calls in one, each of which happens wholly or not at all."""

from typing import Any, Final

from adapters.sandbox.salesforce_composite import Composite, Part, parts
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.wire import Answer, json_answer

MOST_GRAPHS: Final = 75
MOST_NODES: Final = 500
"""Of all graphs together."""
MOST_FAILED: Final = 14
"""Behind so many failed graphs the rest is not tried."""


class Graphs:
    def __init__(self, composite: Composite) -> None:
        self._composite = composite

    def run(self, request: Request) -> Answer:
        """`POST composite/graph`; answers 200 whatever its graphs answer."""
        graphs = _graphs(request.body())
        shown: list[dict[str, Any]] = []
        for id_, nodes in graphs:
            halted = sum(not one["isSuccessful"] for one in shown) >= MOST_FAILED
            responses, well = (
                self._composite.halted(nodes) if halted else self._composite.ran(request.call, nodes, all_or_none=True)
            )
            shown.append({"graphId": id_, "graphResponse": {"compositeResponse": responses}, "isSuccessful": well})
        return json_answer(200, {"graphs": shown})


def _graphs(body: dict[str, Any]) -> list[tuple[str, list[Part]]]:
    graphs = body.get("graphs")
    if not isinstance(graphs, list) or not 1 <= len(graphs) <= MOST_GRAPHS or not all(isinstance(one, dict) for one in graphs):
        raise SalesforceError(400, "INVALID_INPUT", f"graphs must hold 1 to {MOST_GRAPHS} graphs")
    read = [(str(one.get("graphId", "")), parts(one.get("compositeRequest"), MOST_NODES)) for one in graphs]
    if sum(len(nodes) for _, nodes in read) > MOST_NODES:
        raise SalesforceError(400, "LIMIT_EXCEEDED", f"A request takes at most {MOST_NODES} nodes")
    if not all(id_ for id_, _ in read) or len({id_ for id_, _ in read}) < len(read):
        raise SalesforceError(400, "INVALID_INPUT", "Each graph needs a graphId of its own")
    return read
