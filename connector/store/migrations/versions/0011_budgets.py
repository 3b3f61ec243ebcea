"""Budgets by the vendor's own figures, what waits for them, a trace through it all, and what a restored store must know"""

from alembic import op
import sqlalchemy as sa

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Every new column has a default: the version before goes on writing as it did.


def upgrade() -> None:
    op.add_column('budget', sa.Column('others', sa.Integer(), server_default='0', nullable=False))
    op.add_column('budget', sa.Column('vendor_used', sa.Integer(), nullable=True))
    op.add_column('budget', sa.Column('vendor_limit', sa.Integer(), nullable=True))
    op.add_column('budget', sa.Column('vendor_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('budget', sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('budget_slot',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('slot', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ours', sa.Integer(), server_default='0', nullable=False),
    sa.Column('hot', sa.Integer(), server_default='0', nullable=False),
    sa.Column('vendor_used', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('connection', 'slot', name=op.f('pk_budget_slot'))
    )
    op.create_table('throttle',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('policy', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), server_default='', nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('trying', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('connection', 'policy', name=op.f('pk_throttle'))
    )
    op.add_column('record', sa.Column('hot', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    for table in ('due', 'outbox'):
        op.add_column(table, sa.Column('waits_for', sa.Text(), server_default='', nullable=False))
        op.add_column(table, sa.Column('waits_since', sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column('waits_until', sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column('trace', sa.Text(), server_default='', nullable=False))
    op.add_column('outbox', sa.Column('hot', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_table('restored',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('as_of', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_restored'))
    )


def downgrade() -> None:
    op.drop_table('restored')
    op.drop_column('outbox', 'hot')
    for table in ('outbox', 'due'):
        for column in ('trace', 'waits_until', 'waits_since', 'waits_for'):
            op.drop_column(table, column)
    op.drop_column('record', 'hot')
    op.drop_table('throttle')
    op.drop_table('budget_slot')
    for column in ('looked_at', 'vendor_at', 'vendor_limit', 'vendor_used', 'others'):
        op.drop_column('budget', column)
