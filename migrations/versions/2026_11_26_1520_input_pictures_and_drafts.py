"""The pictures that jobs begin from, wherever they come from; wishes that wait for a last word."""

import sqlalchemy as sa
from alembic import op

revision = "a41f7c90b3d6"
down_revision = "5b0c1e7fa942"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("init_hash", sa.String(64)))
    op.add_column("jobs", sa.Column("mask_hash", sa.String(64)))
    # Until now only jobs that came from others had one.
    op.execute(
        "UPDATE jobs SET init_hash = "
        "(SELECT init_hash FROM derivations WHERE derivations.job_id = jobs.id)"
    )
    op.drop_column("derivations", "init_hash")

    op.create_table(
        "drafts",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_created_at"), "drafts", ["created_at"])


def downgrade() -> None:
    op.drop_table("drafts")
    op.add_column("derivations", sa.Column("init_hash", sa.String(64)))
    op.execute(
        "UPDATE derivations SET init_hash = "
        "(SELECT init_hash FROM jobs WHERE jobs.id = derivations.job_id)"
    )
    op.drop_column("jobs", "mask_hash")
    op.drop_column("jobs", "init_hash")
