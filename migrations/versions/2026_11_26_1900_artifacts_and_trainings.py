"""What was learned, who may use it, and the trainings that it comes from."""

import sqlalchemy as sa
from alembic import op

revision = "e7a95d13c840"
down_revision = "c2d80b6e51f7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artifacts",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("name_key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("suffix", sa.String(16), nullable=False),
        sa.Column("num_bytes", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.String(16)),
        sa.Column("width", sa.Integer()),
        sa.Column("base", sa.String(100)),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("preview_hash", sa.String(64)),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("share_code", sa.String(16)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_artifacts_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifacts")),
        sa.UniqueConstraint("owner_id", "name_key", name=op.f("uq_artifacts_owner_id_name_key")),
        sa.UniqueConstraint("share_code", name=op.f("uq_artifacts_share_code")),
    )
    op.create_index(op.f("ix_artifacts_file_hash"), "artifacts", ["file_hash"])
    op.create_index(op.f("ix_artifacts_name_key"), "artifacts", ["name_key"])
    op.create_table(
        "trainings",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("sentence", sa.Text()),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger()),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("file_limit", sa.Integer()),
        sa.Column("num_done", sa.Integer(), nullable=False),
        sa.Column("artifact_id", sa.String(24)),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("told_verdict", sa.String(16)),
        sa.Column("pictured", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_trainings_guild_id_guilds")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_trainings_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
    )
    op.create_index(
        op.f("ix_trainings_answered_at_created_at"), "trainings", ["answered_at", "created_at"]
    )
    op.create_index(op.f("ix_trainings_thread_id"), "trainings", ["thread_id"])
    op.create_index(op.f("ix_trainings_user_id_state"), "trainings", ["user_id", "state"])
    op.create_table(
        "artifact_grants",
        sa.Column("artifact_id", sa.String(24), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact_id"], ["artifacts.id"], name=op.f("fk_artifact_grants_artifact_id_artifacts")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_artifact_grants_user_id_users")
        ),
        sa.PrimaryKeyConstraint("artifact_id", "user_id", name=op.f("pk_artifact_grants")),
    )
    op.create_index(op.f("ix_artifact_grants_user_id"), "artifact_grants", ["user_id"])
    op.create_table(
        "artifact_guilds",
        sa.Column("artifact_id", sa.String(24), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["artifact_id"], ["artifacts.id"], name=op.f("fk_artifact_guilds_artifact_id_artifacts")
        ),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_artifact_guilds_guild_id_guilds")
        ),
        sa.PrimaryKeyConstraint("artifact_id", "guild_id", name=op.f("pk_artifact_guilds")),
    )
    op.create_index(op.f("ix_artifact_guilds_guild_id"), "artifact_guilds", ["guild_id"])
    op.create_table(
        "artifact_uses",
        sa.Column("job_id", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("called_key", sa.String(200), nullable=False),
        sa.Column("artifact_id", sa.String(24), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_artifact_uses_job_id_jobs")),
        sa.PrimaryKeyConstraint("job_id", "kind", "called_key", name=op.f("pk_artifact_uses")),
    )
    op.create_index(op.f("ix_artifact_uses_artifact_id"), "artifact_uses", ["artifact_id"])
    op.create_index(op.f("ix_artifact_uses_called_key"), "artifact_uses", ["called_key"])
    op.create_index(op.f("ix_artifact_uses_file_hash"), "artifact_uses", ["file_hash"])
    op.create_table(
        "training_pictures",
        sa.Column("training_id", sa.String(24), nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["trainings.id"],
            name=op.f("fk_training_pictures_training_id_trainings"),
        ),
        sa.PrimaryKeyConstraint("training_id", "index", name=op.f("pk_training_pictures")),
    )
    op.create_table(
        "training_snapshots",
        sa.Column("training_id", sa.String(24), nullable=False),
        sa.Column("num_steps", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(16)),
        sa.Column("is_best", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["trainings.id"],
            name=op.f("fk_training_snapshots_training_id_trainings"),
        ),
        sa.PrimaryKeyConstraint("training_id", "num_steps", name=op.f("pk_training_snapshots")),
    )


def downgrade() -> None:
    for table in (
        *("training_snapshots", "training_pictures", "artifact_uses"),
        *("artifact_guilds", "artifact_grants", "trainings", "artifacts"),
    ):
        op.drop_table(table)
