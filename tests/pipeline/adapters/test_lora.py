"""LoRA files in every layout, and files that are none."""

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from pipeline.adapters.lora import Branch, read_lora
from pipeline.errors import AdapterUnreadable
from tests.pipeline.adapters.lora_files import write_lora

NAME = "lora_unet_mid_block_attentions_0_proj_in"
DOWN, UP = torch.randn(4, 6), torch.randn(5, 4)
KOHYA = {f"{NAME}.lora_down.weight": DOWN, f"{NAME}.lora_up.weight": UP}
DOTTED = "unet.mid_block.attentions.0.proj_in"


def the_branch(path: Path) -> Branch:
    [branch] = read_lora(path).branches.values()
    return branch


def change(path: Path) -> Tensor:
    """What a file's only branch adds to a weight."""
    branch = the_branch(path)
    return branch.up @ branch.down


@pytest.mark.parametrize(
    ("down", "up"),
    [
        (f"{NAME}.lora_down.weight", f"{NAME}.lora_up.weight"),
        (f"{DOTTED}.lora_A.weight", f"{DOTTED}.lora_B.weight"),
        (f"{DOTTED}.lora_A.default.weight", f"{DOTTED}.lora_B.default.weight"),
        (f"{DOTTED}.lora.down.weight", f"{DOTTED}.lora.up.weight"),
        (f"{DOTTED}.lora_linear_layer.down.weight", f"{DOTTED}.lora_linear_layer.up.weight"),
        (f"{DOTTED}.processor.to_q_lora.down.weight", f"{DOTTED}.processor.to_q_lora.up.weight"),
    ],
)
def test_every_layout_tells_the_same(tmp_path: Path, down: str, up: str) -> None:
    path = write_lora(tmp_path, "one", {down: DOWN, up: UP})
    torch.testing.assert_close(change(path), UP @ DOWN)
    [name] = read_lora(path).branches
    assert down.startswith(name)
    assert not name.endswith(".lora")


def test_alpha_counts_for_each_rank(tmp_path: Path) -> None:
    alpha = {f"{NAME}.alpha": torch.tensor(2.0, dtype=torch.bfloat16)}
    path = write_lora(tmp_path, "one", KOHYA | alpha)
    torch.testing.assert_close(change(path), UP @ DOWN * 2 / 4)


def test_a_pickled_file_is_read_as_numbers_alone(tmp_path: Path) -> None:
    path = tmp_path / "one.pt"
    torch.save(KOHYA | {f"{NAME}.alpha": torch.tensor(4)}, path)
    torch.testing.assert_close(change(path), UP @ DOWN)


def test_a_hostile_pickle_is_refused_and_does_not_run(hostile: tuple[Path, Path]) -> None:
    path, trace = hostile
    with pytest.raises(AdapterUnreadable):
        read_lora(path)
    assert not trace.exists()


def test_both_matrices_survive_half_precision_whatever_the_scale(tmp_path: Path) -> None:
    tensors = {f"{NAME}.lora_down.weight": DOWN * 100, f"{NAME}.lora_up.weight": UP * 1e-6}
    path = write_lora(tmp_path, "one", tensors | {f"{NAME}.alpha": torch.tensor(0.03)})
    branch = the_branch(path)
    halved = branch.up.half().float() @ branch.down.half().float()
    expected = UP @ DOWN * 1e-4 * 0.03 / 4
    torch.testing.assert_close(halved, expected, rtol=0.01, atol=float(expected.abs().max()) / 500)


def test_a_convolution_in_three_parts_is_read_as_two(tmp_path: Path) -> None:
    down, mid, up = torch.randn(3, 6, 1, 1), torch.randn(3, 3, 3, 3), torch.randn(5, 3, 1, 1)
    tensors = {
        f"{NAME}.lora_{part}.weight": each
        for part, each in zip(("down", "mid", "up"), (down, mid, up), strict=True)
    }
    branch = the_branch(write_lora(tmp_path, "one", tensors))
    states = torch.randn(1, 6, 8, 8)
    conv = torch.nn.functional.conv2d
    torch.testing.assert_close(
        conv(conv(states, branch.down, padding=1), branch.up),
        conv(conv(conv(states, down), mid, padding=1), up),
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.parametrize(
    ("settings", "scale"),
    [
        ({"unet.lora_alpha": 8, "unet.r": 4}, 2.0),
        ({"unet.lora_alpha": 8, "unet.use_rslora": True}, 4.0),
        ({"unet.lora_alpha": 8, "unet.alpha_pattern": {"attentions.0.proj_in": 1}}, 0.25),
        ({"text_encoder.lora_alpha": 8}, 1.0),
        ({"lora_alpha": 2}, 0.5),
        ({"unet.lora_alpha": float("inf")}, 1.0),
    ],
)
def test_what_diffusers_says_beside_the_matrices_holds(
    tmp_path: Path, settings: dict[str, object], scale: float
) -> None:
    metadata = {"lora_adapter_metadata": json.dumps(settings)}
    tensors = {f"{DOTTED}.lora_A.weight": DOWN, f"{DOTTED}.lora_B.weight": UP}
    path = write_lora(tmp_path, "one", tensors, metadata)
    torch.testing.assert_close(change(path), UP @ DOWN * scale)


def test_a_file_of_peft_alone_needs_its_other_file(tmp_path: Path) -> None:
    name = "base_model.model.mid_block.attentions.0.proj_in"
    tensors = {f"{name}.lora_A.weight": DOWN, f"{name}.lora_B.weight": UP}
    path = write_lora(tmp_path, "one", tensors)
    with pytest.raises(AdapterUnreadable, match="adapter_config"):
        read_lora(path)
    path.with_name("adapter_config.json").write_text('{"lora_alpha": 12, "r": 4}')
    torch.testing.assert_close(change(path), UP @ DOWN * 3)


def test_its_short_hash_is_what_webui_tells(tmp_path: Path) -> None:
    """Without the header, which people edit; or what the file says of itself."""
    plain = write_lora(tmp_path, "plain", KOHYA)
    renamed = write_lora(tmp_path, "renamed", KOHYA, {"ss_output_name": "other"})
    assert read_lora(plain).short_hash == read_lora(renamed).short_hash
    assert read_lora(plain).hash != read_lora(renamed).hash
    said = write_lora(tmp_path, "said", KOHYA, {"sshs_model_hash": "ab12" * 16})
    assert read_lora(said).short_hash == "ab12ab12ab12"
    lying = write_lora(tmp_path, "lying", KOHYA, {"sshs_model_hash": "x: 1, y: 2, z: 3"})
    assert read_lora(lying).short_hash == read_lora(plain).short_hash


def test_embeddings_in_the_same_file_come_with_it(tmp_path: Path) -> None:
    vectors, parts = torch.randn(2, 6), (torch.randn(1, 4), torch.randn(1, 5))
    bundled = {
        "bundle_emb.my style.string_to_param.*": vectors,
        "bundle_emb.xl.clip_l": parts[0],
        "bundle_emb.xl.clip_g": parts[1],
    }
    lora = read_lora(write_lora(tmp_path, "one", KOHYA | bundled))
    assert lora.branches.keys() == {NAME}
    assert torch.equal(lora.embeddings["my style"].vectors, vectors)
    assert torch.equal(lora.embeddings["xl"].vectors, torch.cat(parts, dim=1))
    with pytest.raises(AdapterUnreadable, match="changes nothing"):
        read_lora(write_lora(tmp_path, "alone", bundled))


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({f"{NAME}.lora_down.weight": DOWN}, "only one of two matrices"),
        ({f"{NAME}.alpha": torch.tensor(1.0)}, "only one of two matrices"),
        (KOHYA | {f"{NAME}.dora_scale": torch.ones(5, 1)}, "it is DoRA"),
        ({f"{NAME}.hada_w1_a": DOWN}, "it is LoHa"),
        ({f"{NAME}.lokr_w1": DOWN}, "it is LoKr"),
        ({f"{NAME}.oft_blocks": DOWN}, "it is OFT"),
        ({f"{NAME}.diff": DOWN}, "a full difference"),
        ({"model.diffusion_model.out.2.bias": DOWN}, "belongs to no LoRA"),
        (KOHYA | {f"{NAME}.lora_up.weight": torch.randn(5, 3)}, "do not belong together"),
        (KOHYA | {f"{NAME}.lora_up.weight": UP * torch.inf}, "NaN or infinity"),
        (KOHYA | {f"{NAME}.alpha": torch.tensor(torch.nan)}, "is no number"),
        (KOHYA | {f"{NAME}.lora_mid.weight": DOWN}, "do not belong together"),
        (
            {
                f"{NAME}.lora_down.weight": torch.ones(0, 6),
                f"{NAME}.lora_up.weight": torch.ones(5, 0),
            },
            "do not belong together",
        ),
    ],
)
def test_what_is_no_lora_says_so(tmp_path: Path, tensors: dict[str, Tensor], reason: str) -> None:
    with pytest.raises(AdapterUnreadable, match=reason) as caught:
        read_lora(write_lora(tmp_path, "bad", tensors))
    assert caught.value.message.startswith("The LoRA `bad` cannot be used: ")


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 40, b"PK\x03\x04", b"{}" * 20])
def test_a_damaged_file_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(AdapterUnreadable):
        read_lora(path)
    whole = safetensors.torch.save(KOHYA)
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(AdapterUnreadable):
        read_lora(path)
