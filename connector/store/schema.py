"""Every table, one family after the other. PostgreSQL is the truth; what is here survives any process.

Moments are `timestamptz` by PostgreSQL's own clock unless a column says otherwise. `connection` is the name an admin gave
to one Salesforce org or HubSpot portal.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _now(name: str, **kw: object) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp(), **kw)  # type: ignore[arg-type]


def _moment(name: str, **kw: object) -> Column[object]:
    return Column(name, DateTime(timezone=True), **kw)  # type: ignore[arg-type]


# --- connections -----------------------------------------------------------------------------------------------------

connection = Table(
    "connection",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("account", Text, nullable=False),  # portal id or org id
    Column("app_id", Text, nullable=False, server_default=""),
    Column("base_url", Text, nullable=False),
    Column("api", Text, nullable=False),
    Column("mapping", JSONB, nullable=False),
    Column("modes", JSONB, nullable=False, server_default=text("'{}'")),  # source, or "" for all -> mode
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("sealed", LargeBinary, nullable=False),  # inbound secrets and credentials
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("environment", Text, nullable=False, server_default=""),  # production or sandbox, as declared and found
    Column("title", Text, nullable=False, server_default=""),  # the org's own name
    _now("created_at"),
)

refusal = Table(
    "refusal",  # the vendor refuses the grant: the connection needs to be connected again
    metadata,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("because", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    _now("since"),
    _now("asked_at"),  # when the vendor was asked last
)
mapping_version = Table(
    "mapping_version",  # every field mapping that was ever in force, whole and immutable; the newest row is the one in force
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), nullable=False),
    Column("version", Text, nullable=False),  # 16 hexadecimal digits of the document's hash
    Column("document", JSONB, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("before", BigInteger),  # the row that `undo` goes back to
    _now("at"),
)
Index("ix_mapping_version_connection", mapping_version.c.connection, mapping_version.c.id)

nobody_version = Table(
    "nobody_version",  # every list of owners who count as nobody, whole and immutable; the newest row is the one in force
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), nullable=False),
    Column("owners", ARRAY(Text), nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),  # of owners that were proposed: leads, since when, made by whom
    Column("before", BigInteger),  # the row that `undo` goes back to
    _now("at"),
)
Index("ix_nobody_version_connection", nobody_version.c.connection, nobody_version.c.id)

token = Table(
    "token",
    metadata,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("generation", Integer, nullable=False, server_default="0"),
    _moment("expires_at"),
    _now("granted_at"),
)

budget = Table(
    "budget",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("used", Integer, nullable=False, server_default="0"),
    Column("ceiling", Integer, nullable=False),
    Column("others", Integer, nullable=False, server_default="0"),  # what the vendor counted beyond ours, as it said last
    Column("vendor_used", Integer),
    Column("vendor_limit", Integer),
    _moment("vendor_at"),
    _moment("looked_at"),  # when a call was let through, though all was spent, for the vendor's figure
)

budget_slot = Table(
    "budget_slot",  # ten minutes of one connection: how fast calls go
    metadata,
    Column("connection", Text, primary_key=True),
    _moment("slot", primary_key=True),
    Column("ours", Integer, nullable=False, server_default="0"),
    Column("hot", Integer, nullable=False, server_default="0"),  # of ours, for hot leads
    Column("vendor_used", Integer),  # what the vendor counted for everybody, as it said last in this time
)

throttle = Table(
    "throttle",  # the vendor refused a call: no process makes another one before its moment
    metadata,
    Column("connection", Text, primary_key=True),
    Column("policy", Text, primary_key=True),  # burst, search, daily
    Column("code", Text, nullable=False, server_default=""),
    _now("since"),
    _moment("until", nullable=False),
    _moment("trying"),  # one call is out to see whether it goes again
)

# --- intake ----------------------------------------------------------------------------------------------------------

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("connection", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),  # of signature and body: the same request again is the same delivery
    Column("body", LargeBinary, nullable=False),
    _now("received_at"),
    _moment("opened_at"),
    UniqueConstraint("connection", "fingerprint"),
)
Index("ix_delivery_unopened", delivery.c.connection, delivery.c.id, postgresql_where=delivery.c.opened_at.is_(None))
Index("ix_delivery_received_at", delivery.c.received_at)

event = Table(
    "event",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("identity", LargeBinary, primary_key=True),  # 16 bytes of the vendor's own identity
    Column("delivery_id", BigInteger, nullable=False),
    Column("object", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _moment("occurred_at", nullable=False),
    _now("opened_at"),
)
Index("ix_event_record", event.c.connection, event.c.record_id)
Index("ix_event_opened_at", event.c.opened_at)

due = Table(
    "due",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False, server_default="1"),  # grows with every event; done only at the version claimed
    _moment("source_at", nullable=False),  # the first event since the last decision
    _moment("not_before", nullable=False, server_default=func.clock_timestamp()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease", UUID(as_uuid=False)),
    _now("created_at"),
    Column("waits_for", Text, nullable=False, server_default=""),  # why `not_before` is later: budget, limit; empty otherwise
    _moment("waits_since"),
    _moment("waits_until"),  # when it is expected to go; it is looked at again before
    Column("trace", Text, nullable=False, server_default=""),  # of the delivery that made it due
    _moment("found_at"),  # when we heard of it; null: when it happened, by webhook
    Column(
        "hot", Boolean, nullable=False, server_default=text("true")
    ),  # decided as hot, or not yet, when it became due: it is first
)
Index("ix_due_waiting", due.c.connection, due.c.hot, due.c.not_before)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("connection", Text, nullable=False),
    Column("what", Text, nullable=False),  # delivery, item, record, write
    Column("reference", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary),
    _now("created_at"),
    _moment("settled_at"),
    Column("settled_how", Text),
    Column("fields", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # of a write: outputs that the CRM refused
)
Index("ix_dead_letter_open", dead_letter.c.connection, dead_letter.c.id, postgresql_where=dead_letter.c.settled_at.is_(None))

# --- who is who ------------------------------------------------------------------------------------------------------

person = Table(
    "person",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("packet_id", UUID(as_uuid=False)),  # the decision in force
    Column("packet_hash", LargeBinary),
    Column("packet_connection", Text),
    Column("rep", Text),  # who was chosen, by e-mail
    Column("route", Text),
    Column("raised", Text, nullable=False, server_default=""),  # digest of what they asked for when they were last decided
    _moment("clock_from"),  # since when the clock of the route in force runs
    _moment("decided_at"),
    _now("created_at"),
)

identity_key = Table(
    "identity_key",
    metadata,
    Column("kind", Text, primary_key=True),  # email, phone, cross_id
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", UUID(as_uuid=False), ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
)
Index("ix_identity_key_person", identity_key.c.person_id)

record = Table(
    "record",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("person_id", UUID(as_uuid=False), ForeignKey("person.id")),
    Column("input_hash", LargeBinary),
    Column("packet_id", UUID(as_uuid=False)),
    Column("packet_hash", LargeBinary),
    Column("desired", JSONB, nullable=False, server_default=text("'{}'")),  # outputs as decided last
    Column("written", JSONB, nullable=False, server_default=text("'{}'")),  # outputs in our last receipt
    Column("written_owner", Text),  # CRM owner id in our last receipt
    Column("source", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False, server_default="live"),  # live, gone, forgotten
    Column("now_id", Text),  # where a merged record went on
    _moment("decided_at"),
    _moment("written_at"),
    Column("owner_seen", Text),  # who owned it when last read, where that is another than we set
    _moment("owner_seen_at"),
    Column("hot", Boolean, nullable=False, server_default=text("false")),  # as decided last: it goes on the reserve
)
Index("ix_record_person", record.c.person_id)
Index("ix_record_forgetting", record.c.connection, postgresql_where=record.c.state == "forgetting")
Index("ix_record_now", record.c.connection, record.c.now_id, postgresql_where=record.c.now_id.is_not(None))

record_key = Table(
    "record_key",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

# --- who may own -----------------------------------------------------------------------------------------------------

rep = Table(
    "rep",
    metadata,
    Column("email", Text, primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
)

seat = Table(
    "seat",  # one rep in one CRM
    metadata,
    Column("connection", Text, primary_key=True),
    Column("owner_id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),  # person, queue
    Column("active", Boolean, nullable=False),
)
Index("ix_seat_email", seat.c.email)

pool = Table(
    "pool",
    metadata,
    Column("name", Text, primary_key=True),
    Column("span", Integer, nullable=False, server_default="1"),
    Column("members", JSONB, nullable=False),  # e-mail -> weight, of the present span
    _now("since"),
)

turn = Table(
    "turn",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("pool", Text, ForeignKey("pool.name"), nullable=False),
    Column("span", Integer, nullable=False),
    Column("rep", Text, nullable=False),
    Column("person_id", UUID(as_uuid=False), nullable=False),
    Column("packet_id", UUID(as_uuid=False), nullable=False),
    _now("taken_at"),
    _moment("returned_at"),
)
Index("ix_turn_standing", turn.c.pool, turn.c.span, turn.c.rep, postgresql_where=turn.c.returned_at.is_(None))

# --- policy and profile ----------------------------------------------------------------------------------------------

article = Table(
    "article",  # a policy or a profile, whole and immutable
    metadata,
    Column("kind", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("text", Text, nullable=False),
    _now("created_at"),
    _moment("activated_at"),
)

# --- what was decided ------------------------------------------------------------------------------------------------

chain_head = Table(
    "chain_head",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False, server_default=""),
    Column("record_id", Text, nullable=False, server_default=""),
    Column("packet_id", UUID(as_uuid=False)),
    Column("body", LargeBinary, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    _now("recorded_at"),
)
Index("ix_document_record", document.c.connection, document.c.record_id, document.c.seq)
Index("ix_document_packet", document.c.packet_id)
Index("ix_document_recorded_at", document.c.recorded_at)

# --- what is to be written -------------------------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("connection", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("packet_id", UUID(as_uuid=False), nullable=False),
    Column("packet_hash", LargeBinary, nullable=False),
    Column("outputs", JSONB, nullable=False),
    Column("owner_id", Text),  # wanted owner, or null to leave it alone
    Column("hand_over", Boolean, nullable=False, server_default=text("false")),  # let the org's own rule find the owner
    Column("task", JSONB),  # key, subject, body, owner_id, due_at
    Column("before", JSONB),  # outputs, owner_id, modified_at, read_at as hydrated
    Column("version", BigInteger, nullable=False, server_default="1"),  # a newer decision replaces the row in place
    Column("tried", JSONB, nullable=False, server_default=text("'[]'")),  # all that was sent: never taken for a person's
    Column("attempts", Integer, nullable=False, server_default="0"),
    _moment("not_before", nullable=False, server_default=func.clock_timestamp()),
    _moment("sent_at"),  # a call is or was under way whose answer we have not seen
    _moment("source_at", nullable=False),
    _now("created_at"),
    Column("hot", Boolean, nullable=False, server_default=text("false")),  # it goes before others, and on the reserve
    Column("waits_for", Text, nullable=False, server_default=""),  # why `not_before` is later: budget, limit; empty otherwise
    _moment("waits_since"),
    _moment("waits_until"),  # when it is expected to go; it is looked at again before
    Column("trace", Text, nullable=False, server_default=""),  # of the delivery that made it due
    UniqueConstraint("connection", "object", "record_id"),
)
Index("ix_outbox_waiting", outbox.c.connection, outbox.c.not_before)

effect = Table(
    "effect",  # tasks: what is made once, under a key of ours
    metadata,
    Column("key", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("vendor_id", Text),
    _moment("sent_at"),
    _moment("made_at"),
)
Index("ix_effect_record", effect.c.connection, effect.c.record_id)
Index("ix_effect_open", effect.c.connection, effect.c.sent_at, postgresql_where=effect.c.made_at.is_(None))

# --- housekeeping ----------------------------------------------------------------------------------------------------

breaker = Table(
    "breaker",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    _moment("open_until"),
)

act = Table(
    "act",  # administrative acts
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
    _now("at"),
)

audit = Table(
    "audit",  # what was found in a CRM on a day; a trigger refuses every change (migration 0004)
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("connection", Text, nullable=False),
    _moment("taken_at", nullable=False),
    _moment("since", nullable=False),
    _moment("until", nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the canonical figures
)
Index("ix_audit_connection", audit.c.connection, audit.c.id)

heartbeat = Table(
    "heartbeat",  # when each kind of process was last known to be alive
    metadata,
    Column("process", Text, primary_key=True),  # clock, worker
    _now("at"),
)

# --- what was installed ----------------------------------------------------------------------------------------------

installation = Table(
    "installation",  # one per connection: how far it got, and what it listed
    metadata,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("state", Text, nullable=False),  # applying, applied, removing, removed
    Column("fields", JSONB, nullable=False, server_default=text("'{}'")),  # output -> CRM field, as the plan listed them
    Column("listed", JSONB, nullable=False, server_default=text("'{}'")),  # object -> fields that may be written, in lower case
    _now("began_at"),
    _moment("ended_at"),
)

installation_step = Table(
    "installation_step",  # what was done, thing by thing
    metadata,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("action", Text, nullable=False),  # what was done last
    Column("made", Boolean, nullable=False, server_default=text("false")),  # by us, and not removed since
    _now("done_at"),
)

restored = Table(
    "restored",  # from a backup: what was done after `as_of` and before `at`, this store does not know
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _moment("as_of", nullable=False),
    _now("at"),
)
# --- what is read without being told ---------------------------------------------------------------------------------

sweep = Table(
    "sweep",  # one per connection: when the next one is due, and how the last one ended
    metadata,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    _moment("not_before", nullable=False),
    _moment("ended_at"),  # the last one that went through to its end
    Column("problem", Text, nullable=False, server_default=""),  # why the last one did not
)

sweep_stream = Table(
    "sweep_stream",  # how far each stream of changes was read: by the CRM's own stamps
    metadata,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("stream", Text, primary_key=True),
    _moment("seen_to", nullable=False),
    Column("after", Text, nullable=False, server_default=""),  # where the next page of the round under way begins
    Column("seen", BigInteger, nullable=False, server_default="0"),  # in this round
    Column("fresh", BigInteger, nullable=False, server_default="0"),  # of these, what no sweep had come upon before
    Column("refused", Text, nullable=False, server_default=""),  # why it may not be read
    _moment("began_at"),
    _moment("ended_at"),
)

backfill = Table(
    "backfill",  # one per connection: how far the reading of everything got
    metadata,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    _moment("since"),  # records created since then; null: all
    Column("total", BigInteger, nullable=False),  # as counted at the start
    Column("read", BigInteger, nullable=False, server_default="0"),
    Column("indexed", BigInteger, nullable=False, server_default="0"),
    Column("arrived", BigInteger, nullable=False, server_default="0"),  # new enough to be decided like any other
    Column("after", Text, nullable=False, server_default=""),
    Column("calls", BigInteger, nullable=False, server_default="0"),
    _now("began_at"),
    _moment("ended_at"),
)

indexed_record = Table(
    "indexed_record",  # scored and matched here, decided about by nobody: what was there before, came late, or came as a list
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("why", Text, nullable=False),  # old, late, list
    _moment("created_at", nullable=False),
    Column("created_by", Text, nullable=False, server_default=""),
    Column("raised", Text, nullable=False, server_default=""),  # digest of what they had asked for by then
    Column("fit", Integer),  # null: not measured
    Column("engagement", Integer),
    Column("grade", Text, nullable=False),
    Column("confidence", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    _now("indexed_at"),
)
Index("ix_indexed_record_why", indexed_record.c.connection, indexed_record.c.why)

birth = Table(
    "birth",  # records made by a person, by whom and when: many within minutes are a list
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("created_by", Text, nullable=False),
    _moment("created_at", nullable=False),
)
Index("ix_birth_maker", birth.c.connection, birth.c.created_by, birth.c.created_at)

touch = Table(
    "touch",  # what was done about a record, and when
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("activity_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # call, email, meeting, task, note
    Column("by_owner", Text, nullable=False),
    _moment("at", nullable=False),
)
Index("ix_touch_at", touch.c.connection, touch.c.object, touch.c.record_id, touch.c.at)

# --- who is like whom ------------------------------------------------------------------------------------------------

match_record = Table(
    "match_record",  # the match index: one row for each record that anybody may be a duplicate of
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("connection", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("person_id", UUID(as_uuid=False)),
    Column("packed", LargeBinary, nullable=False),  # what is compared of it, cleaned
    Column("keys", ARRAY(BigInteger), nullable=False),  # its rows in match_key
    Column("owner_id", Text),
    Column("customer", Boolean, nullable=False, server_default=text("false")),
    Column("open_opportunity", Boolean, nullable=False, server_default=text("false")),
    _moment("active_at"),  # the last thing that was done by or about them
    _moment("created_at"),  # in the CRM
    UniqueConstraint("connection", "object", "record_id"),
)

match_key = Table(
    "match_key",  # what brings records together: the index is the whole of it
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("match_id", BigInteger, primary_key=True),
)

match_weights = Table(
    "match_weights",  # every set of match weights that was ever in force, whole and immutable; the newest row is the one in force
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("version", Text, nullable=False),  # 16 hexadecimal digits of the document's hash
    Column("document", JSONB, nullable=False),
    Column("records", BigInteger, nullable=False),  # on how many they were estimated
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),  # estimated, corrected
    _now("at"),
)
