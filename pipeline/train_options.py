"""From what was typed behind `python -m pipeline train` to a request, or a sentence instead."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.config import PipelineConfig
from pipeline.errors import InvalidRequest
from pipeline.learned_models import LEARNED_MODELS
from pipeline.model_config import ModelConfig
from pipeline.prompts.tags import TAG
from pipeline.requests import GenerationRequest
from pipeline.training_folder import read_class_folder, read_training_folder
from pipeline.training_methods import find_method
from pipeline.training_presets import TAGS
from pipeline.training_request import TrainingRequest

OTHER_FIELDS = (
    *("clipping", "clip_limit", "shuffles_tags", "tag_dropout", "flip", "latent_sampling"),
    *("stretches", "precision", "gradient_checkpointing", "log_every", "optimizer"),
)


def method_settings(method: str, typed: Sequence[str]) -> dict[str, Any]:
    """A method with what `--set name=value` says of it.

    Raises `InvalidRequest` that lists what can be set.
    """
    try:
        settings = find_method(method)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    known = [name for name in settings.model_fields if name != "kind"]
    return {"kind": settings.model_fields["kind"].default} | assignments(typed, known, "--set")


def other_fields(typed: Sequence[str]) -> dict[str, str]:
    """Fields of a request that have no option of their own."""
    return assignments(typed, OTHER_FIELDS, "--option")


def assignments(typed: Sequence[str], known: Sequence[str], option: str) -> dict[str, str]:
    """`name=value` each. Raises `InvalidRequest` that lists the names there are."""
    values = {}
    for each in typed:
        name, _, value = each.partition("=")
        name = name.strip().replace("-", "_")
        if name not in known:
            raise InvalidRequest(f"`{option} {each}` is not possible: set {', '.join(known)}.")
        values[name] = value.strip()
    return values


def request_of(
    config: PipelineConfig,
    folder: Path,
    samples: Sequence[str],
    size: int | None,
    class_folder: Path | None = None,
    **fields: Any,
) -> TrainingRequest:
    """A request for a folder of pictures; what is None is left to the model and the method."""
    model = config.model(fields.get("model"))
    side = size or model.native_size
    # The same for all prompts, and more than one where the watch asks whether they still differ.
    seeds = (0, 1) if fields.get("watch_every") else (0,)
    wanted = tuple(
        GenerationRequest(
            prompt=calling(prompt, fields["method"]["kind"], fields["name"].strip()),
            seeds=seeds,
            model=fields.get("model"),
            width=model.native_size,
            height=model.native_size,
            guidance_scale=model.guidance_scale,
        )
        for prompt in samples
    )
    given = usual_numbers(model, fields["method"]["kind"])
    given |= {name: value for name, value in fields.items() if value is not None}
    pictures = read_training_folder(folder)
    of_class = read_class_folder(class_folder) if class_folder else ()
    return TrainingRequest(
        **given,
        pictures=pictures,
        class_pictures=of_class,
        width=side,
        height=side,
        samples=wanted,
    )


def usual_numbers(model: ModelConfig, kind: str) -> dict[str, Any]:
    """The numbers of a method that suit a model best, where its settings say any."""
    numbers = model.training.of(kind).model_dump(exclude_none=True)
    if "learning_rate" in numbers:
        numbers["learning_rate"] = f"{numbers['learning_rate']:g}"
    return numbers


def calling(prompt: str, kind: str, name: str) -> str:
    """A sample's prompt with the tag that calls what is learned, where it has none."""
    is_called = any(match[2].split(":")[0].strip() == name for match in TAG.finditer(prompt))
    return prompt if is_called else prompt + TAGS.get(kind, "").format(name=name)


def refuse_half_said(
    samples: Sequence[str], sample_every: int, watch_every: int, stop_when_blown: bool
) -> None:
    """Raise `InvalidRequest` for an option that does nothing without another."""
    if bool(samples) != bool(sample_every):
        raise InvalidRequest(
            "`--sample` and `--sample-every` need each other: what to draw, and every how many "
            "steps."
        )
    if stop_when_blown and not watch_every:
        raise InvalidRequest("`--stop-when-blown` needs `--watch-every`: the watch must look.")


def refuse_taken_name(config: PipelineConfig, request: TrainingRequest) -> None:
    """Raise `InvalidRequest` for a model that one of the settings' own would hide."""
    if not config.adapters_folder or request.method.folder != LEARNED_MODELS:
        return
    there = config.models.get(request.name)
    if there and there.path.parent != config.adapters_folder / LEARNED_MODELS:
        raise InvalidRequest(
            f"The settings have a model called `{request.name}` already: take another name."
        )
