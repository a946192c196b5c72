"""Scheduling: series and their days, slots, quiet hours, pre-election windows, imported rows."""

import sqlalchemy as sa
from alembic import op

import vcp.kernel.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "election_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("area_path", sa.String(length=120), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_election_window_area_id_area")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_election_window")),
    )
    with op.batch_alter_table("election_window", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_election_window_area_path"), ["area_path"], unique=False
        )

    op.create_table(
        "quiet_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("area_path", sa.String(length=120), nullable=False),
        sa.Column("days", sa.String(length=20), nullable=False),
        sa.Column("begins", sa.String(length=5), nullable=False),
        sa.Column("ends", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_quiet_hours_area_id_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_hours")),
    )
    with op.batch_alter_table("quiet_hours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quiet_hours_area_path"), ["area_path"], unique=False)

    op.create_table(
        "slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("area_path", sa.String(length=120), nullable=False),
        sa.Column("persona_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("days", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_slot_area_id_area")),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_slot_persona_id_persona")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slot_area_path"), ["area_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_persona_id"), ["persona_id"], unique=False)

    op.create_table(
        "imported_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("imported_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["imported_by_id"],
            ["user_account.id"],
            name=op.f("fk_imported_row_imported_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_imported_row_post_id_post")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_row")),
    )
    with op.batch_alter_table("imported_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imported_row_post_id"), ["post_id"], unique=False)
        batch_op.create_index("uq_imported_row_sha256", ["sha256"], unique=True)

    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("persona_id", sa.Integer(), nullable=False),
        sa.Column("area_path", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("late_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_series_persona_id_persona")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["post.id"], name=op.f("fk_series_template_id_post")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("template_id", name=op.f("uq_series_template_id")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_area_path"), ["area_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_persona_id"), ["persona_id"], unique=False)

    op.create_table(
        "occurrence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("own_since", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("missed_because", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_occurrence_post_id_post")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_occurrence_series_id_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("post_id", name=op.f("uq_occurrence_post_id")),
        sa.UniqueConstraint("series_id", "day", name=op.f("uq_occurrence_series_id_day")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("in_series", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(batch_op.f("ix_post_wanted_at"), ["wanted_at"], unique=False)


def downgrade() -> None:
    """Take the tables back to the version before."""
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_wanted_at"))
        batch_op.drop_column("in_series")

    op.drop_table("occurrence")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_persona_id"))
        batch_op.drop_index(batch_op.f("ix_series_area_path"))

    op.drop_table("series")
    with op.batch_alter_table("imported_row", schema=None) as batch_op:
        batch_op.drop_index("uq_imported_row_sha256")
        batch_op.drop_index(batch_op.f("ix_imported_row_post_id"))

    op.drop_table("imported_row")
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slot_persona_id"))
        batch_op.drop_index(batch_op.f("ix_slot_area_path"))

    op.drop_table("slot")
    with op.batch_alter_table("quiet_hours", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quiet_hours_area_path"))

    op.drop_table("quiet_hours")
    with op.batch_alter_table("election_window", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_election_window_area_path"))

    op.drop_table("election_window")
