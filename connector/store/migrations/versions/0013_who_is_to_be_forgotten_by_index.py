"""Who is to be forgotten is found without a walk through every record"""

from alembic import op
import sqlalchemy as sa

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state = 'forgetting'")
    op.create_index('ix_record_forgetting', 'record', ['connection'], unique=False, postgresql_where=where)


def downgrade() -> None:
    op.drop_index('ix_record_forgetting', table_name='record')
