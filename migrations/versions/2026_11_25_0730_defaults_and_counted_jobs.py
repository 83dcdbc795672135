"""Defaults of users and guilds; indices by which jobs are counted."""

import sqlalchemy as sa
from alembic import op

revision = "5b0c1e7fa942"
down_revision = "5c1be0a47d92"
branch_labels = None
depends_on = None

COUNTED_BY = (["user_id", "created_at"], ["created_at"])


def upgrade() -> None:
    for owner in ("user", "guild"):
        table, column = f"{owner}_defaults", f"{owner}_id"
        op.create_table(
            table,
            sa.Column(column, sa.BigInteger, nullable=False),
            sa.Column("options", sa.JSON, nullable=False),
            sa.ForeignKeyConstraint(
                [column], [f"{owner}s.id"], name=op.f(f"fk_{table}_{column}_{owner}s")
            ),
            sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}")),
        )
    for columns in COUNTED_BY:
        op.create_index(op.f(f"ix_jobs_{'_'.join(columns)}"), "jobs", columns)


def downgrade() -> None:
    for columns in COUNTED_BY:
        op.drop_index(op.f(f"ix_jobs_{'_'.join(columns)}"), "jobs")
    for owner in ("user", "guild"):
        op.drop_table(f"{owner}_defaults")
