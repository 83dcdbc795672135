"""What settings from elsewhere call, and is not here, is left out and said."""

import json
from pathlib import Path

from pipeline import AdapterNames, GenerationRequest, check_prompts, request_from_infotext

SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
TOLD = 'Aesthetic embedding: dusk, TI hashes: "bad-hands: 1234abcd, here: 12, Bad_v2: 0f"'


def shelf(folder: Path, *files: str) -> AdapterNames:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return AdapterNames.in_folder(folder)


def test_what_is_not_here_is_named_and_left_out(tmp_path: Path) -> None:
    names = shelf(tmp_path, "embeddings/here.pt", "loras/style/ink.safetensors")
    text = f"a cat <lora:ink:0.7> <lora:oil:1> <hypernet:fog:0.5>\n{SETTINGS}, {TOLD}"
    found = request_from_infotext(text, {}, names)
    assert found.request.prompt.split() == ["a", "cat", "<lora:ink:0.7>"]
    assert found.request.aesthetic_embedding == ""
    assert found.notes == (
        "The LoRA `oil` is not here, and is left out.",
        "The hypernetwork `fog` is not here, and is left out.",
        "The aesthetic embedding `dusk` is not here, and is left out.",
        "The embedding `bad-hands` is not here: its name is read as words.",
        "The embedding `Bad_v2` is not here: its name is read as words.",
    )


def test_what_is_here_is_taken_and_a_hypernetwork_may_be_a_setting(tmp_path: Path) -> None:
    names = shelf(tmp_path, "hypernetworks/fog.pt", "embeddings/here.pt", "aesthetic/dusk.pt")
    text = f"a cat\n{SETTINGS}, Hypernet: fog, TI hashes: here: 12, Aesthetic embedding: dusk"
    found = request_from_infotext(text, {}, names)
    assert (found.request.prompt, found.notes) == ("a cat<hypernet:fog:1.0>", ())
    missing = request_from_infotext(text, {}, AdapterNames())
    assert missing.request.prompt == "a cat"
    assert len(missing.notes) == 3


def test_what_is_elsewhere_than_in_the_folder_is_taken_whatever_its_capitals() -> None:
    text = (
        f"a cat <lora:Anna/ink:0.7> <lora:fog:1> <hypernet:Fog:0.5>\n{SETTINGS}, "
        "TI hashes: bad-hands: 1234, Aesthetic embedding: dusk"
    )
    names = AdapterNames().with_others(
        [("lora", "anna/Ink"), ("hypernetwork", "fog"), ("aesthetic", "Dusk")]
    )
    found = request_from_infotext(text, {}, names)
    assert found.request.prompt.split() == ["a", "cat", "<lora:Anna/ink:0.7>", "<hypernet:Fog:0.5>"]
    assert found.request.aesthetic_embedding == "dusk"
    assert [note.split("`")[1] for note in found.notes] == ["fog", "bad-hands"]


def test_a_lora_is_found_by_its_hash_or_by_the_name_it_was_trained_under(tmp_path: Path) -> None:
    path = tmp_path / "loras" / "ink-v2.safetensors"
    path.parent.mkdir()
    said = {"ss_output_name": "ink", "sshs_model_hash": "0123456789ab" + "0" * 52}
    header = json.dumps({"__metadata__": said}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    names = AdapterNames.in_folder(tmp_path)
    for tag, hashes in (
        ("<lora:ink:0.7>", ""),
        ("<lora:oil:0.7>", ', Lora hashes: "oil: 0123456789ab, other: 00"'),
        ("<lora:ink-v2:0.7>", ", Lora hashes: ink-v2: ffffffffffff"),
    ):
        found = request_from_infotext(f"a cat {tag}\n{SETTINGS}{hashes}", {}, names)
        assert found.request.prompt == "a cat <lora:ink-v2:0.7>"
        assert found.notes == ()
    check_prompts(GenerationRequest(prompt="a cat <lora:ink>", seeds=(1,)), names)


def test_a_card_may_hold_any_embedding(tmp_path: Path) -> None:
    names = shelf(tmp_path, "embeddings/card.png")
    assert request_from_infotext(f"a\n{SETTINGS}, TI hashes: x: 12", {}, names).notes == ()
