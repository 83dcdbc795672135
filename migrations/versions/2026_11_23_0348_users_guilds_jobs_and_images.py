"""Users, guilds, jobs and generated images."""

import sqlalchemy as sa
from alembic import op

revision = "d91e909f3565"
down_revision = None
branch_labels = None
depends_on = None

STATES = ("accepted", "running", "made", "delivered", "cancelled", "failed")


def upgrade() -> None:
    for table in ("users", "guilds"):
        op.create_table(
            table,
            sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
            sa.Column("name", sa.String(100), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )

    op.create_table(
        "jobs",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="jobstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("sentence", sa.Text),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("placeholder_id", sa.BigInteger, nullable=False),
        sa.Column("interaction_token", sa.Text),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_jobs_user_id_users")),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name=op.f("fk_jobs_guild_id_guilds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_user_id_state"), "jobs", ["user_id", "state"])
    op.create_index(op.f("ix_jobs_answered_at_created_at"), "jobs", ["answered_at", "created_at"])

    op.create_table(
        "generated_images",
        sa.Column("job_id", sa.String(24), nullable=False),
        sa.Column("index", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("infotext", sa.Text, nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_generated_images_job_id_jobs")
        ),
        sa.PrimaryKeyConstraint("job_id", "index", name=op.f("pk_generated_images")),
    )
    for column in ("file_hash", "message_id"):
        op.create_index(op.f(f"ix_generated_images_{column}"), "generated_images", [column])


def downgrade() -> None:
    for table in ("generated_images", "jobs", "guilds", "users"):
        op.drop_table(table)
