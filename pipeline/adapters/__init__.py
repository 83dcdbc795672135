"""Learned things that attach to a model and come off again: their files, and what they do."""
