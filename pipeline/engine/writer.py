"""Finished pictures are written beside the steps: to compress one takes as long as some steps."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from torch import Tensor

from pipeline.engine.finish import with_settings, write
from pipeline.engine.running_image import RunningImage
from pipeline.results import GeneratedImage


class Writer:
    """Writes pictures in a thread, and hands them out in the order in which they came."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._writing: deque[tuple[RunningImage, Future[GeneratedImage]]] = deque()

    def __bool__(self) -> bool:
        """Whether there is anything to wait for."""
        return bool(self._writing)

    @property
    def images(self) -> list[RunningImage]:
        """Those that are not handed out yet."""
        return [image for image, _ in self._writing]

    def put(self, image: RunningImage, pixels: Tensor) -> None:
        """Take a decoded picture."""
        unwritten = with_settings(image, pixels)
        self._writing.append((image, self._thread.submit(write, unwritten)))

    def drop(self, request_id: str) -> None:
        """Forget a request's pictures."""
        self._writing = deque(each for each in self._writing if each[0].request.id != request_id)

    def take(self, wait: bool) -> list[tuple[RunningImage, Future[GeneratedImage]]]:
        """Those that are written; where there are none, after the first of them if so wanted."""
        taken: list[tuple[RunningImage, Future[GeneratedImage]]] = []
        while self._writing and (self._writing[0][1].done() or (wait and not taken)):
            image, future = self._writing.popleft()
            future.exception()  # waits
            taken.append((image, future))
        return taken
