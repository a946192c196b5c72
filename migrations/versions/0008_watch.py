"""Our accounts, watched: what is there, alarms, and what is said in public about them."""

import sqlalchemy as sa
from alembic import op

import vcp.kernel.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "account_watch",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("baseline_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("baseline_floor", sa.String(length=500), nullable=True),
        sa.Column("read_to", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_read_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("thorough_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("next_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("profile", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_account_watch_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_account_watch")),
    )
    op.create_table(
        "disavowal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("is_whole_account", sa.Boolean(), nullable=False),
        sa.Column("happened_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("approved_sha256", sa.String(length=64), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=False),
        sa.Column("published_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_disavowal_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"],
            ["user_account.id"],
            name=op.f("fk_disavowal_published_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"],
            ["user_account.id"],
            name=op.f("fk_disavowal_withdrawn_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disavowal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_disavowal_public_id")),
    )
    with op.batch_alter_table("disavowal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disavowal_channel_id"), ["channel_id"], unique=False)

    op.create_table(
        "account_alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "posted",
                "boosted",
                "edited",
                "deleted",
                "renamed",
                "profile",
                "stray",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("remote_id", sa.String(length=500), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("seen_text", sa.Text(), nullable=False),
        sa.Column("last_text", sa.Text(), nullable=True),
        sa.Column("happened_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("raised_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("told_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "ours",
                "explained",
                "disavowed",
                name="state_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_changed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_by_id", sa.Integer(), nullable=True),
        sa.Column("acknowledged_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("disavowal_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"],
            ["user_account.id"],
            name=op.f("fk_account_alarm_acknowledged_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_account_alarm_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"],
            ["user_account.id"],
            name=op.f("fk_account_alarm_closed_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_account_alarm_delivery_id_delivery")
        ),
        sa.ForeignKeyConstraint(
            ["disavowal_id"], ["disavowal.id"], name=op.f("fk_account_alarm_disavowal_id_disavowal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_alarm")),
    )
    with op.batch_alter_table("account_alarm", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_alarm_channel_id"), ["channel_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_account_alarm_disavowal_id"), ["disavowal_id"], unique=False
        )
        batch_op.create_index(
            "ix_account_alarm_state_raised_at", ["state", "raised_at"], unique=False
        )
        batch_op.create_index(
            "uq_account_alarm_open",
            ["channel_id", "kind", "remote_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "watched_post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.String(length=500), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("edit_mark", sa.String(length=500), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("seen_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("asked_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("missing_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_watched_post_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_watched_post_delivery_id_delivery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_post")),
        sa.UniqueConstraint(
            "channel_id", "remote_id", name=op.f("uq_watched_post_channel_id_remote_id")
        ),
    )
    with op.batch_alter_table("watched_post", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_watched_post_delivery_id"), ["delivery_id"], unique=False
        )


def downgrade() -> None:
    """Take them back to the version before."""
    with op.batch_alter_table("watched_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watched_post_delivery_id"))

    op.drop_table("watched_post")
    with op.batch_alter_table("account_alarm", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_account_alarm_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index("ix_account_alarm_state_raised_at")
        batch_op.drop_index(batch_op.f("ix_account_alarm_disavowal_id"))
        batch_op.drop_index(batch_op.f("ix_account_alarm_channel_id"))

    op.drop_table("account_alarm")
    with op.batch_alter_table("disavowal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_disavowal_channel_id"))

    op.drop_table("disavowal")
    op.drop_table("account_watch")
