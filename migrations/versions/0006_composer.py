"""The composer: saved templates."""

import sqlalchemy as sa
from alembic import op

import vcp.kernel.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to this version."""
    op.create_table(
        "post_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("area_path", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_warning", sa.String(length=300), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retired_at", vcp.kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_post_template_area_id_area")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["user_account.id"],
            name=op.f("fk_post_template_written_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_template")),
    )
    with op.batch_alter_table("post_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_template_area_path"), ["area_path"], unique=False)


def downgrade() -> None:
    """Take the tables back to the version before."""
    op.drop_table("post_template")
