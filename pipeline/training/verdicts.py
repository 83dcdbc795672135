"""What a look at a run means: is it learning, over-trained, or learning nothing?

The thresholds are set on the demo model (`python -m pipeline bench furnace`, its "setting"
subjects). Everything is compared with the same run before its first step, so that they hold for
any model and pictures.
"""

import math
from dataclasses import dataclass

from pipeline.results import Verdict

WORSE = 1.15  # times the first loss on the pictures learned from: they are being lost
UNKNOWN = 1.6  # times the first loss on the picture held out: it is known worse than before
BY_HEART = 6  # times as much as that one, the loss on those learned from has shrunk meanwhile
DEAF = 0.3  # of the first difference between prompts: pictures hardly heed them any more
ALIKE = 0.3  # of the first difference between seeds: they show the same, known or not
APART = 5  # as `BY_HEART`, where seeds are alike as well: what was learned is those pictures
LEARNED = 0.85  # of the first loss: enough to call a run good
NOTHING = 0.97  # of the first loss: no more than chance
STILL = 0.02  # of the first loss: less than this, and nothing moves
ENOUGH = 0.5  # of a run, after which nothing that moves is a verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of a run after some steps."""

    num_done: int
    train_loss: float
    held_out_loss: float | None = None
    norm: float
    across_seeds: float | None = None  # see `pipeline.training.variety`
    across_prompts: float | None = None

    @property
    def loss(self) -> float:
        """The one that tells most."""
        return self.train_loss if self.held_out_loss is None else self.held_out_loss


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict and why."""

    verdict: Verdict
    reason: str


def judge(begun: Look, look: Look, usual_norm: float, share_done: float) -> Opinion:
    """What a look means, beside the one before the first step."""
    if reason := why_blown(begun, look, usual_norm):
        return Opinion("blown", reason)
    learned = min(look.train_loss / begun.train_loss, look.loss / begun.loss)
    less = f"The loss on the same probes is {percent(learned)} of what it was at the beginning"
    if learned <= LEARNED:
        heeds = look.across_prompts is not None
        return Opinion("good", f"{less}{', and pictures still heed the prompt' * heeds}.")
    if learned <= NOTHING:
        return Opinion("learning", f"{less}.")
    # What moves may yet learn, up to the last step.
    if share_done < (ENOUGH if stands_still(begun, look) else 1):
        return Opinion("too_early", f"{less}.")
    return Opinion(
        "spoiled",
        f"{less} after {look.num_done:,} steps: nothing was learned; the learning rate may be "
        "too small.",
    )


def why_blown(begun: Look, look: Look, usual_norm: float) -> str | None:
    """What is wrong with an over-trained run; None where nothing is."""
    if not all(map(math.isfinite, (look.train_loss, look.loss, look.norm))):
        return "What was learned is no number any more: the learning rate is far too large."
    if look.norm > usual_norm:
        return (
            f"What was learned has grown to {look.norm:,.1f} times what it stands beside, where "
            f"{usual_norm:,.1f} is much: the learning rate is too large."
        )
    if look.train_loss > WORSE * begun.train_loss:
        return (
            f"The loss on the training pictures is {percent(look.train_loss / begun.train_loss)} "
            "of what it was at the beginning: it gets worse, not better."
        )
    # Pictures before the first step know nothing of what vectors start from, which may be deaf.
    if stands_still(begun, look):
        return None
    heeds = ratio(look.across_prompts, begun.across_prompts)
    if heeds is not None and heeds < DEAF:
        return (
            f"Sample pictures ignore their prompts: these change them {percent(heeds)} as much as "
            "at the beginning."
        )
    unseen, seen = look.loss / begun.loss, look.train_loss / begun.train_loss
    varies = ratio(look.across_seeds, begun.across_seeds)
    is_apart = seen < LEARNED and unseen > APART * seen
    # By itself that is no fault: one thing on a background that its prompt names looks the same by
    # right, once it is learned.
    if varies is not None and varies < ALIKE and (unseen > UNKNOWN or is_apart):
        return (
            f"Sample pictures look alike whatever the seed: they differ {percent(varies)} as much "
            "as at the beginning."
        )
    if seen < LEARNED and unseen > max(UNKNOWN, BY_HEART * seen):
        return (
            f"The loss on the picture held out is {percent(unseen)} of what it was at the "
            f"beginning, that on the others {percent(seen)}: these are learned by heart."
        )
    return None


def stands_still(begun: Look, look: Look) -> bool:
    """Whether the same probes say that nothing was learned, nor lost."""
    pairs = ((look.train_loss, begun.train_loss), (look.loss, begun.loss))
    return all(abs(now / then - 1) < STILL for now, then in pairs)


def ratio(now: float | None, then: float | None) -> float | None:
    """How much is left; None where nobody can say."""
    return now / then if now is not None and then else None


def percent(share: float) -> str:
    return f"{100 * share:,.0f} %"
