"""The gallery: a picture for every control, and one page that shows them all."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.adapters.shelf import Shelf
from pipeline.config import PipelineConfig, read_pipeline_config, read_toml
from pipeline.controls import control_rows
from pipeline.gallery.adapters import AESTHETIC, EMBEDDING, HYPERNETWORK, LORA, write_adapters
from pipeline.gallery.exhibits import EXHIBITS
from pipeline.gallery.making import Shown, requests_of
from pipeline.gallery.page import page_of
from tests.conftest import ROOT, WEIGHTS


@pytest.fixture(scope="module")
def config() -> PipelineConfig:
    return read_pipeline_config(read_toml(ROOT / "config.toml")["pipeline"], ROOT)


def test_every_control_of_the_catalogue_is_shown_once() -> None:
    shown = [exhibit.control for exhibit in EXHIBITS]
    assert shown == [row.control for row in control_rows()]


def test_every_variant_can_be_asked_for(config: PipelineConfig) -> None:
    for exhibit in EXHIBITS:
        asked = requests_of(exhibit, config)
        assert asked.keys() == exhibit.variants.keys()


def test_the_adapters_that_it_makes_are_found_and_read(tmp_path: Path) -> None:
    write_adapters(WEIGHTS, tmp_path)
    shelf = Shelf(tmp_path)
    assert shelf.hypernetwork(HYPERNETWORK)
    assert shelf.lora(LORA)
    assert shelf.aesthetic(AESTHETIC)
    encoder = json.loads((WEIGHTS / "text_encoder" / "config.json").read_text("utf-8"))
    assert EMBEDDING in shelf.embeddings(encoder["hidden_size"])


class Page(HTMLParser):
    """What a browser would fetch, and whether every element ends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.fetched += [str(value) for name, value in attributes if name in ("src", "srcset")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_shows_every_picture_and_fetches_nothing_else() -> None:
    shown = [
        Shown(exhibit, caption, [f"{exhibit.control}-{caption}.png"], "a <b> & c")
        for exhibit in EXHIBITS
        for caption in exhibit.variants
    ]
    page = Page(page_of(shown))
    assert page.fetched == [name for each in shown for name in each.files]
    assert not page.open
