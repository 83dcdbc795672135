"""A prompt's tokens in chunks of 75, as the reference web UI cuts them (spec: webui §1.7)."""

CHUNK_TOKENS = 75  # a text tower has 77 positions; start and end take two
COMMA_BACKTRACK = 20  # tokens


def split_chunks(token_ids: list[int], comma: int | None) -> list[list[int]]:
    """Cut token ids into chunks of at most 75, at least one.

    A chunk that fills up shortly after a comma ends at that comma, so that a phrase is not torn.
    """
    chunks: list[list[int]] = [[]]
    for token in token_ids:
        chunk = chunks[-1]
        if len(chunk) == CHUNK_TOKENS:
            tail = [] if token == comma else after_comma(chunk, comma)
            del chunk[len(chunk) - len(tail) :]
            chunks.append(tail)
        chunks[-1].append(token)
    return chunks


def after_comma(chunk: list[int], comma: int | None) -> list[int]:
    """What follows the last comma of a full chunk, if that comma is near its end."""
    for num_after in range(COMMA_BACKTRACK):
        if chunk[-1 - num_after] == comma:
            return chunk[len(chunk) - num_after :]
    return []
