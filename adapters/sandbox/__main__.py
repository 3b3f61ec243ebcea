"""`python -m adapters.sandbox --port P --home DIR [--seed N] [--install] [--lived-in]`: both CRMs until interrupted."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from adapters.sandbox.sandbox import start


def main() -> None:
    """Prints one JSON line `{"url": …}` once it listens."""
    parser = argparse.ArgumentParser(prog="python -m adapters.sandbox", description="Both CRMs as one local server.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--home", type=Path, required=True, help="folder of its file")
    parser.add_argument("--seed", type=int, default=1, help="seed of ids, tokens, faults and chaos")
    parser.add_argument("--install", action="store_true", help="make the custom fields in both CRMs")
    parser.add_argument("--lived-in", action="store_true", help="give both CRMs a past, from the seed")
    given = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    running = start(given.home, given.port, seed=given.seed, install=given.install, lived_in=given.lived_in)
    sys.stdout.write(json.dumps({"url": running.url}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    running.stop()


if __name__ == "__main__":
    main()
