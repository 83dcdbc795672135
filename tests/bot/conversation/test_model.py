"""Which models there are, and one's own from now on."""

from pathlib import Path

import pytest

from bot.commands import model
from pipeline import ModelConfig, PipelineConfig
from tests.bot.conversation.conftest import Town
from tests.conftest import WEIGHTS


@pytest.fixture
def many(town: Town, tmp_path: Path) -> Town:
    """The demo model, one that lost its files, and more than a list has room for."""
    models = {"demo": ModelConfig(path=WEIGHTS)}
    models |= {f"broken {number}": ModelConfig(path=tmp_path / "model") for number in range(40)}
    config = town.config.model_copy(update={"pipeline": PipelineConfig(models=models)})
    return Town(town.you, town.director, config)


async def test_models_are_listed_with_family_size_and_hash(many: Town) -> None:
    async with many.bot():
        said = await many.you.answer(
            await many.you.slash("model"), until=lambda it: "There are" in it["content"]
        )
        assert "**demo** makes your pictures (built in)" in said["content"]
        assert "- **demo** · Stable Diffusion 1 · 128×128 · `" in said["content"]
        assert "**broken 0** · its files cannot be read" in said["content"]
        assert "more: type part of a name" in said["content"]
        assert said["flags"] & 64


async def test_ones_own_model_is_found_by_typing_and_used_from_then_on(many: Town) -> None:
    async with many.bot() as pipeline:
        pipeline.may_finish.set()
        offered = await many.you.suggestions("model", "name", "diffusion 1 de")
        assert offered == [{"name": "demo · Stable Diffusion 1 · 128", "value": "demo"}]
        found = await many.you.suggestions("model", "name", "broken 3")
        assert "broken 39" in [it["value"] for it in found]
        assert len(await many.you.suggestions("model", "name", "")) == 25
        sent = await many.you.slash("model", name="broken 7")
        said = await many.you.answer(sent, until=lambda it: "From now on" in it["content"])
        assert "**broken 7** makes your pictures" in said["content"]
        sent = await many.you.slash("imagine", prompt="a", seed=7)
        await many.you.answer(sent, until=lambda it: "Seed" in it["content"])
        sent = await many.you.slash("model", name="nothing")
        said = await many.you.answer(sent, until=lambda it: it["content"])
        assert "There is no model called `nothing`" in said["content"]
    assert [it.model for it in pipeline.requests] == ["broken 7"]


async def test_a_hash_that_takes_long_is_told_the_next_time(
    many: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "PATIENCE", 0.0)
    async with many.bot():

        async def listed() -> str:
            sent = await many.you.slash("model")
            said = await many.you.answer(sent, until=lambda it: "There are" in it["content"])
            return str(said["content"])

        assert "128×128 · `…`" in await listed()

        async def is_known() -> bool:
            return "128×128 · `…`" not in await listed()

        assert await many.you.until(is_known)
