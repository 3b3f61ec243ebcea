"""Tasks whose making was begun are found by themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_effect_open", "effect", ["connection", "sent_at"], unique=False, postgresql_where=sa.text("made_at IS NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_effect_open", table_name="effect", postgresql_where=sa.text("made_at IS NULL"))
