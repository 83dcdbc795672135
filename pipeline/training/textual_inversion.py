"""Textual inversion: vectors that stand for a name, learned in front of a frozen model.

The table of tokens is never touched. (Gal et al. 2022; spec: webui §5)
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.adapters.embedding import Embedding
from pipeline.adapters.embedding_writing import write_embedding
from pipeline.errors import MAX_SHOWN, InvalidRequest
from pipeline.models.model import Model
from pipeline.training.batches import Batch
from pipeline.training.captions import NAME, filled
from pipeline.training.diffusion_loss import diffusion_loss
from pipeline.training.method import Learned
from pipeline.training.texts import TrainingTexts
from pipeline.training_methods import TextualInversionSettings
from pipeline.training_request import TrainingRequest
from pipeline.training_templates import template_lines


class TextualInversion:
    """The vectors of one request."""

    usual_norm = 250.0  # times a usual token's

    def __init__(self, request: TrainingRequest, model: Model) -> None:
        """Raises `InvalidRequest` where the texts would never use the name."""
        settings = request.method
        assert isinstance(settings, TextualInversionSettings)
        if not all(NAME in line for line in template_lines(request.template)):
            raise InvalidRequest(
                f"Every line of the template must have {NAME} in it: it stands for what is learned."
            )
        self.name = request.name
        self.model = model
        self.vectors = nn.Parameter(
            initial_vectors(model, settings.initializer_text, settings.num_vectors)
        )
        self.texts = TrainingTexts(model, {request.name: self.vectors})
        self.refuse_unheard(request)

    def refuse_unheard(self, request: TrainingRequest) -> None:
        """Raise `InvalidRequest` for a text in which nobody finds the name: nothing would learn."""
        for line in template_lines(request.template):
            for caption in dict.fromkeys(each.caption for each in request.pictures):
                text = filled(line, caption, request.name)
                if not any(chunk.fixes for chunk in self.texts.chunks(text)):
                    raise InvalidRequest(
                        f"The name `{request.name}` runs into what stands beside it in "
                        f"`{text[:MAX_SHOWN]}`, and is not found there again: put spaces around "
                        f"{NAME}, or take a name that begins and ends with a letter or a digit."
                    )

    def learned(self) -> Sequence[Learned]:
        return [Learned([self.vectors])]

    def loss(self, batch: Batch) -> Tensor:
        return diffusion_loss(self.model, batch, self.texts.contexts(batch.texts))

    def after_step(self) -> None:
        """Nothing more moves."""

    def as_saved(self) -> AbstractContextManager[object]:
        return nullcontext()

    @torch.no_grad()
    def norm(self) -> float:
        """That of the longest vector, as a multiple of the median of the vocabulary's."""
        tables = [tower.encoder.get_input_embeddings().weight for tower in self.model.towers]
        squares = [table.float().square().sum(dim=1).median().item() for table in tables]
        return self.vectors.norm(dim=1).max().item() / math.sqrt(sum(squares))

    def state(self) -> Mapping[str, Tensor]:
        return {"vectors": self.vectors.detach()}

    @torch.no_grad()
    def resume(self, state: Mapping[str, Tensor]) -> None:
        self.vectors.copy_(state["vectors"])

    def save(self, folder: Path, stem: str, num_steps: int) -> Path:
        is_sdxl = len(self.model.towers) > 1
        embedding = Embedding(
            self.name,
            self.vectors.detach().float().cpu(),
            hash="",
            clip_l_width=self.model.towers[0].width if is_sdxl else None,
            step=num_steps,
            checkpoint=self.model.hash,
            checkpoint_name=self.model.name,
        )
        path = folder / f"{stem}{'.safetensors' if is_sdxl else '.pt'}"
        write_embedding(path, embedding)
        return path


@torch.no_grad()
def initial_vectors(model: Model, text: str, num_vectors: int) -> Tensor:
    """A text's token embeddings spread over the vectors (n, width), float32; zeros for no text.

    Fewer tokens than vectors are repeated; of more, the first are taken.
    """
    if not text.strip():
        return torch.zeros(num_vectors, model.token_width, device=model.device)
    tokens = TrainingTexts(model).tokenize(text)[:num_vectors]
    places = source_places(len(tokens), num_vectors)
    ids = torch.tensor([tokens[place] for place in places], device=model.device)
    tables = [tower.encoder.get_input_embeddings() for tower in model.towers]
    return torch.cat([table(ids).float() for table in tables], dim=1)


def source_places(num_tokens: int, num_vectors: int) -> list[int]:
    """For each vector, which of a text's tokens it starts from (golden: `ti`)."""
    return [place * num_tokens // num_vectors for place in range(num_vectors)]
