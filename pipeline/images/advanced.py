"""What somebody set, in options and in one line of text, as fields of a request."""

from collections.abc import Mapping
from typing import Any

from pipeline.controls import CONTROLS, find_control
from pipeline.errors import MAX_SHOWN, InvalidRequest
from pipeline.images.infotext_reading import find_pairs, unquote
from pipeline.presets import find_preset
from pipeline.samplers import find_sampler


def fields_of(
    options: Mapping[str, Any], advanced: str = "", preset: str | None = None
) -> dict[str, Any]:
    """Fields of a request: `options` by field, `advanced` as text, and what a preset adds.

    Raises `InvalidRequest` for settings that are none, or set in both places.
    """
    fields = parse_advanced(advanced)
    for control in CONTROLS:
        if fields.keys() & options.keys() & set(control.fields):
            raise InvalidRequest(
                f"`{control.key}` is set twice, as an option and in `advanced`: say it once."
            )
    named = find_sampler(str(options["sampler"]))[1] if "sampler" in options else None
    if named and "noise_schedule" in fields:
        raise InvalidRequest(
            "`Schedule type` is set twice, in the sampler's name and in `advanced`: say it once."
        )
    fields |= options
    return find_preset(preset).around(fields) if preset else fields


def parse_advanced(text: str) -> dict[str, Any]:
    """Fields of a request out of settings as people type them: `Eta: 0.5, ENSD: 31337`.

    Raises `InvalidRequest` with a sentence for whatever is no setting, or set twice.
    """
    line = ", ".join(text.splitlines())
    fields: dict[str, Any] = {}
    position = 0
    for pair in find_pairs(line):
        _refuse_rest(line[position : pair.start])
        position = pair.end
        control = find_control(pair.key)
        read = control.read(unquote(pair.value.strip()))
        if fields.keys() & read.keys():
            raise InvalidRequest(f"`{control.key}` is set twice in `advanced`: say it once.")
        fields |= read
    _refuse_rest(line[position:])
    return fields


def _refuse_rest(text: str) -> None:
    if rest := text.strip(" ,"):
        raise InvalidRequest(
            f"`{rest[:MAX_SHOWN]}` is no setting: write them as in `Eta: 0.5, ENSD: 31337`."
        )
