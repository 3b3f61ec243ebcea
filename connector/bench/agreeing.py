"""`python -m connector.bench.agreeing URL`: the browser of somebody who agrees to everything, and goes where they are sent."""

import sys

import requests


def main() -> None:
    requests.get(sys.argv[1], timeout=30).raise_for_status()


if __name__ == "__main__":
    main()
