"""What each family's parts are made of: the settings of a folder in diffusers' layout, no weights.

A single file holds weights alone; these say which modules they belong to.
"""

from pathlib import Path

CONFIGS = Path(__file__).parent
