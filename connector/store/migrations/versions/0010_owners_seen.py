"""Whom a record was seen to belong to after somebody changed the owner that we set"""

from alembic import op
import sqlalchemy as sa

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('record', sa.Column('owner_seen', sa.Text(), nullable=True))
    op.add_column('record', sa.Column('owner_seen_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('record', 'owner_seen_at')
    op.drop_column('record', 'owner_seen')
