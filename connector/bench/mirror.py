"""Everything that two full CRMs hold, read while processes die; then many changes, some of them never told, and one sweep.

Afterwards the CRMs' own records say whether anything is missing. Choices follow from the seed; moments do not.
"""

import time
from collections.abc import Callable
from typing import Final

from connector.bench.chaos_world import open_world
from connector.bench.mirror_memory import Peaks, watched
from connector.bench.mirror_report import MirrorReport, Size
from connector.bench.mirror_run import LATER, Run

_WORKERS: Final = 3


def run_mirror(size: Size, told: Callable[[str], None] = lambda _: None) -> MirrorReport:
    """The whole of it, on real servers and processes.

    Args:
        told: hears what is being done, for whoever waits.

    Raises:
        connector.bench.stage.StageError: something did not come up, or did not finish.
        connector.bench.mirror_readers.ReaderError: the same of a command.
    """
    options = {"total_seconds": 10.0, "sweep_seconds": LATER}
    with open_world(workers=_WORKERS, webs=1, options=options) as world:
        run = Run(world, size, told)
        peaks = Peaks(run.running)
        with watched(peaks):
            for name, part in run.parts().items():
                began = time.monotonic()
                part()
                run.report.seconds[name] = time.monotonic() - began
        run.report.memory = peaks.document()
        run.report.findings += world.trouble
    return run.report
