"""How much the user of a training may keep, to be told where what it makes is more."""

import sqlalchemy as sa
from alembic import op

revision = "5e19d0c47ab2"
down_revision = "e7a95d13c840"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trainings", sa.Column("max_stored", sa.Double))


def downgrade() -> None:
    op.drop_column("trainings", "max_stored")
