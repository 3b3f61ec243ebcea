"""Hot leads are claimed first"""

from alembic import op
import sqlalchemy as sa

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('due', sa.Column('hot', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.drop_index('ix_due_waiting', table_name='due')
    op.create_index('ix_due_waiting', 'due', ['connection', 'hot', 'not_before'])


def downgrade() -> None:
    op.drop_index('ix_due_waiting', table_name='due')
    op.create_index('ix_due_waiting', 'due', ['connection', 'not_before'])
    op.drop_column('due', 'hot')
