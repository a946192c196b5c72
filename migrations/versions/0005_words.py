"""Words of a post for each network: threads, other words for a network, polls, options."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None

ONE_A_PART = "uq_delivery_revision_id_channel_id_kind_part"
ONE_A_CHANNEL = "uq_delivery_revision_id_channel_id_kind"


def upgrade() -> None:
    """Bring the tables up to this version."""
    with op.batch_alter_table("revision") as batch_op:
        batch_op.add_column(sa.Column("further", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("revision_image") as batch_op:
        batch_op.add_column(sa.Column("part", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.add_column(sa.Column("part", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.drop_constraint(ONE_A_CHANNEL, type_="unique")
        batch_op.create_unique_constraint(ONE_A_PART, ["revision_id", "channel_id", "kind", "part"])
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.add_column(sa.Column("reply_to", sa.String(length=500), nullable=True))


def downgrade() -> None:
    """Take the tables back; only the first part of a thread is left."""
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.drop_column("reply_to")
    op.execute("DELETE FROM attempt WHERE delivery_id IN (SELECT id FROM delivery WHERE part > 1)")
    op.execute("DELETE FROM delivery WHERE part > 1")
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.drop_constraint(ONE_A_PART, type_="unique")
        batch_op.create_unique_constraint(ONE_A_CHANNEL, ["revision_id", "channel_id", "kind"])
        batch_op.drop_column("part")
    with op.batch_alter_table("revision_image") as batch_op:
        batch_op.drop_column("part")
    with op.batch_alter_table("revision") as batch_op:
        batch_op.drop_column("further")
