"""`python -m connector.bench.floor PORT`: the receiver's floor. The same web server and framework, and nothing but one insert.

What it leaves out is what a receiver exists for: whose request it is, whether it is authentic, whether it was there before.
"""

import os
import sys

from flask import Flask, request

from connector.ports import HOST
from connector.serving import serve
from connector.store.bare import BareStore


def floor_app(store: BareStore) -> Flask:
    app = Flask(__name__)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.post("/<path:_path>")
    def keep(_path: str) -> str:
        store.keep(request.get_data(cache=False))
        return "ok"

    return app


if __name__ == "__main__":
    serve(floor_app(BareStore(os.environ["LEADLINE_DATABASE_URL"])), HOST, int(sys.argv[1]))
