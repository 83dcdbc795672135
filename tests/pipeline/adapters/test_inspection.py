"""What a file is, by what is in it: those of other programs, and those that nobody should have."""

import struct
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from pipeline.adapters.aesthetic import aesthetic_bytes
from pipeline.adapters.hypernetwork import Net, Structure
from pipeline.adapters.inspection import inspect
from pipeline.errors import AdapterUnreadable
from tests.pipeline.adapters.conftest import (
    FOUR_GIGABYTES_CLAIMED,
    WriteFile,
    run_as_its_writer_wishes,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "data"
TRAINED = {"steps": 250, "base": "toy"}
NETS = Net(8, Structure()).state_dict()


@pytest.mark.parametrize(
    ("file", "kind", "name", "widths", "facts"),
    [
        ("ti_webui.pt", "embedding", "ti_webui", (16,), {"vectors": 2} | TRAINED),
        ("ti_diffusers.bin", "embedding", "ti_diffusers", (16,), {"token": "toyemb"}),
        ("ti_emb_params.safetensors", "embedding", "ti_emb_params", (16,), {"vectors": 2}),
        ("ti_sdxl.safetensors", "embedding", "ti_sdxl", (40,), {"vectors": 2}),
        ("ti_card_both.png", "embedding", "toyemb", (16,), {"vectors": 2} | TRAINED),
        ("ti_card_stego.png", "embedding", "toyemb", (16,), {"vectors": 2} | TRAINED),
        ("ti_card_text.png", "embedding", "toyemb", (16,), {"vectors": 2} | TRAINED),
        ("hn_121_linear.pt", "hypernetwork", "hn_121_linear", (8, 12), {"steps": 123}),
        ("hn_131_mish.pt", "hypernetwork", "hn_131_mish", (8, 12), {"activation": "mish"}),
        ("hn_legacy_nai.pt", "hypernetwork", "hn_legacy_nai", (8, 12), {"layers": "1, 2, 1"}),
    ],
)
def test_the_files_of_other_programs_are_known_by_what_is_in_them(
    file: str, kind: str, name: str, widths: tuple[int, ...], facts: dict[str, Any]
) -> None:
    found = inspect(GOLDEN / file)
    assert (found.kind, found.name, found.widths) == (kind, name, widths)
    assert facts.items() <= found.facts.items()
    assert found.family == ("sdxl" if "sdxl" in file else None)


@pytest.mark.parametrize("ending", [".ckpt", ".pth"])
@pytest.mark.parametrize("file", ["ti_webui.pt", "ti_diffusers.bin", "hn_131_mish.pt"])
def test_endings_that_whole_models_have_as_well_tell_nothing(
    tmp_path: Path, file: str, ending: str
) -> None:
    path = tmp_path / Path(file).with_suffix(ending)
    path.write_bytes((GOLDEN / file).read_bytes())
    assert inspect(path) == inspect(GOLDEN / file)


def lora(name: str, width: int, **others: Any) -> dict[str, torch.Tensor]:
    down, up = torch.ones(4, width), torch.ones(6, 4)
    return {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up} | others


K = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
XL_K = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
DIFFUSERS_K = "unet.up_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"


@pytest.mark.parametrize(
    ("values", "said", "widths", "family"),
    [
        (lora(K, 768), {}, (768,), None),
        (lora(XL_K, 2048), {}, (2048,), "sdxl"),
        (lora("lora_te2_text_model_encoder_layers_0_mlp_fc1", 1280), {}, (), "sdxl"),
        (lora("lora_te_text_model_encoder_layers_0_self_attn_q_proj", 1024), {}, (1024,), None),
        (lora("lora_unet_conv_in", 4), {"ss_base_model_version": "sd_v1"}, (), "sd1"),
        (lora("lora_unet_conv_in", 4), {}, (), None),
        (
            {f"{DIFFUSERS_K}.lora_A.weight": torch.ones(4, 9)}
            | {f"{DIFFUSERS_K}.lora_B.weight": torch.ones(6, 4)},
            {},
            (9,),
            None,
        ),
    ],
)
def test_a_lora_tells_which_models_it_is_for(
    tmp_path: Path,
    values: dict[str, torch.Tensor],
    said: dict[str, str],
    widths: tuple[int, ...],
    family: str | None,
) -> None:
    path = tmp_path / "some.safetensors"
    path.write_bytes(safetensors.torch.save(values, said))
    found = inspect(path)
    assert (found.kind, found.widths, found.family) == ("lora", widths, family)
    assert found.facts["rank"] == "4"


def test_a_lora_tells_its_name_steps_and_strength(tmp_path: Path) -> None:
    said = {"ss_output_name": "mine", "ss_steps": "1500", "ss_sd_model_name": "toy"}
    tensors = lora(K, 768, **{f"{K}.alpha": torch.tensor(2.0)})
    (tmp_path / "file.safetensors").write_bytes(safetensors.torch.save(tensors, said))
    found = inspect(tmp_path / "file.safetensors")
    assert found.name == "mine"
    facts = {"rank": "4", "alpha": "2", "parts": "UNet", "steps": 1500, "base": "toy"}
    assert found.facts == facts


def test_what_a_stranger_writes_is_one_short_line(write: WriteFile, tmp_path: Path) -> None:
    long = "a\n`b`" * 10**5
    values = {"string_to_param": {"*": torch.ones(1, 768)}, "step": 10**30}
    found = inspect(write("a.pt", values | {"sd_checkpoint_name": long}))
    assert found.facts == {"vectors": 1, "base": ("a`b`" * 25)}
    nets = {768: (Net(768, Structure()).state_dict(),) * 2, "name": f" \n{long}"}
    assert inspect(write("b.pt", nets)).name == "a`b`" * 25
    said = {"ss_output_name": "\n", "ss_steps": "9" * 5000}
    other = K.replace("_0_attn2", "_1_attn2")
    ranks = {f"{other}.lora_down.weight": torch.ones(9, 768)}
    ranks[f"{other}.lora_up.weight"] = torch.ones(6, 9)
    (tmp_path / "c.safetensors").write_bytes(safetensors.torch.save(lora(K, 768) | ranks, said))
    found = inspect(tmp_path / "c.safetensors")
    assert (found.name, found.facts) == ("c", {"rank": "4 to 9", "parts": "UNet"})


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_bare_vector_is_an_aesthetic_embedding(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"dark{suffix}"
    path.write_bytes(aesthetic_bytes(torch.ones(1, 768), suffix))
    found = inspect(path)
    assert (found.kind, found.name, found.widths) == ("aesthetic", "dark", (768,))
    assert found.suffix == suffix


def test_a_file_is_stored_under_the_ending_of_what_it_is(write: WriteFile) -> None:
    vectors = {"<cat-toy>": torch.ones(768)}
    renamed = write("learned_embeds.safetensors", vectors)
    found = inspect(renamed)
    assert (found.suffix, found.name) == (".pt", "cat-toy")  # all of them are called alike


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(hostile: tuple[Path, Path]) -> None:
    path, trace = hostile
    with pytest.raises(AdapterUnreadable, match=r"could be a program|damaged"):
        inspect(path)
    assert not trace.exists()
    run_as_its_writer_wishes(path)
    assert trace.exists()


NAN = torch.full((2, 8), torch.nan)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pt", b"", "its file is empty"),
        ("a.pt", b"not a file of tensors", "no file of tensors"),
        ("a.safetensors", FOUR_GIGABYTES_CLAIMED, "no file of tensors"),
        ("a.safetensors", struct.pack("<Q", 2**40) + b"{}", "no file of tensors"),
        ("a.pt", b"PK\x03\x04 and nothing more", "truncated or damaged"),
        ("a.png", b"\x89PNG\r\n\x1a\n and nothing more", "truncated, damaged"),
        ("a.exe", b"MZ", r"take \.pt, \.bin, \.ckpt, \.safetensors"),
    ],
)
def test_bytes_that_are_nothing_are_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AdapterUnreadable, match=f"`a` cannot be used: .*{reason}"):
        inspect(tmp_path / name)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("a text", "maps no names to numbers"),
        ({}, "maps no names to numbers"),
        ({"string_to_param": {"*": NAN}}, "NaN or infinity"),
        ({"string_to_param": {"*": torch.ones(76, 8)}}, "76 vectors"),
        ({"a": torch.ones(1, 8), "b": torch.ones(1, 8)}, "of one token"),
        (NAN[:1], "NaN or infinity"),
        (torch.zeros(1, 8), "nothing but zeros"),
        (torch.ones(3, 8), "no single vector"),
        ({8: (NETS, {**NETS, "linear.0.weight": NAN})}, "do not fit its layer structure"),
        ({8: (NETS, {**NETS, "linear.0.bias": torch.full((16,), torch.nan)})}, "NaN or infinity"),
        ({8: NETS}, "not two nets"),
        ({**lora(K, 768), f"{K}.lora_up.weight": torch.full((6, 4), torch.inf)}, "NaN or infinity"),
        ({f"{K}.lora_up.weight": torch.ones(6, 4)}, "only one of two matrices"),
        ({**lora(K, 768), f"{K}.dora_scale": torch.ones(6)}, "it is DoRA"),
        ({f"{K}.hada_w1_a": torch.ones(6, 4)}, "it is LoHa"),
        ({**lora(K, 768), "notes": torch.ones(1)}, "belongs to no LoRA"),
        ({"state_dict": {"a": torch.ones(1)}}, "whole checkpoint"),
        ({"model.diffusion_model.out.2.bias": torch.ones(4)}, "whole checkpoint"),
    ],
)
def test_numbers_that_are_nothing_are_refused_in_a_sentence(
    write: WriteFile, values: Any, reason: str
) -> None:
    with pytest.raises(AdapterUnreadable, match=rf"`bad` cannot be used: .*{reason}.*\.$"):
        inspect(write("bad.pt", values))
