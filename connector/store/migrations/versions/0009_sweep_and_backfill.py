"""What is read without being told: sweeps, backfills, indexed records, first touches"""

from alembic import op
import sqlalchemy as sa

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _now(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def _said(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def _counted(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), server_default='0', nullable=False)


def _of_connection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(['connection'], ['connection.name'], name=op.f(f'fk_{table}_connection'), ondelete='CASCADE')


def upgrade() -> None:
    op.add_column('due', _moment('found_at'))
    op.create_index(
        'ix_record_now', 'record', ['connection', 'now_id'], unique=False, postgresql_where=sa.text('now_id IS NOT NULL')
    )
    op.create_table('sweep',
    _text('connection'),
    _moment('not_before', nullable=False),
    _moment('ended_at'),
    _said('problem'),
    _of_connection('sweep'),
    sa.PrimaryKeyConstraint('connection', name=op.f('pk_sweep'))
    )
    op.create_table('sweep_stream',
    _text('connection'),
    _text('stream'),
    _moment('seen_to', nullable=False),
    _said('after'),
    _counted('seen'),
    _counted('fresh'),
    _said('refused'),
    _moment('began_at'),
    _moment('ended_at'),
    _of_connection('sweep_stream'),
    sa.PrimaryKeyConstraint('connection', 'stream', name=op.f('pk_sweep_stream'))
    )
    op.create_table('backfill',
    _text('connection'),
    _moment('since'),
    sa.Column('total', sa.BigInteger(), nullable=False),
    _counted('read'),
    _counted('indexed'),
    _counted('arrived'),
    _said('after'),
    _counted('calls'),
    _now('began_at'),
    _moment('ended_at'),
    _of_connection('backfill'),
    sa.PrimaryKeyConstraint('connection', name=op.f('pk_backfill'))
    )
    op.create_table('indexed_record',
    _text('connection'),
    _text('object'),
    _text('record_id'),
    _text('why'),
    _moment('created_at', nullable=False),
    _said('created_by'),
    _said('raised'),
    sa.Column('fit', sa.Integer(), nullable=True),
    sa.Column('engagement', sa.Integer(), nullable=True),
    _text('grade'),
    _text('confidence'),
    sa.Column('rank', sa.Integer(), nullable=False),
    _now('indexed_at'),
    sa.PrimaryKeyConstraint('connection', 'object', 'record_id', name=op.f('pk_indexed_record'))
    )
    op.create_index('ix_indexed_record_why', 'indexed_record', ['connection', 'why'], unique=False)
    op.create_table('birth',
    _text('connection'),
    _text('object'),
    _text('record_id'),
    _text('created_by'),
    _moment('created_at', nullable=False),
    sa.PrimaryKeyConstraint('connection', 'object', 'record_id', name=op.f('pk_birth'))
    )
    op.create_index('ix_birth_maker', 'birth', ['connection', 'created_by', 'created_at'], unique=False)
    op.create_table('touch',
    _text('connection'),
    _text('object'),
    _text('record_id'),
    _text('stream'),
    _text('activity_id'),
    _text('kind'),
    _text('by_owner'),
    _moment('at', nullable=False),
    sa.PrimaryKeyConstraint('connection', 'object', 'record_id', 'stream', 'activity_id', name=op.f('pk_touch'))
    )
    op.create_index('ix_touch_at', 'touch', ['connection', 'object', 'record_id', 'at'], unique=False)


def downgrade() -> None:
    for table in ('touch', 'birth', 'indexed_record', 'backfill', 'sweep_stream', 'sweep'):
        op.drop_table(table)
    op.drop_index('ix_record_now', table_name='record')
    op.drop_column('due', 'found_at')
