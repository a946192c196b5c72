"""The next delivery of a channel is found by an index, however many wait there."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_index(
        "ix_delivery_channel_turn", "delivery", ["channel_id", "state", "due_at", "created_at"]
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index("ix_delivery_channel_turn", table_name="delivery")
