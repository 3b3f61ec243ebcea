"""Opens what a command needs: the settings, the servers where no URL was given, the services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config.settings import Settings, load_settings
from connector.store.servers import Servers, start_servers
from connector.wiring import Services, open_services


@dataclass(frozen=True, slots=True)
class Urls:
    database: str
    redis: str


@contextmanager
def servers_for(settings: Settings) -> Iterator[Urls]:
    """The two URLs. Servers that run under the home folder already are used; those started here are stopped again."""
    if settings.database_url and settings.redis_url:
        yield Urls(settings.database_url, settings.redis_url)
        return
    servers: Servers = start_servers(settings.home, postgres=settings.database_url is None, redis=settings.redis_url is None)
    try:
        yield Urls(settings.database_url or servers.database_url, settings.redis_url or servers.redis_url)
    finally:
        servers.stop()


@contextmanager
def services_for(settings: Settings | None = None, *, pool_size: int = 4) -> Iterator[Services]:
    settings = settings or load_settings()
    with servers_for(settings) as urls:
        services = open_services(settings, urls.database, urls.redis, pool_size=pool_size)
        try:
            yield services
        finally:
            services.close()
