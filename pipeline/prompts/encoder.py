"""Text to what the UNet attends to, one text at a time.

One text at a time and one chunk at a time: another batch size would change the last bits, and a
picture must not depend on what others typed. What was encoded lately is kept.
"""

from collections import OrderedDict

import torch

from pipeline.models.attention import TextContext
from pipeline.models.model import Model
from pipeline.prompts.chunks import CHUNK_TOKENS, split_chunks

NUM_KEPT = 32  # texts; a text of Stable Diffusion 1 takes about 4 MB in half precision


class PromptEncoder:
    """Encodes texts for one model, and remembers the most recently used."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._kept: OrderedDict[str, TextContext] = OrderedDict()

    def encode(self, text: str) -> TextContext:
        """The context of a text: 77 positions for every 75 tokens begun."""
        if text not in self._kept:
            hidden = [self.model.encode_tokens(ids) for ids in self.tokenize(text)]
            self._kept[text] = self.model.context(torch.cat(hidden, dim=1))
            if len(self._kept) > NUM_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(text)
        return self._kept[text]

    def tokenize(self, text: str) -> list[torch.Tensor]:
        """Token ids of each chunk, (1, 77), with start, end and padding."""
        tokenizer = self.model.tokenizer
        start, end, padding = (
            tokenizer.bos_token_id,
            tokenizer.eos_token_id,
            tokenizer.pad_token_id,
        )
        chunks = split_chunks(
            tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids,
            comma=tokenizer.convert_tokens_to_ids(",</w>"),
        )
        return [
            torch.tensor(
                [[start, *chunk, end, *[padding] * (CHUNK_TOKENS - len(chunk))]], dtype=torch.long
            )
            for chunk in chunks
        ]
