"""The catalogue of controls: whole, and the same in README.md as in the code."""

import pytest

from pipeline.control import ADVANCED, Control
from pipeline.controls import CONTROLS, control_rows, controls_table, find_control
from pipeline.errors import UnknownSetting
from pipeline.requests import GenerationRequest
from tests.conftest import ROOT

# What tells who asked and how it is shown, and the text that has a place of its own.
# Pictures cannot be said in settings.
NO_CONTROLS = {"id", "user", "max_running", "wants_previews", "prompt", "artifacts"}
NO_CONTROLS |= {"init_image", "mask"}


def test_every_field_of_a_request_has_a_control() -> None:
    controlled = {name for control in CONTROLS for name in control.fields}
    assert controlled == GenerationRequest.model_fields.keys() - NO_CONTROLS


def test_no_two_controls_share_a_name() -> None:
    names = [control.key.casefold() for control in CONTROLS]
    assert len(set(names)) == len(names)
    assert len(set(control_rows())) == len(control_rows())


@pytest.mark.parametrize("control", CONTROLS, ids=[control.key for control in CONTROLS])
def test_a_control_says_what_holds_when_it_is_left_alone(control: Control) -> None:
    for name in control.fields:
        default = GenerationRequest.model_fields[name].get_default()
        if (
            isinstance(default, int | float)
            and not control.choices
            and name not in ("width", "height")
        ):
            said = control.default.split(",")[0].split(";")[0].split(" ")[0]
            if name == control.fields[0]:  # what holds for a second one is said after it
                assert control.read(said)[name] == default
        elif control.choices:
            assert control.default.startswith(
                tuple(label for label, value in control.choices if value == default)
            )


@pytest.mark.parametrize("control", CONTROLS, ids=[control.key for control in CONTROLS])
def test_what_is_offered_for_a_control_can_be_set(control: Control) -> None:
    for value in control.offered:
        GenerationRequest(**{"prompt": "a", "seeds": (1,)} | control.read(value))


def test_a_control_is_found_however_it_is_spelt() -> None:
    assert find_control(" clip  SKIP ").key == "Clip skip"
    with pytest.raises(UnknownSetting, match="Try: Clip skip"):
        find_control("Clipskip")


def test_the_readme_shows_the_catalogue() -> None:
    assert controls_table() in (ROOT / "README.md").read_text("utf-8")


def test_whatever_is_no_option_of_its_own_is_in_advanced() -> None:
    assert {row.where for row in control_rows() if row.control in ("Eta", "Steps")} == {
        f"`{ADVANCED}`: `Eta: …`",
        "`steps`",
    }
