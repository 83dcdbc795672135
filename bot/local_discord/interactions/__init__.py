"""Interactions: what people do to the bot, how it may answer, and until when."""
