"""Pictures with other hypernetworks, in flight together."""

from collections.abc import Callable

from pipeline.adapters.hypernetwork import HypernetworkSet
from pipeline.engine.batcher import Batcher
from pipeline.engine.engine import Engine
from pipeline.engine.running_image import RunningImage
from pipeline.models.model import Model
from pipeline.prompts.conditioning import Conditioning, Timeline
from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage
from pipeline.sampling.sigmas import NoiseLevels
from tests.pipeline.adapters.networks import random_hypernetwork, widths_of
from tests.pipeline.engine.conftest import request_of, run
from tests.pipeline.prompts.texts import context_of


def start(model: Model, request: GenerationRequest, used: HypernetworkSet) -> RunningImage:
    positive, negative = (
        Timeline((request.num_steps,), (model.context(context_of(model, text).hidden, used),))
        for text in (request.prompt, "a blue star")
    )
    conditioning = Conditioning((positive,), (1.0,), negative, {})
    return RunningImage(request, 0, model, NoiseLevels(model.alphas_cumprod), conditioning)


def test_pictures_with_other_sets_are_in_flight_together_and_do_not_notice(
    demo_model: Model, reproducible: Callable[[], Engine]
) -> None:
    widths = widths_of(demo_model)
    one, other = random_hypernetwork("one", widths), random_hypernetwork("other", widths)
    sets: dict[str, HypernetworkSet] = {
        "none": (),
        "one": ((one, 0.8),),
        "weaker": ((one, 0.4),),
        "both": ((one, 0.8), (other, 0.5)),
    }

    def pictures(names: list[str]) -> dict[str, bytes]:
        engine = reproducible()
        for name in names:
            image = start(demo_model, request_of(id=name), sets[name])
            engine.running.append(image)
            engine.reports.begin(image.request, [image])
            engine._unfinished.add(name)
        groups = {row.group for image in engine.running for row in image.rows}
        assert len(groups) == len(names)
        assert len({row.group for row in Batcher(engine.memory).choose(engine.running)}) == 1
        return {
            event.request_id: event.png
            for event in run(engine)
            if isinstance(event, GeneratedImage)
        }

    alone = {name: png for each in sets for name, png in pictures([each]).items()}
    assert pictures(list(sets)) == alone
    assert len(set(alone.values())) == len(sets)
