"""The grant and its end: what an org is, and since when it refuses us"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('connection', sa.Column('environment', sa.Text(), server_default='', nullable=False))
    op.add_column('connection', sa.Column('title', sa.Text(), server_default='', nullable=False))
    op.create_table('refusal',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('because', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), server_default='', nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.ForeignKeyConstraint(['connection'], ['connection.name'], name=op.f('fk_refusal_connection_connection'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection', name=op.f('pk_refusal'))
    )


def downgrade() -> None:
    op.drop_table('refusal')
    op.drop_column('connection', 'title')
    op.drop_column('connection', 'environment')
