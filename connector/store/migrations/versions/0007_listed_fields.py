"""What each installation listed, by object: all that may be written there"""

import json

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Read by a person alone: never written, whatever a mapping says.
_PERSONS = {'seller_response', 'send_back_reason'}


def upgrade() -> None:
    op.add_column('installation',
    sa.Column('listed', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    _list_what_is_written()


def downgrade() -> None:
    op.drop_column('installation', 'listed')


def _list_what_is_written() -> None:
    """Until now the mapping said what may be written. What was installed, or written to before, goes on as it was."""
    session = op.get_bind()
    query = sa.text("""
        SELECT name, mapping FROM connection c
        WHERE EXISTS (SELECT 1 FROM installation i WHERE i.connection = c.name)
            OR EXISTS (SELECT 1 FROM record r WHERE r.connection = c.name AND r.written <> '{}')
    """)
    change = sa.text("""
        INSERT INTO installation (connection, state, fields, listed, ended_at)
        VALUES (:name, 'applied', CAST(:fields AS jsonb), CAST(:listed AS jsonb), clock_timestamp())
        ON CONFLICT (connection) DO UPDATE SET listed = EXCLUDED.listed
    """)
    for row in session.execute(query).all():
        outputs = _fields(row.mapping, {})
        listed = {object_.lower(): _listed(_fields(part, outputs)) for object_, part in _objects(row.mapping)}
        session.execute(change, {'name': row.name, 'fields': json.dumps(outputs), 'listed': json.dumps(listed)})


def _objects(mapping):
    yield mapping['object'], mapping
    yield from (mapping.get('also') or {}).items()


def _fields(part, inherited):
    said = {name: row['field'] if isinstance(row, dict) else row for name, row in (part.get('outputs') or {}).items()}
    return {name: field for name, field in {**inherited, **said}.items() if field}


def _listed(outputs):
    return sorted(field.lower() for name, field in outputs.items() if name not in _PERSONS)
