"""Custom workflow actions, called as a workflow calls them."""

import pytest

from adapters.sandbox.client import SandboxError
from tests.adapters.sandbox.hubspot_sandbox import Portal
from tests.adapters.sandbox.webhook_receiver import receiving


@pytest.mark.parametrize("base", ["/automation/v4/actions/callbacks", "/automation/actions/callbacks/2026-09"])
def test_an_action_that_blocks_is_completed_later(hub: Portal, base: str) -> None:
    id_ = hub.contact(email="ada@b.test")
    with receiving() as receiver:
        done = hub.control.command("hubspot", "execute", url=receiver.url, object="contacts", id=id_)
        execution = receiver.deliveries[0].events
    assert (execution["callbackId"], execution["object"]["objectId"]) == (done["callbackId"], int(id_))  # type: ignore[call-overload]
    assert hub.control.command("hubspot", "outcome", callbackId=done["callbackId"]) == {"state": "OPEN"}
    finished = {"outputFields": {"hs_execution_state": "SUCCESS"}}
    assert hub.call("POST", f"{base}/{done['callbackId']}/complete", finished).status_code == 204
    assert hub.control.command("hubspot", "outcome", callbackId=done["callbackId"]) == {"state": "COMPLETE", **finished}
    assert hub.call("POST", f"{base}/{done['callbackId']}/complete", {}).status_code == 400
    assert hub.call("POST", f"{base}/ap-1-2-3/complete", finished).status_code == 404


def test_an_action_that_nobody_answers_has_status_0(hub: Portal) -> None:
    id_ = hub.contact(email="ada@b.test")
    done = hub.control.command("hubspot", "execute", url="http://127.0.0.1:9/", object="contacts", id=id_)
    assert (done["status"], done["answer"]) == (0, None)
    with pytest.raises(SandboxError, match="no live record 404 in contacts"):
        hub.control.command("hubspot", "execute", url="http://127.0.0.1:9/", object="contacts", id="404")
