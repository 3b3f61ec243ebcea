"""Audits: frozen figures"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

REFUSE = """
    CREATE FUNCTION audit_is_frozen() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'an audit is never changed' USING ERRCODE = 'restrict_violation'; END $$
"""


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('figures', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_index('ix_audit_connection', 'audit', ['connection', 'id'], unique=False)
    op.execute(REFUSE)
    op.execute('CREATE TRIGGER audit_is_frozen BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_frozen()')


def downgrade() -> None:
    op.drop_index('ix_audit_connection', table_name='audit')
    op.drop_table('audit')
    op.execute('DROP FUNCTION audit_is_frozen')
