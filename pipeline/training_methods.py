"""The methods of training, each with the settings that only it has, as plain values.

A method's settings know its usual learning rate, steps and batch, which hold where nobody says
others. What it does with them is in `pipeline.training`.
"""

from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.requests import MAX_GUIDANCE_SCALE

MAX_VECTORS = 75  # a chunk of a prompt has no room for more
MAX_RANK = 256
MAX_CLASS_PROMPT = 300  # characters
MAX_STAGES = 32  # of a hypernetwork's nets


class MethodSettings(BaseModel):
    """What one method can be told, and what it uses where it is told nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    aliases: ClassVar[tuple[str, ...]] = ()  # other names for `kind`
    learning_rate: ClassVar[str]
    num_steps: ClassVar[int]
    batch_size: ClassVar[int] = 1
    template: ClassVar[str] = "style_filewords"
    folder: ClassVar[str]  # in the folder of adapters, where the result is found by its name


class TextualInversionSettings(MethodSettings):
    """Vectors that stand for a name in prompts (Gal et al. 2022)."""

    aliases = ("ti", "emb", "embedding")
    learning_rate = "0.005"
    num_steps = 3000
    folder = "embeddings"

    kind: Literal["textual_inversion"] = "textual_inversion"
    num_vectors: Annotated[int, Field(ge=1, le=MAX_VECTORS)] = 1
    initializer_text: str = "*"  # whose tokens the vectors start from; empty: from zeros


class LoraSettings(MethodSettings):
    """Low-rank branches beside a model's linear layers (Hu et al. 2021)."""

    aliases = ("locon",)
    learning_rate = "1e-4"
    num_steps = 1500
    folder = "loras"

    kind: Literal["lora"] = "lora"
    rank: Annotated[int, Field(ge=1, le=MAX_RANK)] = 8
    alpha: Annotated[float, Field(gt=0, le=1024)] | None = None  # None: as much as the rank
    convolutions: bool = False  # True: those of the UNet too ("LoCon"), for what looks new
    trains_unet: bool = True
    trains_text_encoder: bool = True
    text_encoder_share: Annotated[float, Field(gt=0, le=100)] = 1.0  # of the learning rate

    @model_validator(mode="after")
    def _trains_something(self) -> Self:
        if not (self.trains_unet or self.trains_text_encoder):
            raise ValueError("A LoRA needs something to train: the UNet, the text encoder or both.")
        return self


class HypernetworkSettings(MethodSettings):
    """Small nets that bend what attention reads (NovelAI; spec: webui §6)."""

    aliases = ("hn", "hypernet")
    learning_rate = "1e-5"
    num_steps = 5000
    folder = "hypernetworks"

    kind: Literal["hypernetwork"] = "hypernetwork"
    widths: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = ()  # none: all that the model has
    layers: tuple[Annotated[float, Field(gt=0, le=64)], ...] = (1, 2, 1)
    activation: str = "linear"
    initialization: Literal[
        "Normal", "XavierUniform", "XavierNormal", "KaimingUniform", "KaimingNormal"
    ] = "Normal"
    layer_norm: bool = False
    activates_output: bool = False
    dropout: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = ()  # after each stage; none: no

    @field_validator("widths", "layers", "dropout", mode="before")
    @classmethod
    def _may_be_typed(cls, factors: object) -> object:
        """Numbers with commas between them, as people write a structure: "1, 2, 1"."""
        return tuple(filter(None, factors.split(","))) if isinstance(factors, str) else factors

    @model_validator(mode="after")
    def _is_a_structure(self) -> Self:
        layers = self.layers
        if not 3 <= len(layers) <= MAX_STAGES or layers[0] != 1 or layers[-1] != 1:
            raise ValueError(
                f"A layer structure needs 3 to {MAX_STAGES} stages, the first and the last of them "
                "1: as in 1, 2, 1."
            )
        if self.dropout and (
            len(self.dropout) != len(layers) or self.dropout[0] or self.dropout[-1]
        ):
            raise ValueError(
                "A drop-out structure has a share for each stage of the layer structure, the first "
                "and the last of them 0: as in 0, 0.3, 0."
            )
        return self


class DreamBoothSettings(MethodSettings):
    """The whole model learns a subject (Ruiz et al. 2022; spec: webui §8)."""

    aliases = ("db",)
    learning_rate = "5e-6"
    num_steps = 800
    template = "name"
    folder = "models"

    kind: Literal["dreambooth"] = "dreambooth"
    # What else is to stay as it is: "a dog", or several in turn, "a dog | a cat"; empty: nothing.
    class_prompt: str = ""
    num_class_pictures: Annotated[int, Field(ge=1, le=1000)] = 100
    # None: the model's usual. At 1 they are what it truly thinks the class to be: learned from
    # guided pictures, it is later guided once more, and overshoots.
    class_guidance_scale: Annotated[float, Field(ge=1, le=MAX_GUIDANCE_SCALE)] | None = None
    prior_loss_weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    trains_text_encoder: bool = False
    text_encoder_share: Annotated[float, Field(gt=0, le=100)] = 1.0  # of the learning rate
    ema: bool = False  # True: the average of the weights is what is saved
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.9999
    saved_precision: Literal["float16", "bfloat16", "float32"] = "float16"
    lora_rank: Annotated[int, Field(ge=0, le=MAX_RANK)] = 32  # of the LoRA beside it; 0: none

    @field_validator("class_prompt")
    @classmethod
    def _is_plain_text(cls, prompt: str) -> str:
        if len(prompt) > MAX_CLASS_PROMPT:
            raise ValueError(
                f"The class prompt has {len(prompt):,} characters; at most {MAX_CLASS_PROMPT} fit."
            )
        return prompt.strip()

    @property
    def class_prompts(self) -> tuple[str, ...]:
        """What the class's pictures show and are learned with, in turn."""
        return tuple(each.strip() for each in self.class_prompt.split("|") if each.strip())


class AestheticEmbeddingSettings(MethodSettings):
    """What pictures have in common to CLIP, made in seconds (Gallego 2022; spec: webui §7)."""

    aliases = ("aesthetic_embedding", "aesthetics")
    learning_rate = "0"
    num_steps = 1
    folder = "aesthetic"

    kind: Literal["aesthetic"] = "aesthetic"
    suffix: Literal[".pt", ".safetensors"] = ".pt"  # webui's own, or ours


Settings: TypeAlias = (
    TextualInversionSettings
    | LoraSettings
    | HypernetworkSettings
    | DreamBoothSettings
    | AestheticEmbeddingSettings
)

METHODS: dict[str, type[Settings]] = {
    str(each.model_fields["kind"].default): each
    for each in (
        TextualInversionSettings,
        LoraSettings,
        HypernetworkSettings,
        DreamBoothSettings,
        AestheticEmbeddingSettings,
    )
}


def find_method(name: str) -> type[Settings]:
    """The settings of the method that somebody names. Raises `ValueError` with the names."""
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    for kind, settings in METHODS.items():
        if wanted in (kind, *settings.aliases):
            return settings
    raise ValueError(f"There is no method called `{name[:50]}`. Try: {', '.join(METHODS)}.")
