"""Which models a device has no room for beside a training that is there."""

from collections.abc import Iterable

from pipeline.engine.running_image import RunningImage
from pipeline.models.cache import ModelCache


class Crowding:
    """What was found not to fit: it waits until the training has left, instead of failing."""

    def __init__(self, models: ModelCache) -> None:
        self._models = models
        self._found: set[str] = set()

    def __contains__(self, model: str) -> bool:
        return bool(self._models.set_aside) and model in self._found

    def outside(self, images: Iterable[RunningImage]) -> list[RunningImage]:
        """Those that need not wait."""
        return [image for image in images if image.model.key not in self]

    def found(self, models: Iterable[str]) -> bool:
        """Memory ran out for these; whether there is a training that could leave."""
        if not self._models.set_aside:
            return False
        self._found.update(models)
        return True

    def forget(self) -> None:
        """Another training may be smaller."""
        self._found.clear()
