"""Learned things in every layout there is for them: the numbers come through as they were."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
import safetensors.torch
import torch
from PIL import Image

from pipeline.adapters.aesthetic import aesthetic_bytes, read_aesthetic
from pipeline.adapters.embedding import read_embedding
from pipeline.adapters.exporting import export
from pipeline.adapters.hypernetwork import Net, Structure, read_hypernetwork
from pipeline.adapters.lora import Branch, read_lora
from pipeline.adapters.lora_layouts import all_names
from pipeline.adapters.lora_names import ModulePath
from pipeline.artifact_layouts import Layout, export_layouts
from pipeline.errors import AdapterUnreadable, InvalidRequest
from pipeline.models.model import Model
from tests.pipeline.adapters.conftest import WriteFile
from tests.pipeline.adapters.lora_files import kohya, peft, random_matrices
from tests.pipeline.pictures import encoded

GOLDEN = Path(__file__).parents[2] / "golden" / "data"
FILES = ("ti_webui.pt", "ti_diffusers.bin", "ti_emb_params.safetensors", "ti_card_stego.png")


@pytest.mark.parametrize("layout", export_layouts("embedding"), ids=lambda it: it.id)
@pytest.mark.parametrize("file", FILES)
def test_an_embedding_comes_through_every_layout(tmp_path: Path, file: str, layout: Layout) -> None:
    given = read_embedding(GOLDEN / file)
    path = tmp_path / f"other{layout.suffix}"
    path.write_bytes(export(GOLDEN / file, "embedding", "my 名", layout.id, b""))
    found = read_embedding(path)
    assert torch.equal(found.vectors, given.vectors)
    assert found.name == ("my 名" if layout.shows_a_picture else "other")
    if layout.id in ("webui", "card"):
        assert (found.step, found.checkpoint_name) == (given.step, given.checkpoint_name)


def test_a_card_shows_the_sample_that_it_is_given(tmp_path: Path) -> None:
    sample = encoded(Image.new("RGB", (96, 96), (0, 200, 0)))
    card = export(GOLDEN / "ti_webui.pt", "embedding", "mine", "card", sample)
    picture = Image.open(BytesIO(card)).convert("RGB")
    assert picture.getpixel((picture.width // 2, 48)) == (0, 200, 0)
    with pytest.raises(InvalidRequest, match="picture cannot be"):
        export(GOLDEN / "ti_webui.pt", "embedding", "mine", "card", b"no picture")


def test_an_embedding_of_two_towers_goes_into_safetensors_alone(tmp_path: Path) -> None:
    given = GOLDEN / "ti_sdxl.safetensors"
    path = tmp_path / "xl.safetensors"
    path.write_bytes(export(given, "embedding", "xl", "safetensors", b""))
    assert torch.equal(read_embedding(path).vectors, read_embedding(given).vectors)
    assert read_embedding(path).clip_l_width == 16
    with pytest.raises(InvalidRequest, match=r"`xl` is for Stable Diffusion XL.* only safetensors"):
        export(given, "embedding", "xl", "webui", b"")


@pytest.mark.parametrize("file", ["hn_1221_relu_ln.pt", "hn_131_mish.pt", "hn_legacy_nai.pt"])
def test_a_hypernetwork_keeps_all_but_its_name(tmp_path: Path, file: str) -> None:
    path = tmp_path / "other.pt"
    path.write_bytes(export(GOLDEN / file, "hypernetwork", "mine", "webui", b""))
    found, given = read_hypernetwork(path), read_hypernetwork(GOLDEN / file)
    assert (found.name, found.structure, found.step) == ("mine", given.structure, given.step)
    for width, pair in given.nets.items():
        for ours, theirs in zip(found.nets[width], pair, strict=True):
            assert ours.state_dict().keys() == theirs.state_dict().keys()
            assert all(torch.equal(ours.state_dict()[k], v) for k, v in theirs.state_dict().items())


@pytest.mark.parametrize("given", [".pt", ".safetensors"])
@pytest.mark.parametrize("layout", export_layouts("aesthetic"), ids=lambda it: it.id)
def test_an_aesthetic_embedding_comes_through_every_layout(
    tmp_path: Path, given: str, layout: Layout
) -> None:
    vector = torch.randn(1, 768, generator=torch.Generator().manual_seed(1))
    path, other = tmp_path / f"dark{given}", tmp_path / f"other{layout.suffix}"
    path.write_bytes(aesthetic_bytes(vector, given))
    other.write_bytes(export(path, "aesthetic", "dark", layout.id, b""))
    assert torch.equal(read_aesthetic(other).vector, vector)


def by_module(path: Path, is_sdxl: bool = False) -> Mapping[ModulePath | None, Branch]:
    """What a file does, by the modules to which it is done."""
    return {all_names(is_sdxl).find(name): it for name, it in read_lora(path).branches.items()}


def assert_same(ours: Path, theirs: Path, is_sdxl: bool = False) -> None:
    found, given = by_module(ours, is_sdxl), by_module(theirs, is_sdxl)
    assert None not in found
    assert found.keys() == given.keys()
    for module, branch in given.items():
        assert torch.equal(found[module].down, branch.down)
        assert torch.equal(found[module].up, branch.up)


@pytest.mark.parametrize("layout", export_layouts("lora"), ids=lambda it: it.id)
@pytest.mark.parametrize("given", ["kohya", "kohya without alpha", "kohya, pickled", "diffusers"])
def test_a_lora_comes_through_every_layout(
    tmp_path: Path, demo_model: Model, given: str, layout: Layout
) -> None:
    matrices = random_matrices(demo_model, seed=1, size=0.1)
    tensors = peft(matrices) if given == "diffusers" else kohya(demo_model, matrices)
    if given == "kohya without alpha":
        tensors = {name: it for name, it in tensors.items() if not name.endswith("alpha")}
    path, there, back = (tmp_path / f"{name}.safetensors" for name in ("given", "there", "back"))
    if given == "kohya, pickled":
        torch.save(tensors, path)
    else:
        path.write_bytes(safetensors.torch.save(tensors, {"ss_steps": "20"}))
    there.write_bytes(export(path, "lora", "mine", layout.id, b""))
    assert_same(there, path)
    for other in export_layouts("lora"):
        back.write_bytes(export(there, "lora", "mine", other.id, b""))
        assert_same(back, path)


XL_NAMES = (
    "lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k",
    "lora_unet_middle_block_1_transformer_blocks_9_ff_net_0_proj",
    "lora_unet_output_blocks_2_2_conv",
    "lora_unet_input_blocks_3_0_op",
    "lora_unet_label_emb_0_2",
    "lora_te1_text_model_encoder_layers_0_self_attn_q_proj",
    "lora_te2_text_model_encoder_layers_31_mlp_fc1",
)


DIFFUSERS_NAMES = {
    "unet.down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k",
    "unet.mid_block.attentions.0.transformer_blocks.9.ff.net.0.proj",
    "unet.up_blocks.0.upsamplers.0.conv",
    "unet.down_blocks.0.downsamplers.0.conv",
    "unet.add_embedding.linear_2",
    "text_encoder.text_model.encoder.layers.0.self_attn.q_proj",
    "text_encoder_2.text_model.encoder.layers.31.mlp.fc1",
}


@pytest.mark.parametrize("names", [XL_NAMES, XL_NAMES[:3], XL_NAMES[-1:]])
def test_what_kohya_calls_the_modules_of_xl_is_found_and_called_so_again(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    tensors = {}
    for number, name in enumerate(names):
        tensors[f"{name}.lora_down.weight"] = torch.full((number + 1, 2048), 0.5)
        tensors[f"{name}.lora_up.weight"] = torch.ones(8, number + 1)
        tensors[f"{name}.alpha"] = torch.tensor(1.0 + number % 3)
    path, there, back = (tmp_path / f"{name}.safetensors" for name in ("given", "there", "back"))
    path.write_bytes(safetensors.torch.save(tensors))
    there.write_bytes(export(path, "lora", "xl", "diffusers", b""))
    found = {name.split(".lora_")[0] for name in safetensors.torch.load_file(there)}
    assert found <= DIFFUSERS_NAMES
    assert_same(there, path, is_sdxl=True)
    back.write_bytes(export(there, "lora", "xl", "kohya", b""))
    again = safetensors.torch.load_file(back)
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in tensors.items())


def test_what_has_no_name_in_a_layout_is_said_to_have_none(tmp_path: Path) -> None:
    name = "lora_unet_some_adapter"
    tensors = {f"{name}.lora_{side}.weight": torch.ones(4, 4) for side in ("down", "up")}
    path = tmp_path / "odd.safetensors"
    path.write_bytes(safetensors.torch.save(tensors))
    assert export(path, "lora", "odd", "kohya", b"") == path.read_bytes()
    with pytest.raises(AdapterUnreadable, match=f"`{name}` has no name in that layout"):
        export(path, "lora", "odd", "diffusers", b"")


def test_an_unknown_layout_is_refused_with_those_there_are(write: WriteFile) -> None:
    path = write("a.pt", {8: (Net(8, Structure()).state_dict(),) * 2})
    with pytest.raises(InvalidRequest, match=r"no layout called `jxl`\. Try: `webui`"):
        export(path, "embedding", "a", "jxl", b"")
