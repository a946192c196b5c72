"""The main job, back: arrivals, contacts, hand-overs, standard replies."""

import sqlalchemy as sa
from alembic import op

import vcp.kernel.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "hand_over_desk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("acknowledge_minutes", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_desk")),
        sa.UniqueConstraint("code", name=op.f("uq_hand_over_desk_code")),
    )
    op.create_table(
        "standard_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "approved",
                "retired",
                name="state_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_changed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("written_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["user_account.id"],
            name=op.f("fk_standard_reply_written_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_reply")),
    )
    with op.batch_alter_table("standard_reply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_standard_reply_category"), ["category"], unique=False)

    op.create_table(
        "arrival",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "message",
                "edit",
                "deletion",
                "question",
                "feedback",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("remote_id", sa.String(length=500), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("received_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("glance", sa.String(length=2), nullable=True),
        sa.Column("lease_until", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handled_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_arrival_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
        sa.UniqueConstraint(
            "channel_id",
            "remote_id",
            "kind",
            "fingerprint",
            name=op.f("uq_arrival_channel_id_remote_id_kind_fingerprint"),
        ),
    )
    with op.batch_alter_table("arrival", schema=None) as batch_op:
        batch_op.create_index("ix_arrival_waiting", ["handled_at", "id"], unique=False)

    op.create_table(
        "channel_reader",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("read_to", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_read_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("next_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_reader_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channel_reader")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "network",
                "question",
                "feedback",
                "surgery",
                "visit",
                "briefing",
                "event",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("handle", sa.String(length=300), nullable=True),
        sa.Column("display_name", sa.String(length=300), nullable=False),
        sa.Column("thread_key", sa.String(length=500), nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=True),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("persona_id", sa.Integer(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("area_path", sa.String(length=120), nullable=False),
        sa.Column(
            "lane",
            sa.Enum(
                "engagement",
                "operational",
                name="lane_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=2), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "waiting",
                "closed",
                name="state_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_changed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("first_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("waited_s", sa.Integer(), nullable=False),
        sa.Column("seen_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answered_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("missed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "disposition",
            sa.Enum(
                "replied",
                "signposted",
                "handed_over",
                "referred",
                "released",
                "returned",
                "refused",
                "not_credible",
                "duplicate",
                "no_action",
                name="how_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("logged_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "priority IN ('P1', 'P2', 'P3', 'P4')", name=op.f("ck_contact_priority_known")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_contact_area_id_area")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_contact_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["user_account.id"], name=op.f("fk_contact_closed_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["logged_by_id"], ["user_account.id"], name=op.f("fk_contact_logged_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_contact_persona_id_persona")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint(
            "channel_id",
            "handle",
            "thread_key",
            name=op.f("uq_contact_channel_id_handle_thread_key"),
        ),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_contact_token_sha256")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_area_path"), ["area_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_channel_id"), ["channel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_first_at"), ["first_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_persona_id"), ["persona_id"], unique=False)
        batch_op.create_index("ix_contact_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "standard_reply_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("standard_reply_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=False),
        sa.Column("approved_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["user_account.id"],
            name=op.f("fk_standard_reply_approval_approved_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["standard_reply_id"],
            ["standard_reply.id"],
            name=op.f("fk_standard_reply_approval_standard_reply_id_standard_reply"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_reply_approval")),
        sa.UniqueConstraint(
            "standard_reply_id",
            "approved_by_id",
            name=op.f("uq_standard_reply_approval_standard_reply_id_approved_by_id"),
        ),
    )
    op.create_table(
        "thread_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.String(length=500), nullable=False),
        sa.Column("thread_key", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_thread_part_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_part")),
        sa.UniqueConstraint(
            "channel_id", "remote_id", name=op.f("uq_thread_part_channel_id_remote_id")
        ),
    )
    op.create_table(
        "contact_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_note_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["user_account.id"],
            name=op.f("fk_contact_note_written_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_note")),
    )
    with op.batch_alter_table("contact_note", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_note_contact_id"), ["contact_id"], unique=False
        )

    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("arrival_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.String(length=500), nullable=False),
        sa.Column("author_id", sa.String(length=300), nullable=False),
        sa.Column("handle", sa.String(length=300), nullable=False),
        sa.Column("display_name", sa.String(length=300), nullable=False),
        sa.Column("profile_url", sa.String(length=500), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_warning", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("in_reply_to_id", sa.String(length=500), nullable=True),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("posted_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=2), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("look_again_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["arrival.id"], name=op.f("fk_message_arrival_id_arrival")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_message_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_message_contact_id_contact")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("arrival_id", name=op.f("uq_message_arrival_id")),
        sa.UniqueConstraint(
            "channel_id", "remote_id", name=op.f("uq_message_channel_id_remote_id")
        ),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(
            "ix_message_handle_posted_at", ["channel_id", "handle", "posted_at"], unique=False
        )
        batch_op.create_index(
            "ix_message_look_again_at", ["channel_id", "look_again_at"], unique=False
        )

    op.create_table(
        "message_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("arrival_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "edited",
                "deleted",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=2), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["arrival.id"], name=op.f("fk_message_change_arrival_id_arrival")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_change_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_change")),
        sa.UniqueConstraint("arrival_id", name=op.f("uq_message_change_arrival_id")),
    )
    with op.batch_alter_table("message_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_message_change_message_id"), ["message_id"], unique=False
        )

    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "sent",
                "acknowledged",
                "overdue",
                name="state_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_changed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=False),
        sa.Column("due_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=True),
        sa.Column("acknowledged_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_name", sa.String(length=120), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_hand_over_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["hand_over_desk.id"], name=op.f("fk_hand_over_desk_id_hand_over_desk")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["user_account.id"],
            name=op.f("fk_hand_over_recorded_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["user_account.id"], name=op.f("fk_hand_over_sent_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_hand_over_token_sha256")),
    )
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_over_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_hand_over_state_due_at", ["state", "due_at"], unique=False)

    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contact_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("seen_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("act_due_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("acted_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("asked_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("changed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("reminders", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("claimed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.alter_column("post_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.alter_column("revision_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_check_constraint(
            op.f("ck_moderation_case_about_a_contact_or_a_draft"),
            "(contact_id IS NULL) <> (post_id IS NULL)",
        )
        batch_op.create_check_constraint(
            op.f("ck_moderation_case_a_draft_has_words"),
            "(post_id IS NULL) = (revision_id IS NULL)",
        )
        batch_op.create_index(
            batch_op.f("ix_moderation_case_changed_at"), ["changed_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_moderation_case_contact_id"), ["contact_id"], unique=False
        )
        batch_op.create_index(
            "uq_moderation_case_open_contact",
            ["contact_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'disposed'"),
            postgresql_where=sa.text("state <> 'disposed'"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_moderation_case_contact_id_contact"), "contact", ["contact_id"], ["id"]
        )

    op.execute("UPDATE moderation_case SET changed_at = state_changed_at, reminders = 0")
    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        batch_op.alter_column(
            "changed_at", existing_type=vcp.kernel.db.UtcDateTime(timezone=True), nullable=False
        )
        batch_op.alter_column("reminders", existing_type=sa.Integer(), nullable=False)

    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answers_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("standard_reply_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_post_answers_id"), ["answers_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_post_answers_id_message"), "message", ["answers_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_post_standard_reply_id_standard_reply"),
            "standard_reply",
            ["standard_reply_id"],
            ["id"],
        )

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_urgent", sa.Boolean(), nullable=True))
        batch_op.add_column(
            sa.Column("next_try_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True)
        )
    op.execute(sa.text("UPDATE mail SET is_urgent = false"))
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.alter_column("is_urgent", existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    """Take the tables back to the version before."""
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_column("next_try_at")
        batch_op.drop_column("is_urgent")

    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_post_standard_reply_id_standard_reply"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("fk_post_answers_id_message"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_post_answers_id"))
        batch_op.drop_column("standard_reply_id")
        batch_op.drop_column("answers_id")

    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.drop_index("ix_hand_over_state_due_at")
        batch_op.drop_index(batch_op.f("ix_hand_over_case_id"))

    op.drop_table("hand_over")
    # What these cases are about is gone below.
    op.execute("DELETE FROM moderation_case WHERE post_id IS NULL")
    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        batch_op.drop_constraint(
            op.f("ck_moderation_case_about_a_contact_or_a_draft"), type_="check"
        )
        batch_op.drop_constraint(op.f("ck_moderation_case_a_draft_has_words"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("fk_moderation_case_contact_id_contact"), type_="foreignkey"
        )
        batch_op.drop_index(
            "uq_moderation_case_open_contact",
            sqlite_where=sa.text("state <> 'disposed'"),
            postgresql_where=sa.text("state <> 'disposed'"),
        )
        batch_op.drop_index(batch_op.f("ix_moderation_case_contact_id"))
        batch_op.drop_index(batch_op.f("ix_moderation_case_changed_at"))
        batch_op.alter_column("revision_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.alter_column("post_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("claimed_at")
        batch_op.drop_column("reminders")
        batch_op.drop_column("changed_at")
        batch_op.drop_column("asked_at")
        batch_op.drop_column("acted_at")
        batch_op.drop_column("act_due_at")
        batch_op.drop_column("seen_at")
        batch_op.drop_column("contact_id")

    with op.batch_alter_table("message_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_change_message_id"))

    op.drop_table("message_change")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_look_again_at")
        batch_op.drop_index("ix_message_handle_posted_at")
        batch_op.drop_index(batch_op.f("ix_message_contact_id"))

    op.drop_table("message")
    with op.batch_alter_table("contact_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_note_contact_id"))

    op.drop_table("contact_note")
    op.drop_table("thread_part")
    op.drop_table("standard_reply_approval")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_state_due_at")
        batch_op.drop_index(batch_op.f("ix_contact_persona_id"))
        batch_op.drop_index(batch_op.f("ix_contact_first_at"))
        batch_op.drop_index(batch_op.f("ix_contact_channel_id"))
        batch_op.drop_index(batch_op.f("ix_contact_area_path"))

    op.drop_table("contact")
    op.drop_table("channel_reader")
    with op.batch_alter_table("arrival", schema=None) as batch_op:
        batch_op.drop_index("ix_arrival_waiting")

    op.drop_table("arrival")
    with op.batch_alter_table("standard_reply", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_standard_reply_category"))

    op.drop_table("standard_reply")
    op.drop_table("hand_over_desk")
