"""How often a run of training is spoken of, by a clock in the hand."""

from pathlib import Path

from pipeline.results import LossPlot, TrainingNote, TrainingProgress
from pipeline.workers.bulletin import PLOT_INTERVAL, PROGRESS_INTERVAL, Bulletin
from tests.pipeline.asking import teach


class Clock:
    """Goes when it is told to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def progress(num_done: int) -> TrainingProgress:
    return TrainingProgress("one", num_done, 100, 0.5, 0.1)


def test_of_quick_steps_the_latest_is_told_now_and_then_and_the_last_before_anything_else(
    tmp_path: Path,
) -> None:
    clock = Clock()
    bulletin = Bulletin(teach(id="one"), tmp_path, clock)
    assert list(bulletin.news(progress(1))) == [progress(1)]
    assert list(bulletin.news(progress(2))) == []
    clock.seconds += PROGRESS_INTERVAL
    assert list(bulletin.news(progress(3))) == [progress(3)]
    assert list(bulletin.news(progress(4))) == []
    note = TrainingNote("one", "Something.")
    assert list(bulletin.news(note)) == [progress(4), note]
    assert list(bulletin.rest()) == []


def test_a_plot_comes_now_and_then_where_there_is_something_new_to_see(tmp_path: Path) -> None:
    clock = Clock()
    bulletin = Bulletin(teach(id="one"), tmp_path, clock)
    log = tmp_path / "textual_inversion_loss.csv"
    log.write_text("step,epoch,epoch_step,loss,learn_rate\n1,0,0,0.5,0.1\n2,0,1,0.4,0.1\n")
    assert not [it for it in bulletin.news(progress(2)) if isinstance(it, LossPlot)]
    clock.seconds += PLOT_INTERVAL
    told = list(bulletin.news(progress(3)))
    assert told[0] == progress(3)
    plot = told[1]
    assert isinstance(plot, LossPlot)
    assert plot.num_done == 3
    assert plot.png.startswith(b"\x89PNG")
    assert list(bulletin.plot()) == []
