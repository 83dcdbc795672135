"""Whether a training is told of in direct messages, which no id of a channel says."""

import sqlalchemy as sa
from alembic import op

revision = "3fa6c81d90e2"
down_revision = "b90c4d2f71a6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "trainings",
        sa.Column("is_direct", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("trainings", "is_direct")
