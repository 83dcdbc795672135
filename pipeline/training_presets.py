"""What a training is asked for by somebody who knows none of its numbers: quick, normal, thorough.

The usual numbers suit Stable Diffusion (spec: webui §5 and §8). A model that learns at other rates
says so in its own settings, `[pipeline.models.X.training]`. What somebody sets beside a preset
wins over it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import MAX_SHOWN, InvalidRequest
from pipeline.images.infotext_reading import find_pairs, unquote
from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.training_methods import METHODS, find_method
from pipeline.training_request import TrainingRequest

NUM_LOOKS, NUM_SAMPLES = 10, 5  # of the watch, and sample pictures, in the course of a run
NUM_LOOKS_AT_CHECKPOINTS = 4
SHORTEST = 10  # steps between two of them
MIN_PICTURES_TO_HOLD_OUT = 5  # fewer are all needed to learn from
SAMPLE_SEEDS = (1, 2)  # two, so that the watch sees whether seeds still differ
# The watch looks whether prompts and seeds still count: of these, each leaves more open.
SAMPLES = (
    "a photo of [name]",
    "a [name] on a blue background",
    "a [name] on the left, green background",
)
STYLE_SAMPLES = (
    "a photo of a house, [name] style",
    "a photo of a tree, [name] style",
    "a photo of a face, [name] style",
)
PLAIN = "a photo of [name]"
STYLE = "style"  # as a subject word: it is not a thing that is learned
TAGS = {"lora": " <lora:{name}:1>", "hypernetwork": " <hypernet:{name}:1>"}
OWN_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "textual_inversion": {"num_vectors": 2},
    "hypernetwork": {"activation": "relu"},
}
FIXED = frozenset(
    {"id", "user", "max_running", "name", "method", "model", "pictures", "class_pictures"}
)
SETTABLE = (TrainingRequest.model_fields.keys() - FIXED) - {"samples", "resume_from"}


@dataclass(frozen=True, slots=True)
class TrainingPreset:
    """A choice that stands for many."""

    name: str
    share: float  # of a method's usual steps
    num_class_pictures: int  # of DreamBooth with a subject word; 0: what else it knew may suffer
    kept_snapshots: int


TRAINING_PRESETS = (
    TrainingPreset("quick", 0.5, num_class_pictures=0, kept_snapshots=5),
    TrainingPreset("normal", 1.0, num_class_pictures=100, kept_snapshots=10),
    TrainingPreset("thorough", 2.0, num_class_pictures=200, kept_snapshots=10),
)
# Methods that the watch was measured on (`bench furnace`); of others it only speaks.
WATCHED_RELIABLY = frozenset({"textual_inversion", "lora"})
MAX_KEPT_CHECKPOINTS = 3  # of DreamBooth, each as large as the model


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingWish:
    """What somebody wants to be learned, in their own few words."""

    name: str
    method: str
    model: str
    subject: str = ""  # what it is: "dog"; "style" where it is none
    preset: str = TRAINING_PRESETS[0].name
    advanced: str = ""  # "learning_rate: 1e-4, rank: 16"

    @property
    def is_style(self) -> bool:
        """Whether it is how things look, and no thing."""
        return self.subject.casefold() == STYLE

    @property
    def names_a_thing(self) -> bool:
        """Whether it says what kind of thing it is."""
        return bool(self.subject) and not self.is_style


def training_fields(
    wish: TrainingWish, model: ModelConfig, captions: Sequence[str]
) -> dict[str, Any]:
    """The fields of a request, but for its pictures, which have these captions.

    Raises `InvalidRequest` with a sentence for whoever wished.
    """
    preset = find_training_preset(wish.preset)
    kind = _kind(wish.method)
    fields, settings = parse_training_settings(wish.advanced, kind)
    fields = _usual(kind, preset, model) | fields
    num_steps = _whole(fields["num_steps"])
    if "learning_rate" not in fields:
        fields["learning_rate"] = _schedule(kind, model, num_steps)
    own = dict(OWN_SETTINGS.get(kind, {}))
    if kind == "textual_inversion" and wish.subject:
        own["initializer_text"] = wish.subject
    if kind == "dreambooth" and preset.num_class_pictures and wish.names_a_thing:
        own |= {
            "class_prompt": f"a photo of a {wish.subject}",
            "num_class_pictures": preset.num_class_pictures,
        }
    # What is saved at each of them is, with DreamBooth, as large as the model.
    often = NUM_LOOKS_AT_CHECKPOINTS if kind == "dreambooth" else NUM_LOOKS
    looks, samples = (max(SHORTEST, num_steps // it) for it in (often, min(often, NUM_SAMPLES)))
    return {
        "template": _template(wish, kind, captions),
        "snapshot_every": looks,
        "watch_every": looks,
        "sample_every": samples,
        "samples": _samples(wish, kind, model),
        "holds_out": len(captions) >= MIN_PICTURES_TO_HOLD_OUT,
        **fields,
        "name": wish.name,
        "model": wish.model,
        "method": {"kind": kind} | own | settings,
    }


def parse_training_settings(text: str, kind: str) -> tuple[dict[str, str], dict[str, str]]:
    """Fields of a request and of its method out of a line: `learning_rate: 1e-4, rank: 16`.

    Raises `InvalidRequest` with a sentence for whatever is no setting, or set twice.
    """
    line = ", ".join(text.splitlines())
    found: dict[str, str] = {}
    position = 0
    for pair in find_pairs(line):
        _refuse_rest(line[position : pair.start])
        position = pair.end
        name = "_".join(pair.key.lower().replace("_", " ").split())
        if name in found:
            raise InvalidRequest(f"`{pair.key}` is set twice: say it once.")
        found[name] = unquote(pair.value.strip())
    _refuse_rest(line[position:])
    own = METHODS[kind].model_fields.keys() - {"kind"}
    if unknown := found.keys() - own - SETTABLE:
        raise InvalidRequest(
            f"There is no setting `{min(unknown)[:MAX_SHOWN]}` here. Of this method there are: "
            f"{', '.join(sorted(own))}; of every training: {', '.join(sorted(SETTABLE))}."
        )
    settings = {name: value for name, value in found.items() if name in own}
    return {name: it for name, it in found.items() if name not in own}, settings


def find_training_preset(name: str) -> TrainingPreset:
    """The preset of that name. Raises `InvalidRequest` with the names there are."""
    for preset in TRAINING_PRESETS:
        if preset.name == name.strip().casefold():
            return preset
    names = ", ".join(preset.name for preset in TRAINING_PRESETS)
    raise InvalidRequest(f"There is no preset `{name[:MAX_SHOWN]}`: take one of {names}.")


def _kind(method: str) -> str:
    try:
        return str(find_method(method).model_fields["kind"].default)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error


def _usual(kind: str, preset: TrainingPreset, model: ModelConfig) -> dict[str, Any]:
    """What holds where nobody says otherwise."""
    method, size = METHODS[kind], {"width": model.native_size, "height": model.native_size}
    if kind == "aesthetic":  # it is no run of many steps
        return size | {"num_steps": method.num_steps, "learning_rate": method.learning_rate}
    habits, kept = model.training.of(kind), preset.kept_snapshots
    usual = size | {
        "num_steps": round((habits.num_steps or method.num_steps) * preset.share),
        "batch_size": habits.batch_size or method.batch_size,
        "latent_sampling": "random",
        "kept_snapshots": min(kept, MAX_KEPT_CHECKPOINTS) if kind == "dreambooth" else kept,
        "stops_when_blown": kind in WATCHED_RELIABLY,
    }
    if kind in ("dreambooth", "lora"):
        usual |= {"clipping": "norm", "clip_limit": "1"}
    return usual


def _schedule(kind: str, model: ModelConfig, num_steps: int) -> str:
    """The usual rate for three quarters of the way, and a quarter of it for the rest."""
    rate = model.training.of(kind).learning_rate or float(METHODS[kind].learning_rate)
    if num_steps < SHORTEST:
        return f"{rate:g}"
    return f"{rate:g}:{num_steps * 3 // 4}, {rate / 4:g}"


def _template(wish: TrainingWish, kind: str, captions: Sequence[str]) -> str:
    """What is said of a picture. A caption that names what is learned says it all."""
    if captions and all(wish.name.casefold() in caption.casefold() for caption in captions):
        return "filewords"
    ending = "_filewords" if any(captions) else ""
    if wish.is_style:
        return f"style{ending}"
    if kind == "textual_inversion" and not ending:
        return "subject"
    # One line, so that nothing but its caption tells a picture from the others. The subject's kind
    # is not in it: whoever writes the name alone is to find what was learned.
    return f"{PLAIN}, [filewords]" if ending else PLAIN


def _samples(wish: TrainingWish, kind: str, model: ModelConfig) -> tuple[GenerationRequest, ...]:
    """Pictures by which people and the watch see how far it is."""
    if kind == "aesthetic":
        return ()
    lines = STYLE_SAMPLES if wish.is_style else SAMPLES
    tag = TAGS.get(kind, "").format(name=wish.name)
    return tuple(
        GenerationRequest(
            prompt=line.replace("[name]", wish.name) + tag,
            seeds=SAMPLE_SEEDS,
            model=wish.model,
            width=model.native_size,
            height=model.native_size,
            guidance_scale=model.guidance_scale,
        )
        for line in lines
    )


def _whole(num_steps: Any) -> int:
    """A number of steps that may have been typed."""
    try:
        return int(num_steps)
    except ValueError as error:
        raise InvalidRequest(f"`{num_steps}` is no number of steps.") from error


def _refuse_rest(text: str) -> None:
    if rest := text.strip(" ,"):
        raise InvalidRequest(
            f"`{rest[:MAX_SHOWN]}` is no setting: write them as in `learning_rate: 1e-4, rank: 16`."
        )
