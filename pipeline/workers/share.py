"""Whose turn it is on a device that training and pictures both want, by the time each has had.

A turn cannot be cut short. So training is next when it is owed as much as its turns take: a picture
is never kept waiting for more than training's share. What is owed is forgotten when one of them
wants nothing more: nobody saves up turns by being alone. Nor is more owed than some seconds, where
turns do not take longer as a rule: what happened once, as the load of a model, or time in which one
of them had no room keeps nobody waiting for long.
"""

LONGEST_DEBT = 5.0  # seconds that the other may then have for itself


class Usual:
    """How long the turns of one of them take, of which a single long one is no rule."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last = 0.0

    def note(self, seconds: float) -> None:
        """A turn took so long."""
        self.seconds, self._last = min(seconds, self._last), seconds


class Share:
    """The account between the two."""

    def __init__(self, of_training: float) -> None:
        self._of_training = of_training  # from 0 to 1
        self._ahead = 0.0  # seconds that training has had too much
        self._training, self._pictures = Usual(), Usual()

    @property
    def training_is_next(self) -> bool:
        return self._ahead + self._usual_turn <= 0

    def expect(self, seconds: float) -> None:
        """Training had a turn that took so long."""
        self._training.note(seconds)

    def charge_training(self, seconds: float) -> None:
        """It has had that while pictures were wanted."""
        ahead = self._ahead + seconds * (1 - self._of_training)
        self._ahead = min(ahead, LONGEST_DEBT * self._of_training)

    def charge_pictures(self, seconds: float) -> None:
        """They have had a turn while there was training."""
        self._pictures.note(seconds)
        behind = seconds * self._of_training - self._ahead
        as_a_rule = self._usual_turn + self._pictures.seconds * self._of_training
        limit = max(LONGEST_DEBT * (1 - self._of_training), as_a_rule)
        self._ahead = -min(behind, limit)

    def settle(self) -> None:
        """Only one of them wants anything now."""
        self._ahead = 0.0

    @property
    def _usual_turn(self) -> float:
        """What training must be owed for one."""
        return self._training.seconds * (1 - self._of_training)
