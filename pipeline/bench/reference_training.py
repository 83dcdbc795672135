"""The training loops of diffusers' examples, written anew with diffusers' modules and plain torch.

They encode every picture and every text at every step, as the examples do. What is random comes
from where ours comes from, so that both lose the same at every step.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPTextModel, CLIPTokenizer

from pipeline.models.noise_levels import alphas_cumprod
from pipeline.training.captions import text_for
from pipeline.training.dataset import fit, open_for_training
from pipeline.training.lora import UNET_PARTS, Branch
from pipeline.training.randomness import picture_of, tensor_source
from pipeline.training_methods import LoraSettings, TextualInversionSettings
from pipeline.training_request import TrainingRequest


class ReferenceTraining:
    """What the examples have in common; `seconds` says what each part of the steps took."""

    parameters: list[Tensor]
    weight_decay = 0.0
    trains_unet = False  # True: in float32, computing in the other type

    def __init__(
        self, request: TrainingRequest, folder: Path, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.request, self.device, self.dtype = request, device, dtype
        of_unet = torch.float32 if self.trains_unet else dtype
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet", dtype=of_unet).to(device)
        self.vae = AutoencoderKL.from_pretrained(folder / "vae", dtype=dtype).to(device)
        self.text_encoder = CLIPTextModel.from_pretrained(
            folder / "text_encoder", dtype=torch.float32
        ).to(device)
        self.tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        for part in (self.unet, self.vae, self.text_encoder):
            part.requires_grad_(False)
        scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text("utf-8"))
        self.alphas = alphas_cumprod(scheduler).to(device)
        self.predicts_v = scheduler.get("prediction_type") == "v_prediction"
        self.pixels = [
            torch.from_numpy(np.array(fit(open_for_training(each), request))).permute(2, 0, 1)
            for each in request.pictures
        ]
        self.seconds: dict[str, float] = defaultdict(float)
        self.num_done = 0
        self.begin()
        self.optimizer = torch.optim.AdamW(self.parameters, weight_decay=self.weight_decay)

    def begin(self) -> None:
        """Make what learns."""
        raise NotImplementedError

    def after_step(self) -> None:
        """Put back what an optimizer must not have moved."""

    def step(self) -> float:
        """One step of the example; returns its loss."""
        request, first = self.request, self.num_done * self.request.samples_per_step
        samples = range(first, first + request.samples_per_step)
        places = [picture_of(sample, len(self.pixels), request.seed) for sample in samples]
        drawn = [self.draw(sample) for sample in samples]
        timesteps, noise, of_latents = (
            torch.stack(part).to(self.device) for part in zip(*drawn, strict=True)
        )
        with self.timed("VAE encode"), torch.no_grad():
            pixels = torch.stack([self.pixels[place] for place in places]).to(self.device)
            posterior = self.vae.encode((pixels.float() / 127.5 - 1).to(self.dtype)).latent_dist
            latents = posterior.mean.float() + posterior.std.float() * of_latents
            latents = latents * self.vae.config.scaling_factor
        alphas = self.alphas[timesteps].view(-1, 1, 1, 1)
        noised = alphas.sqrt() * latents + (1 - alphas).sqrt() * noise
        target = alphas.sqrt() * noise - (1 - alphas).sqrt() * latents if self.predicts_v else noise
        texts = [
            text_for(request, place, sample) for place, sample in zip(places, samples, strict=True)
        ]
        with self.timed("text encoder"):
            hidden = self.read(texts)
        autocast = torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)
        with self.timed("UNet"), autocast:
            prediction = self.unet(
                noised.to(self.dtype), timesteps, hidden.to(self.dtype), return_dict=False
            )[0]
            loss = F.mse_loss(prediction.float(), target)
        with self.timed("backward"):
            loss.backward()
        with self.timed("optimizer"):
            for group in self.optimizer.param_groups:
                group["lr"] = float(request.learning_rate)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.after_step()
        self.num_done += 1
        return loss.item()

    def draw(self, sample: int) -> tuple[Tensor, Tensor, Tensor]:
        """Timestep, noise and what a latent is drawn by, in the order in which ours are drawn."""
        source = tensor_source(self.request.seed, "sample", sample)
        scale = 2 ** (len(self.vae.config.block_out_channels) - 1)
        shape = (4, self.request.height // scale, self.request.width // scale)
        timestep = torch.randint(len(self.alphas), (), generator=source)
        noise = torch.randn(shape, generator=source)
        return timestep, noise, torch.randn(shape, generator=source)

    def read(self, texts: list[str]) -> Tensor:
        ids = self.tokenizer(
            texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
        ).input_ids
        hidden: Tensor = self.text_encoder(ids.to(self.device)).last_hidden_state
        return hidden

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add what a part takes to `seconds`; on a GPU, that of waiting for it too."""
        begun = time.perf_counter()
        yield
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.seconds[part] += time.perf_counter() - begun


class ReferenceTextualInversion(ReferenceTraining):
    """`examples/textual_inversion`: the whole table learns, and all but a row is put back."""

    def begin(self) -> None:
        settings = self.request.method
        assert isinstance(settings, TextualInversionSettings)
        self.table: nn.Embedding = self.text_encoder.get_input_embeddings()
        start = self.tokenizer(settings.initializer_text, add_special_tokens=False).input_ids[0]
        self.tokenizer.add_tokens([self.request.name])
        self.row = len(self.tokenizer) - 1
        self.text_encoder.resize_token_embeddings(len(self.tokenizer), mean_resizing=False)
        self.table = self.text_encoder.get_input_embeddings()
        with torch.no_grad():
            self.table.weight[self.row] = self.table.weight[start]
        self.table.weight.requires_grad_(True)
        self.parameters = [self.table.weight]
        self.before = self.table.weight.detach().clone()

    @torch.no_grad()
    def after_step(self) -> None:
        keep = torch.ones(len(self.before), dtype=torch.bool, device=self.device)
        keep[self.row] = False
        self.table.weight[keep] = self.before[keep]


class ReferenceLora(ReferenceTraining):
    """`examples/text_to_image/train_text_to_image_lora`: branches in the UNet, texts read anew."""

    weight_decay = 0.01

    def begin(self) -> None:
        settings = self.request.method
        assert isinstance(settings, LoraSettings)
        self.parameters = []
        chosen = [
            module
            for name, module in self.unet.named_modules()
            if isinstance(module, nn.Linear | nn.Conv2d)
            and any(place in f".{name}." for place in UNET_PARTS)
        ]
        for number, module in enumerate(chosen):
            source = tensor_source(self.request.seed, "branch", number)
            branch = Branch(module, settings.rank, 1.0, source)
            module.register_forward_hook(branch.add)
            self.parameters += branch.parameters()

    @torch.no_grad()
    def read(self, texts: list[str]) -> Tensor:
        return super().read(texts)


class ReferenceDreamBooth(ReferenceTraining):
    """`examples/dreambooth`, without prior preservation: the UNet learns in float32."""

    weight_decay = 0.01
    trains_unet = True

    def begin(self) -> None:
        self.unet.requires_grad_(True).train()
        self.parameters = list(self.unet.parameters())

    @torch.no_grad()
    def read(self, texts: list[str]) -> Tensor:
        return super().read(texts)


REFERENCES: dict[str, Any] = {
    "textual_inversion": ReferenceTextualInversion,
    "lora": ReferenceLora,
    "dreambooth": ReferenceDreamBooth,
}
