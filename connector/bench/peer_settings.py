"""Read by `rq worker --config` in the process that forks: no job of the peer pays for imports."""

from connector.bench.peer import prepare

prepare()
