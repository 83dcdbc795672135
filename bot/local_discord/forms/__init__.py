"""What a bot may send, as pydantic models; a breach becomes Discord's 50035 with its error tree."""
