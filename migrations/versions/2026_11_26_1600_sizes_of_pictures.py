"""How large pictures came out, which their settings do not always tell."""

import sqlalchemy as sa
from alembic import op

revision = "c2d80b6e51f7"
down_revision = "a41f7c90b3d6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for side in ("width", "height"):
        op.add_column("generated_images", sa.Column(side, sa.Integer))


def downgrade() -> None:
    for side in ("width", "height"):
        op.drop_column("generated_images", side)
