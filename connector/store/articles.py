"""Policies and profiles: whole texts, immutable, named by their hash; one of each kind is active."""

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.engine import reading
from connector.store.schema import article


def activate(connection: Connection, kind: str, version: str, text: str) -> None:
    """Keeps a text for good, and makes it the one that decides from now on."""
    row = insert(article).values(kind=kind, version=version, text=text, activated_at=func.clock_timestamp())
    again = {"activated_at": row.excluded.activated_at}
    connection.execute(row.on_conflict_do_update(index_elements=[article.c.kind, article.c.version], set_=again))


def active_article(engine: Engine, kind: str) -> tuple[str, str] | None:
    """(version, text) of the one activated last."""
    query = (
        select(article.c.version, article.c.text)
        .where(article.c.kind == kind, article.c.activated_at.is_not(None))
        .order_by(article.c.activated_at.desc())
        .limit(1)
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return (row.version, row.text) if row else None


def article_text(engine: Engine, kind: str, version: str) -> str | None:
    """The text of any version ever put."""
    query = select(article.c.text).where(article.c.kind == kind, article.c.version == version)
    with reading(engine) as connection:
        return connection.execute(query).scalar_one_or_none()
