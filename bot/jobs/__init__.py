"""Jobs: what has been asked for, kept until it is answered. No Discord here."""
