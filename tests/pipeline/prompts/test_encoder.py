"""Texts to conditioning: what is encoded together, what is kept, what is refused."""

from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from pipeline.adapters.shelf import Shelf
from pipeline.errors import InvalidRequest, UnknownAdapter, UnknownTag
from pipeline.models.model import Model
from pipeline.prompts.encoder import MAX_CHUNKS, PromptEncoder
from tests.pipeline.prompts.texts import conditioning_of, context_of, encoder_of, request_for


def save_embedding(folder: Path, name: str, vectors: torch.Tensor) -> None:
    path = folder / "embeddings" / f"{name}.safetensors"
    path.parent.mkdir(exist_ok=True)
    save_file({"emb_params": vectors}, path)


def width_of(model: Model) -> int:
    return int(model.text_encoder.config.hidden_size)


def hidden_of(model: Model, prompt: str, **values: object) -> torch.Tensor:
    return context_of(model, prompt, **values).hidden


def test_a_text_takes_77_positions_for_every_75_tokens(demo_model: Model) -> None:
    assert context_of(demo_model, "a red circle").num_tokens == 77
    assert context_of(demo_model, "red " * 76).num_tokens == 154


def test_a_short_text_is_read_as_the_text_encoder_reads_it(demo_model: Model) -> None:
    tokens = demo_model.tokenizer(
        "a red circle", padding="max_length", max_length=77, return_tensors="pt"
    )
    expected = demo_model.text_encoder(tokens.input_ids).last_hidden_state
    assert torch.equal(hidden_of(demo_model, "a red circle"), expected)


@settings(deadline=None, max_examples=30)  # the text encoder takes its time on a busy machine
@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused_in_a_sentence(demo_model: Model, text: str) -> None:
    with suppress(InvalidRequest):
        assert context_of(demo_model, f"a {text}").num_tokens % 77 == 0


def test_break_makes_a_context_longer_by_a_chunk(demo_model: Model) -> None:
    joined = context_of(demo_model, "a red circle BREAK a blue star")
    assert joined.num_tokens == 2 * 77
    parts = [hidden_of(demo_model, text) for text in ("a red circle", "a blue star")]
    torch.testing.assert_close(joined.hidden, torch.cat(parts, dim=1))


def test_every_option_of_an_alternation_is_encoded_once(demo_model: Model) -> None:
    [timeline] = conditioning_of(demo_model, "a [red|blue|green] circle", num_steps=20).positive
    assert len(timeline.contexts) == 20
    assert len({id(context) for context in timeline.contexts}) == 3


def test_texts_of_one_schedule_are_weighed_together(demo_model: Model) -> None:
    changing = conditioning_of(demo_model, "(red:1.5) [circle:star:0.5]", num_steps=10)
    [timeline] = changing.positive
    alone = hidden_of(demo_model, "(red:1.5) circle")
    together = timeline.at(0).hidden
    assert not torch.allclose(together, alone, rtol=1e-5, atol=1e-5)
    ratio = together / alone  # the mean is restored over both texts: one factor for everything
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio), rtol=1e-4, atol=1e-4)


def test_texts_of_and_are_weighed_apart_and_padded_to_the_longest(demo_model: Model) -> None:
    both = conditioning_of(demo_model, f"(red:1.5) circle AND {'blue ' * 80}:0.5")
    short, long = (timeline.at(0).hidden for timeline in both.positive)
    assert both.weights == (1.0, 0.5)
    assert short.shape == long.shape == (1, 154, width_of(demo_model))
    alone = hidden_of(demo_model, "(red:1.5) circle")
    assert torch.equal(short[:, :77], alone)
    assert torch.equal(short[:, 77:], alone[:, -1:].expand(-1, 77, -1))


def test_the_negative_prompt_keeps_its_own_length_and_is_left_out_where_it_cancels_out(
    demo_model: Model,
) -> None:
    long = conditioning_of(demo_model, "red", negative_prompt="blue " * 80)
    assert long.negative is not None
    assert [each.num_tokens for each in long.at(0)] == [77, 154]
    assert conditioning_of(demo_model, "red", guidance_scale=1.0).negative is None
    assert conditioning_of(demo_model, "red:1.5", guidance_scale=1.0).negative is not None


def test_clip_skip_reads_an_earlier_layer_and_normalises_it(demo_model: Model) -> None:
    tokens = demo_model.tokenizer("red", padding="max_length", max_length=77, return_tensors="pt")
    tower = demo_model.text_encoder
    states = tower(tokens.input_ids, output_hidden_states=True).hidden_states
    for clip_skip in (1, 2, 4):
        expected = tower.final_layer_norm(states[-clip_skip])
        assert torch.equal(hidden_of(demo_model, "red", clip_skip=clip_skip), expected)
    with pytest.raises(InvalidRequest, match="has 4 layers"):
        hidden_of(demo_model, "red", clip_skip=5)


@pytest.mark.parametrize("mode", ["original", "no_norm", "ignore", "none"])
def test_emphasis_does_what_its_mode_says(demo_model: Model, mode: str) -> None:
    weighed = hidden_of(demo_model, "a (red:1.5) circle", emphasis=mode)
    plain = hidden_of(demo_model, "a red circle")
    literal = context_of(demo_model, r"a \(red:1.5\) circle").hidden
    if mode == "original":
        assert float(weighed.mean()) == pytest.approx(float(plain.mean()), rel=1e-3)
        assert not torch.allclose(weighed, plain)
    elif mode == "no_norm":
        torch.testing.assert_close(weighed[:, 2], plain[:, 2] * 1.5)
        assert torch.equal(weighed[:, 3], plain[:, 3])
    else:
        assert torch.equal(weighed, plain if mode == "ignore" else literal)


def test_nai_syntax_weighs_by_braces_and_takes_round_brackets_as_text(demo_model: Model) -> None:
    braces = hidden_of(demo_model, "a {red} (circle)", prompt_syntax="nai")
    expected = hidden_of(demo_model, r"a (red:1.05) \(circle\)")
    assert torch.equal(braces, expected)
    brackets = hidden_of(demo_model, "a [red:0.5]", prompt_syntax="nai")
    assert torch.equal(brackets, hidden_of(demo_model, f"a (red:0.5:{1 / 1.05!r})"))


def test_an_embedding_takes_the_place_of_its_name_and_the_table_stays(
    demo_model: Model, tmp_path: Path
) -> None:
    table = demo_model.text_encoder.embeddings.token_embedding
    before = table.weight.clone()
    words = demo_model.tokenizer("blue star", add_special_tokens=False).input_ids
    save_embedding(tmp_path, "my thing", table.weight[words].clone())
    used = encoder_of(demo_model, tmp_path).encode(request_for("a My Thing, (my thing:1.3)"))
    expected = hidden_of(demo_model, "a blue star, (blue star:1.3)")
    torch.testing.assert_close(used.positive[0].at(0).hidden, expected)
    assert list(used.embedding_hashes) == ["my thing"]
    assert torch.equal(table.weight, before)
    plain = encoder_of(demo_model, tmp_path).encode(request_for("a blue star, (blue star:1.3)"))
    assert torch.equal(plain.positive[0].at(0).hidden, expected)
    assert plain.embedding_hashes == {}


def test_an_embedding_that_changed_on_disk_is_read_anew(demo_model: Model, tmp_path: Path) -> None:
    encoder, request = encoder_of(demo_model, tmp_path), request_for("a thing")
    contexts = []
    for length in (1, 2, 2):
        save_embedding(tmp_path, "thing", torch.full((length, width_of(demo_model)), 0.1 * length))
        contexts.append(encoder.encode(request).positive[0].at(0))
    assert not torch.equal(contexts[0].hidden, contexts[1].hidden)
    assert contexts[1] is contexts[2]


def test_what_cannot_be_had_is_refused_in_a_sentence(demo_model: Model, tmp_path: Path) -> None:
    save_embedding(tmp_path, "fits", torch.zeros(1, width_of(demo_model)))
    save_embedding(tmp_path, "misfit", torch.zeros(1, 7))
    encoder = encoder_of(demo_model, tmp_path)
    for prompt, error, sentence in [
        ("a misfit", InvalidRequest, "another kind of model"),
        ("red <hypernet:nothing:1>", UnknownAdapter, "no hypernetwork called `nothing`"),
        ("red <embedding:fit>", UnknownAdapter, "Try: fits"),
        ("red <embedding:fits>", InvalidRequest, "write `fits` alone"),
        ("red <lora:x:1>", InvalidRequest, "LoRA"),
        ("red <hypernetwork:x:1>", UnknownTag, "Try: hypernet"),
        ("red <hypernet:x:much>", InvalidRequest, "`much` is no strength"),
        ("red <hypernet:x:nan>", InvalidRequest, "`nan` is no strength"),
        ("red <hypernet:a=b>", InvalidRequest, "needs a name"),
    ]:
        with pytest.raises(error, match=sentence):
            encoder.encode(request_for(prompt))


def test_a_prompt_of_too_many_texts_is_refused_in_a_sentence(demo_model: Model) -> None:
    many = " ".join(f"[{'|'.join(map(str, range(size)))}]" for size in (2, 3, 5, 7, 11))
    for prompt in (many, "red " * 300 + f"[{'|'.join(map(str, range(40)))}]"):
        with pytest.raises(InvalidRequest, match=f"more than {MAX_CHUNKS} parts"):
            conditioning_of(demo_model, prompt, num_steps=150)


def test_what_was_read_lately_is_kept_and_the_oldest_forgotten(demo_model: Model) -> None:
    room = 3 * context_of(demo_model, "first").num_bytes
    encoder = PromptEncoder(demo_model, Shelf(None), room)

    def read(prompt: str) -> object:
        return encoder.encode(request_for(prompt, guidance_scale=1.0)).positive[0].at(0)

    first = read("first")
    for number in range(2):
        read(str(number))
    assert read("first") is first
    for number in range(3):
        read(f"other {number}")
    assert read("first") is not first


@pytest.mark.parametrize(
    "values", [{"clip_skip": 2}, {"emphasis": "no_norm"}, {"prompt": "(red:1.2) [star|heart]"}]
)
def test_what_changes_the_result_is_not_taken_from_what_is_kept(
    demo_model: Model, values: dict[str, object]
) -> None:
    encoder, first = encoder_of(demo_model), request_for("(red:1.2) star", num_steps=4)
    other = first.model_copy(update=values)
    contexts = [encoder.encode(each).positive[0].at(0) for each in (first, other, first)]
    assert contexts[0] is contexts[2]
    assert not torch.equal(contexts[0].hidden, contexts[1].hidden)
