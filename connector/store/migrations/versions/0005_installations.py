"""What was installed in a CRM"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('installation',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('fields', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['connection'], ['connection.name'], name=op.f('fk_installation_connection'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection', name=op.f('pk_installation'))
    )
    op.create_table('installation_step',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('made', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.ForeignKeyConstraint(['connection'], ['connection.name'], name=op.f('fk_installation_step_connection'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection', 'kind', 'name', name=op.f('pk_installation_step'))
    )


def downgrade() -> None:
    op.drop_table('installation_step')
    op.drop_table('installation')
