"""Finished pictures: their files, and the settings written into them."""
