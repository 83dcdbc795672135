"""Texts to what the UNet attends to.

One text at a time and one chunk at a time goes through the text tower: another batch size would
change the last bits, and a picture must not depend on what others typed. The texts of one
prompt's schedule are weighed together, and those of two prompts never. What was encoded lately
is kept.
"""

from collections import ChainMap, OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from pipeline.adapters.embedding import Embedding
from pipeline.adapters.hypernetwork import Hypernetwork, HypernetworkSet, refuse_stranger
from pipeline.adapters.request_shelf import RequestShelf
from pipeline.adapters.shelf import Shelf
from pipeline.errors import InvalidRequest
from pipeline.models.attention import TextContext
from pipeline.models.lora_branches import PlacedSet
from pipeline.models.model import ChunkStates, Model
from pipeline.prompts.aesthetic import Lead, Leader, Turns
from pipeline.prompts.chunks import CHUNK_TOKENS, Chunk
from pipeline.prompts.conditioning import Conditioning, Timeline
from pipeline.prompts.emphasis import emphasise
from pipeline.prompts.reading import Script, read_prompts
from pipeline.prompts.tags import EMBEDDING_TYPE, Tag, read_calls
from pipeline.prompts.tokens import TextCutter, Texts
from pipeline.requests import GenerationRequest

KEPT_BYTES = 256 * 2**20  # a chunk of Stable Diffusion 1 takes 4 MB in half precision, of XL 27
MAX_CHUNKS = 128  # of one request
POSITIONS = CHUNK_TOKENS + 2  # of a chunk, with start and end


@dataclass(frozen=True, slots=True, eq=False)
class Adapters:
    """What a request's tags call, ready for the model."""

    hypernetworks: HypernetworkSet
    unet: PlacedSet | None
    text: PlacedSet | None
    lora_hashes: Mapping[str, str]  # short ones, by the names that the tags have
    embeddings: Mapping[str, Embedding]  # all there are while this request is read

    @property
    def key(self) -> Hashable:
        """What texts must have in common beside themselves to mean the same."""
        return (
            tuple((each.hash, strength) for each, strength in self.hypernetworks),
            self.unet and self.unet.key,
            self.text and self.text.key,
        )


class PromptEncoder:
    """Encodes requests' texts for one model, and remembers the most recently used."""

    def __init__(
        self,
        model: Model,
        shelf: Shelf,
        kept_bytes: int = KEPT_BYTES,
        clip_folder: Path | None = None,
    ) -> None:
        """Aesthetic embeddings need the CLIP in `clip_folder`; without it they are refused."""
        self.model = model
        self.kept_bytes = kept_bytes
        self.shelf = shelf
        self.leader = Leader(model, clip_folder)
        self.cutter = TextCutter(model)
        self._kept: OrderedDict[Hashable, tuple[TextContext, ...]] = OrderedDict()

    def encode(self, request: GenerationRequest, number: int = 0) -> Conditioning:
        """What `encoding` returns, all turns at once."""
        turns = self.encoding(request, number)
        while True:
            try:
                next(turns)
            except StopIteration as done:
                conditioning: Conditioning = done.value
                return conditioning

    def encoding(self, request: GenerationRequest, number: int = 0) -> Turns[Conditioning]:
        """Everything that a request's images attend to in their pass of that number.

        Plain texts are read in one go; those that are led towards an aesthetic embedding yield
        between two turns of the tuning. Raises `InvalidRequest` for what its prompts cannot say,
        and `UnknownAdapter` or `AdapterUnreadable` for what they call and cannot have.
        """
        reading = read_prompts(request, number)
        shelf = RequestShelf(self.shelf, request.artifacts)
        adapters = self._called(reading.tags, shelf)
        scripts = [*reading.positive, *([reading.negative] if reading.negative else [])]
        cut = self._cut(scripts, request)
        says_nothing = reading.negative is not None and not any(reading.negative.counts)
        # What guides is as long as its longest; the negative prompt has a length of its own.
        guiding = len(reading.positive)
        longest = max(num_chunks(texts) for texts in cut[:guiding])
        lead = self.leader.lead(request, shelf)
        timelines = []
        for place, (script, texts) in enumerate(zip(scripts, cut, strict=True)):
            timeline = yield from self._timeline(
                script,
                texts,
                request,
                adapters,
                min_chunks=longest if place < guiding else 0,
                is_blank=place >= guiding and says_nothing and self.model.family == "sdxl",
                lead=lead,
            )
            timelines.append(timeline)
        return Conditioning(
            tuple(timelines[:guiding]),
            tuple(script.weight for script in reading.positive),
            timelines[guiding] if reading.negative else None,
            hashes_in(cut, adapters.embeddings),
            adapters.lora_hashes,
        )

    def _called(self, tags: Sequence[Tag], shelf: RequestShelf) -> Adapters:
        """The hypernetworks and LoRAs that tags call."""
        calls = read_calls(tag for tag in tags if tag.type != EMBEDDING_TYPE)
        loras = [(shelf.lora(call.name), call) for call in calls.loras]
        self.cutter.look_at_shelf(shelf, ChainMap(*(dict(lora.embeddings) for lora, _ in loras)))
        for tag in tags:
            if tag.type == EMBEDDING_TYPE:
                self.cutter.refuse_tag(tag.items[0])
        return Adapters(
            tuple((self._hypernetwork(name, shelf), by) for name, by in calls.hypernetworks),
            self.model.unet_loras.place((lora, call.unet) for lora, call in loras),
            self.model.text_loras.place((lora, call.text) for lora, call in loras),
            {call.name: lora.short_hash for lora, call in loras},
            self.cutter.embeddings,
        )

    def _hypernetwork(self, name: str, shelf: RequestShelf) -> Hypernetwork:
        """One that fits the model."""
        found = shelf.hypernetwork(name)
        refuse_stranger(found, *self.model.cross_attention.widths)
        return found

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
        adapters: Adapters,
        *,
        min_chunks: int,
        is_blank: bool,
        lead: Lead | None,
    ) -> Turns[Timeline]:
        """A script's contexts, encoded now or lately.

        Stable Diffusion XL reads an empty negative prompt, which `is_blank`, as zeros.
        """
        counts = tuple(script.counts[text] for text in texts)
        key = (
            *(tuple(texts.values()), counts, request.emphasis, request.clip_skip, min_chunks),
            is_blank,
            tuple(hashes_in([texts], adapters.embeddings).items()),
            adapters.key,
            lead and lead.key,
        )
        if key not in self._kept:
            hidden, pooled = yield from self._hidden(texts, counts, request, adapters, lead)
            if is_blank:
                hidden = torch.zeros_like(hidden)
                pooled = [None if each is None else torch.zeros_like(each) for each in pooled]
            missing = max(min_chunks - num_chunks(texts), 0) * POSITIONS
            padding = hidden[:, -1:].expand(-1, missing, -1)
            padded = torch.cat([hidden, padding], dim=1)
            read = (
                self.model.context(each, adapters.hypernetworks, pool, adapters.unet)
                for each, pool in zip(padded.split(1), pooled, strict=True)
            )
            # Without the set itself: what was once read must not hold that on the device.
            self._kept[key] = tuple(replace(context, loras=None) for context in read)
            self._forget()
        self._kept.move_to_end(key)
        contexts = self._kept[key]
        if adapters.unet:
            contexts = tuple(replace(context, loras=adapters.unet) for context in contexts)
        by_text = dict(zip(texts, contexts, strict=True))
        return Timeline(script.end_steps, tuple(by_text[entry.text] for entry in script.entries))

    def _hidden(
        self,
        texts: Texts,
        counts: Sequence[int],
        request: GenerationRequest,
        adapters: Adapters,
        lead: Lead | None,
    ) -> Turns[tuple[Tensor, list[Tensor | None]]]:
        """What the text towers make of a script's texts; (texts, tokens, width) float32.

        Every tower's states are weighed for themselves and put side by side. Beside them each
        text's pooled vector (1, width), which its first chunk gives and nothing weighs.
        """
        weighed, pooled = [], []
        for chunks in zip(*texts.values(), strict=True):
            with self.model.text_loras.turned_to(adapters.text):  # off before others' turns
                read = [
                    self._read(chunk, request.clip_skip, adapters.embeddings) for chunk in chunks
                ]
            multipliers = torch.tensor([chunk.multipliers for chunk in chunks])
            towers = [
                emphasise(
                    request.emphasis, torch.cat(states), multipliers.to(states[0].device), counts
                )
                for states in zip(*(each.hidden for each in read), strict=True)
            ]
            hidden = torch.cat(towers, dim=-1)
            if lead:
                ids = torch.tensor([chunk.tokens for chunk in chunks], dtype=torch.long)
                hidden = yield from lead.towards(hidden, ids, counts, request.clip_skip)
            weighed.append(hidden)
            pooled.append([each.pooled for each in read])
        return torch.cat(weighed, dim=1), pooled[0]

    def _read(
        self, chunk: Chunk, clip_skip: int, embeddings: Mapping[str, Embedding]
    ) -> ChunkStates:
        if len(chunk.tokens) > POSITIONS:
            raise InvalidRequest("An embedding in this prompt has more than 75 vectors.")
        ids = torch.tensor([chunk.tokens], dtype=torch.long)
        # The start token counts.
        vectors = [(offset + 1, embeddings[name].vectors) for offset, name in chunk.fixes]
        return self.model.read_chunk(ids, clip_skip, vectors)

    def _forget(self) -> None:
        """Drop what was not used for longest, but never the latest."""
        while len(self._kept) > 1 and self._num_bytes() > self.kept_bytes:
            self._kept.popitem(last=False)

    def _num_bytes(self) -> int:
        return sum(context.num_bytes for each in self._kept.values() for context in each)


def hashes_in(cut: Sequence[Texts], embeddings: Mapping[str, Embedding]) -> dict[str, str]:
    """By name, the hash of every embedding in these texts."""
    all_chunks = (chunk for texts in cut for chunks in texts.values() for chunk in chunks)
    return {fix.name: embeddings[fix.name].hash for chunk in all_chunks for fix in chunk.fixes}


def num_chunks(texts: Texts) -> int:
    return len(next(iter(texts.values())))
