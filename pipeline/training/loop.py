"""The one loop that every method is trained by.

It yields after every step, so that its driver may report, take turns or stop: closed between two
steps, it leaves a snapshot and goes on from there another day, to the same bits. It does not know
what learns, nor who is watching; pictures that it needs, it asks its driver for.
"""

import math
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from pipeline.errors import GenerationFailed, OutOfMemory, TrainingDiverged
from pipeline.learning_rates import rates_by_step
from pipeline.requests import GenerationRequest
from pipeline.results import (
    Artifact,
    Order,
    PicturesWanted,
    RoomMade,
    StepPart,
    TrainingEvent,
    TrainingNote,
    TrainingProgress,
)
from pipeline.training.batches import Batches
from pipeline.training.disk import writing
from pipeline.training.loss_log import LossLog
from pipeline.training.method import Method
from pipeline.training.optimization import Optimization
from pipeline.training.samples import untaught
from pipeline.training.snapshots import Snapshot, Snapshots, stem_at
from pipeline.training.stepping import Stepper
from pipeline.training.watch import Watch
from pipeline.training_request import TrainingRequest

Answer: TypeAlias = Sequence[bytes] | Order | RoomMade | None

Training: TypeAlias = Generator[TrainingEvent, Answer, None]
"""A run: next() takes it to its next event. By send(), `PicturesWanted` is answered with PNGs, and
a `TrainingProgress` may be with an order, a `RoomWanted` with there being more."""


class Loop:
    """One run of one method."""

    def __init__(
        self,
        request: TrainingRequest,
        method: Method,
        batches: Batches,
        optimization: Optimization,
        folder: Path,
        watch: Watch | None = None,
    ) -> None:
        self.request = request
        self.method = method
        self.optimization = optimization
        self.stepper = Stepper(request, method, batches, optimization)
        self.folder = folder
        self.watch = watch
        self.snapshots = Snapshots(folder, request)
        self.rates = rates_by_step(request.schedule, request.num_steps)
        self.num_done = 0
        self.saved_at = 0
        self.artifact_at = 0  # the step that the latest artifact is of
        self.is_over = False

    def run(self) -> Training:
        """Take every step that is left; raises `TrainingDiverged` or `OutOfMemory`."""
        self.resume()
        write_settings(self.request, self.folder)  # not before: another run's are not written over
        name = f"{self.request.method.kind}_loss.csv"
        log = LossLog(
            self.folder / name, self.request.log_every, self.request.steps_per_epoch, self.num_done
        )
        if self.num_done:
            yield self.note(f"Going on after step {self.num_done:,}.")
        diverged: TrainingDiverged | None = None
        try:
            if self.num_done == 0:
                yield from self.samples_before()
            while not self.is_over:
                rate = self.rates[self.num_done]
                loss = yield from self.stepper.step(self.num_done, rate)
                if not math.isfinite(loss):
                    raise self.diverged()
                self.num_done += 1
                log.write(self.num_done, loss, rate)
                progress = TrainingProgress(
                    self.request.id, self.num_done, len(self.rates), loss, rate
                )
                order = yield progress
                yield from self.between_steps(order)
        except (GeneratorExit, OutOfMemory):
            self.save_snapshot()
            raise
        except TrainingDiverged as error:
            diverged = error
        if diverged:
            yield from self.give_up(diverged)
        yield self.save(self.request.name, is_final=True)

    def resume(self) -> None:
        """Go on where the folder's run stopped, if it has one, or from where the request says."""
        if snapshot := self.snapshots.start():
            self.restore(snapshot)
        self.snapshots.go_back(self.num_done)  # not before: what cannot be restored costs nothing
        self.optimization.keep_only(self.snapshots.steps())
        if self.watch:
            self.watch.resume(self.num_done)
        self.is_over = self.num_done >= len(self.rates)

    def restore(self, snapshot: Snapshot) -> None:
        """Be as this snapshot was."""
        self.method.resume(snapshot.weights)
        self.optimization.resume(dict(snapshot.optimization))
        self.num_done = self.saved_at = snapshot.num_steps

    def between_steps(self, order: Answer) -> Training:
        """What is due after a step or by order: a snapshot, pictures to see how far it is."""
        request = self.request
        self.is_over = order == "finish" or self.num_done >= len(self.rates)
        if order == "sample" and not request.samples:
            yield self.note("There is no prompt to make sample pictures of.")
        samples_due = bool(request.samples) and (
            order == "sample"
            or is_due(self.num_done, request.sample_every)
            or (self.is_over and request.sample_every > 0)
        )
        snapshot_due = is_due(self.num_done, request.snapshot_every) and not self.is_over
        if samples_due or snapshot_due or self.is_over:
            self.keep_snapshot()
        if samples_due or snapshot_due:
            yield from self.save_on_the_way()
        if samples_due:
            yield from self.ask_for_samples(request.samples)
        if self.watch and (self.is_over or is_due(self.num_done, request.watch_every)):
            yield from self.look(self.watch)
        if self.saved_at == self.num_done and not self.is_over:
            yield StepPart(request.id)  # all that was due is done and kept: others may be next

    def look(self, watch: Watch) -> Training:
        """Have the watch look, keep what it likes best, and end here if that was asked for."""
        report = watch.report(self.num_done)
        if report.is_best:
            self.keep_snapshot()
            yield from self.save_on_the_way()
        yield report
        if report.verdict == "blown" and self.request.stops_when_blown:
            yield from self.end_with_best(watch)

    def end_with_best(self, watch: Watch) -> Training:
        """Stop here, with the best of what was learned before.

        Raises `GenerationFailed` where nothing is worth keeping.
        """
        best, stopped_at = watch.best, self.num_done
        if best is None or best not in self.snapshots.steps():
            raise GenerationFailed(
                f"Stopped at step {stopped_at:,}, over-trained, and no earlier snapshot is any "
                "better: begin again with a smaller learning rate."
            )
        self.is_over = True
        self.restore(self.snapshots.at(best))
        yield self.note(
            f"Stopped at step {stopped_at:,}, and went back to the best snapshot, of step {best:,}."
        )

    def give_up(self, diverged: TrainingDiverged) -> Training:
        """Say that all is lost, unless the watch may go back to something better."""
        if self.watch is None:
            raise diverged
        if not self.watch.has_looked_at(self.num_done):
            yield self.watch.report_of_divergence(self.num_done)
        if not self.request.stops_when_blown or self.watch.best is None:
            raise diverged
        yield from self.end_with_best(self.watch)

    def save_on_the_way(self) -> Training:
        """Write what was learned so far under its step, once."""
        if self.artifact_at != self.num_done:
            self.artifact_at = self.num_done
            yield self.save(stem_at(self.request.name, self.num_done), is_final=False)

    def samples_before(self) -> Training:
        """The pictures that later ones are compared with."""
        if self.request.samples and self.request.sample_every:
            yield from self.ask_for_samples(untaught(self.request.samples, self.request.name))

    def ask_for_samples(self, requests: tuple[GenerationRequest, ...]) -> Training:
        """Have pictures made, and show them to the watch."""
        made = yield PicturesWanted(self.request.id, requests, self.num_done, is_sample=True)
        # A driver may have none, and nobody need be there to look at them.
        if self.watch and made and not isinstance(made, str):
            self.watch.see(requests, made, self.num_done)

    def save_snapshot(self) -> None:
        """Keep this state, if it is new and sound. Raises `TrainingDiverged` where it is not."""
        if self.saved_at == self.num_done:
            return
        weights = self.method.state()
        is_sound = all(map(is_finite, weights.values()))
        if not is_sound or not self.stepper.has_finite_loss(self.num_done):
            raise self.diverged()
        self.snapshots.save(self.num_done, weights, self.optimization.state())
        self.saved_at = self.num_done
        self.optimization.keep_only(self.snapshots.steps())

    def keep_snapshot(self) -> None:
        """The same, and forget those that are too old by then."""
        self.save_snapshot()
        self.snapshots.prune(self.watch.best if self.watch else None)
        self.optimization.keep_only(self.snapshots.steps())

    def save(self, stem: str, is_final: bool) -> Artifact:
        """Write what was learned so far."""
        with writing(f"What was learned in {self.num_done:,} steps"):
            path = self.method.save(self.folder, stem, self.num_done)
        return Artifact(self.request.id, self.request.method.folder, path, self.num_done, is_final)

    def diverged(self) -> TrainingDiverged:
        return TrainingDiverged(self.num_done + 1, self.saved_at, str(self.folder))

    def note(self, text: str) -> TrainingNote:
        return TrainingNote(self.request.id, text)


def write_settings(request: TrainingRequest, folder: Path) -> None:
    """Write down what was asked for, for whoever looks into the folder one day."""
    (folder / "settings.json").write_text(request.model_dump_json(indent=2), "utf-8")


def is_due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def is_finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
