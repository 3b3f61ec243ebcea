"""The forge against a real web process on real servers."""

from contextlib import closing

from connector.bench.forge import ForgeReport, Target, Wire, run
from connector.bench.stage import connect_target, open_stage
from connector.ports import HOST


def lay_siege(count: int, seed: int) -> ForgeReport:
    """Sends `count` forged, broken and honest webhooks to a web process that knows the target's two connections."""
    target = Target()
    with open_stage(public_url=target.public_url) as stage:
        connect_target(stage.services, target)
        stage.start("web")
        with closing(Wire(HOST, stage.port)) as wire:
            return run(wire, count, seed, target=target)
