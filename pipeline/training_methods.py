"""The methods of training, each with the settings that only it has, as plain values.

A method's settings know its usual learning rate, steps and batch, which hold where nobody says
others. What it does with them is in `pipeline.training`.
"""

from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_VECTORS = 75  # a chunk of a prompt has no room for more
MAX_RANK = 256


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


Settings: TypeAlias = TextualInversionSettings | LoraSettings

METHODS: dict[str, type[Settings]] = {
    str(each.model_fields["kind"].default): each
    for each in (TextualInversionSettings, LoraSettings)
}


def find_method(name: str) -> type[Settings]:
    """The settings of the method that somebody names. Raises `ValueError` with the names."""
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    for kind, settings in METHODS.items():
        if wanted in (kind, *settings.aliases):
            return settings
    raise ValueError(f"There is no method called `{name[:50]}`. Try: {', '.join(METHODS)}.")
