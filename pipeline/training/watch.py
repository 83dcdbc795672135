"""The watch over a run: looks at it every so many steps, says what it thinks, knows the best look.

What it sees it writes into the run's folder, so that a run that was stopped is watched on. It
changes nothing: a run that is watched comes to the same bits as one that is not.
"""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipeline.requests import GenerationRequest
from pipeline.results import FurnaceReport
from pipeline.training.method import Method
from pipeline.training.probes import Probes
from pipeline.training.randomness import OwnRandomness, number_for
from pipeline.training.variety import Variety, variety_of
from pipeline.training.verdicts import Look, judge, ratio, why_blown
from pipeline.training_request import TrainingRequest

FILE = "watch.json"


@dataclass(frozen=True, slots=True)
class Questions:
    """What a run is asked at every look."""

    learned: Probes
    held_out: Probes | None


class Watch:
    """The looks at one run."""

    def __init__(
        self, request: TrainingRequest, method: Method, questions: Questions, folder: Path
    ) -> None:
        """`method` as it is before its first step: what comes later is compared with that."""
        self.request = request
        self.method = method
        self.questions = questions
        self.path = folder / FILE
        self.variety = Variety(None, None)  # of the latest sample pictures
        self.begun = self.look(0)
        self.looks: list[Look] = []

    def resume(self, num_done: int) -> None:
        """Remember what was seen up to a step."""
        if not self.path.exists():
            return
        begun, *looks = (Look(**each) for each in json.loads(self.path.read_text("utf-8")))
        self.begun = replace(
            self.begun, across_seeds=begun.across_seeds, across_prompts=begun.across_prompts
        )
        self.looks = [each for each in looks if each.num_done <= num_done]
        latest = [self.begun, *self.looks][-1]
        self.variety = Variety(latest.across_seeds, latest.across_prompts)

    def see(
        self, requests: Sequence[GenerationRequest], pictures: Sequence[bytes], num_done: int
    ) -> None:
        """Take sample pictures in."""
        self.variety = variety_of(requests, pictures)
        if num_done == 0:
            self.begun = replace(self.begun, **asdict(self.variety))
            self.write()

    def report(self, num_done: int) -> FurnaceReport:
        """Look at the run as it is after a step, and say what that means."""
        look = self.look(num_done)
        self.looks.append(look)
        self.write()
        return self.told(look)

    def report_of_divergence(self, num_done: int) -> FurnaceReport:
        """What there is to say where the loss became NaN, and nothing is worth remembering."""
        nan = math.nan
        held_out = nan if self.questions.held_out else None
        return self.told(Look(num_done=num_done, train_loss=nan, held_out_loss=held_out, norm=nan))

    def has_looked_at(self, num_done: int) -> bool:
        return bool(self.looks) and self.looks[-1].num_done == num_done

    def told(self, look: Look) -> FurnaceReport:
        share_done = look.num_done / self.request.num_steps
        opinion = judge(self.begun, look, self.method.usual_norm, share_done)
        return FurnaceReport(
            self.request.id,
            look.num_done,
            opinion.verdict,
            opinion.reason,
            look.train_loss,
            look.held_out_loss,
            look.norm,
            ratio(look.across_seeds, self.begun.across_seeds),
            is_best=self.best == look.num_done,
        )

    @property
    def best(self) -> int | None:
        """The step of the best look so far; None while there was no sound one."""
        sound = [
            each
            for each in self.looks
            if why_blown(self.begun, each, self.method.usual_norm) is None
        ]
        return min(sound, key=lambda each: each.loss).num_done if sound else None

    def look(self, num_done: int) -> Look:
        """What is seen of what would be saved now."""
        held_out = self.questions.held_out
        # Drop-out leaves out the same at every look.
        source = number_for(self.request.seed, "look", 0)
        with self.method.as_saved(), OwnRandomness(source, self.method.model.device):
            return Look(
                num_done=num_done,
                train_loss=self.questions.learned.loss(self.method),
                held_out_loss=held_out.loss(self.method) if held_out else None,
                norm=self.method.norm(),
                **asdict(self.variety),
            )

    def write(self) -> None:
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps([asdict(each) for each in (self.begun, *self.looks)]), "utf-8")
        os.replace(part, self.path)
