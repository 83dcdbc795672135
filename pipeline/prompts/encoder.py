"""Texts to what the UNet attends to.

One text at a time and one chunk at a time goes through the text tower: another batch size would
change the last bits, and a picture must not depend on what others typed. The texts of one
prompt's schedule are weighed together, and those of two prompts never. What was encoded lately
is kept.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from pipeline.adapters.hypernetwork import HypernetworkSet
from pipeline.adapters.shelf import Shelf
from pipeline.errors import InvalidRequest
from pipeline.models.attention import TextContext
from pipeline.models.model import Model
from pipeline.prompts.chunks import CHUNK_TOKENS, Chunk
from pipeline.prompts.conditioning import Conditioning, Timeline
from pipeline.prompts.emphasis import emphasise
from pipeline.prompts.reading import Script, read_prompts
from pipeline.prompts.tags import EMBEDDING_TYPE, Tag, called_hypernetworks
from pipeline.prompts.tokens import TextCutter, Texts
from pipeline.requests import GenerationRequest

NUM_KEPT = 64  # chunks; one of Stable Diffusion 1 takes about 4 MB in half precision
MAX_CHUNKS = 128  # of one request
POSITIONS = CHUNK_TOKENS + 2  # of a chunk, with start and end


class PromptEncoder:
    """Encodes requests' texts for one model, and remembers the most recently used."""

    def __init__(self, model: Model, shelf: Shelf) -> None:
        self.model = model
        self.shelf = shelf
        self.cutter = TextCutter(model, shelf)
        self._kept: OrderedDict[Hashable, tuple[TextContext, ...]] = OrderedDict()

    def encode(self, request: GenerationRequest) -> Conditioning:
        """Everything that a request's images attend to, from their first call to their last.

        Raises `InvalidRequest` for what its prompts cannot say, and `UnknownAdapter` or
        `AdapterUnreadable` for what they call and cannot have.
        """
        reading = read_prompts(request)
        self.cutter.look_at_shelf()
        hypernetworks = self._called(reading.tags)
        scripts = [*reading.positive, *([reading.negative] if reading.negative else [])]
        cut = self._cut(scripts, request)
        # What guides is as long as its longest; the negative prompt has a length of its own.
        guiding = len(reading.positive)
        longest = max(num_chunks(texts) for texts in cut[:guiding])
        timelines = [
            self._timeline(script, texts, request, hypernetworks, longest if place < guiding else 0)
            for place, (script, texts) in enumerate(zip(scripts, cut, strict=True))
        ]
        return Conditioning(
            tuple(timelines[:guiding]),
            tuple(script.weight for script in reading.positive),
            timelines[guiding] if reading.negative else None,
            self._hashes(cut),
        )

    def _called(self, tags: Sequence[Tag]) -> HypernetworkSet:
        """The hypernetworks that tags call."""
        for tag in tags:
            if tag.type == EMBEDDING_TYPE:
                self.cutter.refuse_tag(tag.items[0])
        return tuple(
            (self.shelf.hypernetwork(name), strength)
            for name, strength in called_hypernetworks(tags)
        )

    def _cut(self, scripts: Sequence[Script], request: GenerationRequest) -> list[Texts]:
        """The chunks of every script, if there are not too many."""
        num_texts = sum(len(script.counts) for script in scripts)
        if num_texts <= MAX_CHUNKS:
            cut = [self.cutter.cut(script, request) for script in scripts]
            total = sum(len(chunks) for texts in cut for chunks in texts.values())
            if total <= MAX_CHUNKS:
                return cut
        raise InvalidRequest(
            f"With all the texts that its brackets make of it, this prompt has more than "
            f"{MAX_CHUNKS} parts of 75 tokens: shorten it, or let it change less often."
        )

    def _timeline(
        self,
        script: Script,
        texts: Texts,
        request: GenerationRequest,
        hypernetworks: HypernetworkSet,
        min_chunks: int,
    ) -> Timeline:
        """A script's contexts, encoded now or lately."""
        counts = tuple(script.counts[text] for text in texts)
        key = (
            *(tuple(texts.values()), counts, request.emphasis, request.clip_skip, min_chunks),
            tuple(self._hashes([texts]).items()),
            tuple((each.hash, strength) for each, strength in hypernetworks),
        )
        if key not in self._kept:
            hidden = self._hidden(texts, counts, request)
            missing = max(min_chunks - num_chunks(texts), 0) * POSITIONS
            padding = hidden[:, -1:].expand(-1, missing, -1)
            padded = torch.cat([hidden, padding], dim=1)
            self._kept[key] = tuple(
                self.model.context(each, hypernetworks) for each in padded.split(1)
            )
            self._forget()
        self._kept.move_to_end(key)
        by_text = dict(zip(texts, self._kept[key], strict=True))
        return Timeline(script.end_steps, tuple(by_text[entry.text] for entry in script.entries))

    def _hidden(self, texts: Texts, counts: Sequence[int], request: GenerationRequest) -> Tensor:
        """What the text tower makes of a script's texts; (texts, tokens, width) float32."""
        weighed = []
        for chunks in zip(*texts.values(), strict=True):
            hidden = torch.cat([self._read(chunk, request.clip_skip) for chunk in chunks])
            multipliers = hidden.new_tensor([chunk.multipliers for chunk in chunks])
            weighed.append(emphasise(request.emphasis, hidden, multipliers, counts))
        return torch.cat(weighed, dim=1)

    def _read(self, chunk: Chunk, clip_skip: int) -> Tensor:
        if len(chunk.tokens) > POSITIONS:
            raise InvalidRequest("An embedding in this prompt has more than 75 vectors.")
        ids = torch.tensor([chunk.tokens], dtype=torch.long)
        return self.model.encode_tokens(ids, clip_skip, self.cutter.vectors(chunk)).float()

    def _hashes(self, cut: Sequence[Texts]) -> dict[str, str]:
        """By name, the hash of every embedding in these texts."""
        names = (
            fix.name
            for texts in cut
            for chunks in texts.values()
            for chunk in chunks
            for fix in chunk.fixes
        )
        return {name: self.cutter.embeddings[name].hash for name in names}

    def _forget(self) -> None:
        """Drop what was not used for longest, but never the latest."""
        while len(self._kept) > 1 and self._num_kept() > NUM_KEPT:
            self._kept.popitem(last=False)

    def _num_kept(self) -> int:
        """Chunks that are kept."""
        tokens = sum(context.num_tokens for each in self._kept.values() for context in each)
        return tokens // POSITIONS


def num_chunks(texts: Texts) -> int:
    return len(next(iter(texts.values())))
