"""Where jobs came from, what people want to find again, and how large a file may be."""

import sqlalchemy as sa
from alembic import op

revision = "5c1be0a47d92"
down_revision = "d91e909f3565"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("file_limit", sa.Integer))

    op.create_table(
        "derivations",
        sa.Column("job_id", sa.String(24), nullable=False),
        sa.Column("parent_id", sa.String(24), nullable=False),
        sa.Column("parent_index", sa.Integer),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("init_hash", sa.String(64)),
        sa.Column("sole_key", sa.String(64)),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_derivations_job_id_jobs")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["jobs.id"], name=op.f("fk_derivations_parent_id_jobs")
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_derivations")),
        sa.UniqueConstraint("sole_key", name=op.f("uq_derivations_sole_key")),
    )
    op.create_index(op.f("ix_derivations_parent_id"), "derivations", ["parent_id"])

    op.create_table(
        "favourites",
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.String(24), nullable=False),
        sa.Column("index", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id", "index"],
            ["generated_images.job_id", "generated_images.index"],
            name=op.f("fk_favourites_job_id_index_generated_images"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_favourites_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "job_id", "index", name=op.f("pk_favourites")),
    )
    op.create_index(op.f("ix_favourites_job_id_index"), "favourites", ["job_id", "index"])


def downgrade() -> None:
    for table in ("favourites", "derivations"):
        op.drop_table(table)
    op.drop_column("jobs", "file_limit")
