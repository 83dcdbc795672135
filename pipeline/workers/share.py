"""Whose turn it is on a device that training and pictures both want, by the time each has had.

A turn cannot be cut short. So training is next when it is owed as much as its turns take: a picture
is never kept waiting for more than training's share. What is owed is forgotten when one of them
wants nothing more: nobody saves up turns by being alone.
"""


class Share:
    """The account between the two."""

    def __init__(self, of_training: float) -> None:
        self._of_training = of_training  # from 0 to 1
        self._ahead = 0.0  # seconds that training has had too much
        self._turn = 0.0  # seconds that its next turn will probably take: as the last

    @property
    def training_is_next(self) -> bool:
        return self._ahead + self._turn * (1 - self._of_training) <= 0

    def expect(self, seconds: float) -> None:
        """Training's turns take so long."""
        self._turn = seconds

    def charge_training(self, seconds: float) -> None:
        """It has had a turn while pictures were wanted."""
        self._ahead += seconds * (1 - self._of_training)

    def charge_pictures(self, seconds: float) -> None:
        """They have had a turn while there was training."""
        self._ahead -= seconds * self._of_training

    def settle(self) -> None:
        """Only one of them wants anything now."""
        self._ahead = 0.0
