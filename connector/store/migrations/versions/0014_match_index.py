"""The match index, and the weights that its verdicts are made by"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('match_record',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('object', sa.Text(), nullable=False),
    sa.Column('record_id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.UUID(as_uuid=False), nullable=True),
    sa.Column('packed', sa.LargeBinary(), nullable=False),
    sa.Column('keys', postgresql.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('owner_id', sa.Text(), nullable=True),
    sa.Column('customer', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('open_opportunity', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('active_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_match_record')),
    sa.UniqueConstraint('connection', 'object', 'record_id', name=op.f('uq_match_record_connection_object_record_id'))
    )
    op.create_table('match_key',
    sa.Column('key', sa.BigInteger(), nullable=False),
    sa.Column('match_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('key', 'match_id', name=op.f('pk_match_key'))
    )
    op.create_table('match_weights',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('document', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('records', sa.BigInteger(), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_match_weights'))
    )


def downgrade() -> None:
    for table in ('match_weights', 'match_key', 'match_record'):
        op.drop_table(table)
