"""Lists of owners who count as nobody are versioned, each with its evidence"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nobody_version',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('owners', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('before', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.ForeignKeyConstraint(['connection'], ['connection.name'], name=op.f('fk_nobody_version_connection'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nobody_version'))
    )
    op.create_index('ix_nobody_version_connection', 'nobody_version', ['connection', 'id'])


def downgrade() -> None:
    op.drop_table('nobody_version')
