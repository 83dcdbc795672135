"""Answers: progress, pictures, sentences and buttons, in whatever place still takes them."""
