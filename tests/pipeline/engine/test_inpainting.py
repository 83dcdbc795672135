"""A part of a picture painted anew, on the demo model."""

from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.engine.engine import Engine
from pipeline.engine.init_image import encode_init_image
from pipeline.engine.running_image import RunningImage
from pipeline.images.masks import mask_of_region
from pipeline.images.regions import parse_region
from pipeline.models.model import Model
from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage
from pipeline.samplers import SAMPLERS
from pipeline.sampling.noise import Normals
from tests.pipeline.engine.conftest import request_of, run
from tests.pipeline.pictures import encoded

SIZE = 128  # pixels; what the demo model was trained on


def scene(size: int = SIZE) -> Image.Image:
    """A disc of blue on a ground that is grey and not quite even."""
    picture = Image.effect_noise((size, size), 12).convert("RGB")
    box = [size * 0.1, size * 0.35, size * 0.4, size * 0.65]
    ImageDraw.Draw(picture).ellipse(box, fill="#2040d0")
    return picture


SCENE = scene()
RIGHT = mask_of_region(parse_region("right half"), (SIZE, SIZE))
HALF = {"init_image": encoded(SCENE), "mask": RIGHT, "width": SIZE, "height": SIZE}


def levels_of(picture: Image.Image) -> NDArray[np.int_]:
    return np.asarray(picture.convert("RGB"), dtype=int)


def made(engine: Engine, requests: Sequence[GenerationRequest]) -> dict[str, GeneratedImage]:
    for request in requests:
        engine.submit(request)
    events = run(engine)
    return {event.request_id: event for event in events if isinstance(event, GeneratedImage)}


def painted(image: GeneratedImage) -> NDArray[np.int_]:
    return levels_of(Image.open(BytesIO(image.png)))


def test_nothing_changes_outside_the_mask_with_any_sampler(engine: Engine) -> None:
    requests = [
        request_of(id=info.id, sampler=info.id, num_steps=4, strength=0.9, **HALF)
        for info in SAMPLERS
    ]
    images = made(engine, requests)
    assert images.keys() == {info.id for info in SAMPLERS}
    old = levels_of(SCENE)
    for name, image in images.items():
        new = painted(image)
        # The blur reaches ten pixels to the left of the mask's edge.
        np.testing.assert_array_equal(new[:, : SIZE // 2 - 10], old[:, : SIZE // 2 - 10], name)
        assert np.abs(new - old)[:, SIZE // 2 + 16 :].mean() > 5, name


def test_an_inverted_mask_keeps_what_the_other_repaints(engine: Engine) -> None:
    [image] = made(engine, [request_of(inverted_mask=True, strength=0.9, **HALF)]).values()
    edge = SIZE // 2 + 10
    np.testing.assert_array_equal(painted(image)[:, edge:], levels_of(SCENE)[:, edge:])
    assert "Mask mode: Inpaint not masked, Mask blur: 4" in image.infotext


def test_a_blank_mask_is_no_mask_and_a_white_one_keeps_nothing(engine: Engine) -> None:
    blank, white = (encoded(Image.new("L", (SIZE, SIZE), level)) for level in (0, 255))
    plain = HALF | {"mask": None}
    images = made(
        engine,
        [
            request_of(id="blank", **HALF | {"mask": blank}),
            request_of(id="small blank", inpaint_area="only_masked", **HALF | {"mask": blank}),
            request_of(id="white", **HALF | {"mask": white}),
            request_of(id="plain", **plain),
        ],
    )
    for name in ("blank", "small blank", "white"):
        np.testing.assert_allclose(painted(images[name]), painted(images["plain"]), atol=2)


def test_only_what_is_masked_is_worked_on_and_the_rest_keeps_its_size_and_bytes(
    engine: Engine,
) -> None:
    large = scene(600).resize((600, 400))
    region = parse_region("0.7,0.6,0.8,0.75")
    request = request_of(
        init_image=encoded(large),
        mask=mask_of_region(region, (300, 200)),
        inpaint_area="only_masked",
        mask_padding=16,
        mask_blur=2,
        strength=1.0,
        width=SIZE,
        height=SIZE,
    )
    [image] = made(engine, [request]).values()
    new, old = painted(image), levels_of(large)
    assert (image.width, image.height) == (600, 400)
    left, top, right, bottom = region.box((600, 400))
    around = np.ones(old.shape[:2], dtype=bool)
    around[top - 8 : bottom + 8, left - 8 : right + 8] = False
    np.testing.assert_array_equal(new[around], old[around])
    assert np.abs(new - old)[top:bottom, left:right].mean() > 5
    assert "Inpaint area: Only masked, Masked area padding: 16" in image.infotext


@pytest.mark.parametrize("content", ["original", "fill", "latent_noise", "latent_nothing"])
def test_inside_the_mask_it_begins_from_the_content_that_was_asked_for(
    demo_model: Model, content: str
) -> None:
    request = request_of(seeds=(7, 8), masked_content=content, mask_blur=0, **HALF)
    with torch.no_grad():
        init = encode_init_image(request, demo_model)
        plain = encode_init_image(request_of(**HALF | {"mask": None}), demo_model).latents
    begun = init.beginning(request, 1)
    assert begun is not None
    assert plain is not None
    masked = begun[..., SIZE // 16 + 1 :]
    if content == "latent_noise":
        noise = Normals(8, "cpu").draw((4, SIZE // 8, SIZE // 8))[..., SIZE // 16 + 1 :]
        torch.testing.assert_close(masked[0], noise)
    elif content == "latent_nothing":
        assert not masked.any()
    elif content == "original":
        torch.testing.assert_close(begun, plain)
    else:
        assert (masked - plain[..., SIZE // 16 + 1 :]).abs().max() > 0.01


def test_a_sampler_that_asks_for_noise_is_shown_the_clean_picture_outside_the_mask(
    engine: Engine,
) -> None:
    shown: dict[str, RunningImage] = {}
    for name in ("ddim", "euler"):
        engine.submit(request_of(id=name, sampler=name, num_steps=4, **HALF))
    while not engine.idle:
        for image in engine.running:
            shown.setdefault(image.request.id, image)
            beginning = image._beginning
            assert beginning is not None
            left = (image.evaluation.latents - beginning)[..., : SIZE // 16 - 2].abs().max()
            assert (left == 0) == (image.request.id == "ddim")
        engine.step()
    for image in shown.values():
        assert image.latents is not None
        assert image._beginning is not None
        outside = (image.latents - image._beginning)[..., : SIZE // 16 - 2]
        assert not outside.any()  # blended once more at the end


def test_a_masked_picture_is_the_same_bytes_alone_and_in_a_crowd(
    reproducible: Callable[[], Engine],
) -> None:
    wanted = [
        request_of(id="k", sampler="euler_a", **HALF),
        request_of(id="timestep", sampler="ddim", masked_content="latent_noise", **HALF),
        request_of(id="part", sampler="dpmpp_2m", inpaint_area="only_masked", **HALF),
        request_of(id="filled", sampler="unipc", masked_content="fill", **HALF),
    ]
    alone: dict[str, bytes] = {}
    engine = reproducible()
    for request in wanted:
        alone |= {name: image.png for name, image in made(engine, [request]).items()}
    crowd = {name: image.png for name, image in made(reproducible(), wanted).items()}
    assert crowd == alone
