"""Control: pauses, what became due while one stood, budgets of personas."""

import sqlalchemy as sa
from alembic import op

import vcp.kernel.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "everything",
                "area",
                "persona",
                "network",
                "channel",
                name="scope_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "stops",
            sa.Enum(
                "all",
                "posts",
                "answers",
                name="stops_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("area_path", sa.String(length=120), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("persona_id", sa.Integer(), nullable=True),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("network", sa.String(length=16), nullable=True),
        sa.Column("is_breaker", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.Column("set_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "in_force",
                "lift_proposed",
                "lifted",
                name="state_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("state_changed_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("lifted_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_pause_area_id_area")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_pause_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["user_account.id"], name=op.f("fk_pause_lifted_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_pause_persona_id_persona")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"],
            ["user_account.id"],
            name=op.f("fk_pause_proposed_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["user_account.id"], name=op.f("fk_pause_set_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index(
        "ix_pause_in_force",
        "pause",
        ["scope"],
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_index(op.f("ix_pause_lifted_at"), "pause", ["lifted_at"])
    op.create_table(
        "held_back",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("pause_id", sa.Integer(), nullable=False),
        sa.Column("held_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "let_go",
                "new_time",
                "cancelled",
                name="decision_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_held_back_delivery_id_delivery")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["user_account.id"], name=op.f("fk_held_back_ended_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["pause_id"], ["pause.id"], name=op.f("fk_held_back_pause_id_pause")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_back")),
    )
    op.create_index(
        "uq_held_back_open",
        "held_back",
        ["delivery_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "persona_budget",
        sa.Column("persona_id", sa.Integer(), nullable=False),
        sa.Column("posts_per_hour", sa.Integer(), nullable=True),
        sa.Column("posts_per_day", sa.Integer(), nullable=True),
        sa.Column("set_by_id", sa.Integer(), nullable=False),
        sa.Column("set_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_persona_budget_persona_id_persona")
        ),
        sa.ForeignKeyConstraint(
            ["set_by_id"],
            ["user_account.id"],
            name=op.f("fk_persona_budget_set_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("persona_id", name=op.f("pk_persona_budget")),
    )


def downgrade() -> None:
    """Take the tables back to the version before."""
    op.drop_table("persona_budget")
    op.drop_table("held_back")
    op.drop_table("pause")
