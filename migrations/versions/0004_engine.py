"""The delivery engine: channels at rest, budgets, lags, resends, and gaps in the ledger."""

import sqlalchemy as sa
from alembic import op

import vcp.kernel.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = vcp.kernel.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "channel_condition",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", MOMENT, nullable=True),
        sa.Column("rests_since", MOMENT, nullable=True),
        sa.Column("sign_in_ends_at", MOMENT, nullable=True),
        sa.Column("warned_days", sa.Integer(), nullable=True),
        sa.Column("budget", sa.BigInteger(), nullable=True),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("spent_month", sa.String(length=7), nullable=False),
        sa.Column("budget_warned", sa.String(length=7), nullable=False),
        sa.Column("broke_until", MOMENT, nullable=True),
        sa.Column("lag_ms", sa.Integer(), nullable=True),
        sa.Column("lag_samples", sa.Integer(), nullable=False),
        sa.Column("lag_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_condition_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channel_condition")),
    )
    op.create_table(
        "channel_spending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_spending_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_spending")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_channel_spending_attempt_id")),
    )
    with op.batch_alter_table("channel_spending", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_channel_spending_channel_id"), ["channel_id"], unique=False
        )
    op.create_table(
        "ledger_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("missing_attempt", sa.String(length=36), nullable=True),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_gap")),
        sa.UniqueConstraint("missing_attempt", name=op.f("uq_ledger_gap_missing_attempt")),
    )
    op.create_table(
        "gap_check",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("gap_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("result", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_gap_check_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_gap_check_delivery_id_delivery")
        ),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["ledger_gap.id"], name=op.f("fk_gap_check_gap_id_ledger_gap")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_gap_check")),
    )
    with op.batch_alter_table("gap_check", schema=None) as batch_op:
        batch_op.create_index(
            "ix_gap_check_open",
            ["channel_id"],
            unique=False,
            sqlite_where=sa.text("checked_at IS NULL"),
            postgresql_where=sa.text("checked_at IS NULL"),
        )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("resent_at", MOMENT, nullable=True))
    _settle_policies("read", "person", "one_retry", length=16)


def downgrade() -> None:
    """Take the tables back to the version before."""
    op.execute("UPDATE channel SET settle_policy = 'person' WHERE settle_policy = 'one_retry'")
    _settle_policies("read", "person", length=8)
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_column("resent_at")
    with op.batch_alter_table("gap_check", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_gap_check_open",
            sqlite_where=sa.text("checked_at IS NULL"),
            postgresql_where=sa.text("checked_at IS NULL"),
        )
    op.drop_table("gap_check")
    op.drop_table("ledger_gap")
    with op.batch_alter_table("channel_spending", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_spending_channel_id"))
    op.drop_table("channel_spending")
    op.drop_table("channel_condition")


def _settle_policies(*known: str, length: int) -> None:
    listed = ", ".join(f"'{name}'" for name in known)
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_channel_settle_policy_known"), type_="check")
        batch_op.alter_column(
            "settle_policy", existing_type=sa.String(), type_=sa.String(length), nullable=False
        )
        batch_op.create_check_constraint(
            op.f("ck_channel_settle_policy_known"), f"settle_policy IN ({listed})"
        )
