"""The preview on which a training was confirmed, from which its thread hangs."""

import sqlalchemy as sa
from alembic import op

revision = "b90c4d2f71a6"
down_revision = "5e19d0c47ab2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trainings", sa.Column("preview_id", sa.BigInteger()))
    op.create_index(op.f("ix_trainings_preview_id"), "trainings", ["preview_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_trainings_preview_id"), "trainings")
    op.drop_column("trainings", "preview_id")
