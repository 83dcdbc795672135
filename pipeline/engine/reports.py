"""How far each request is, reported no more often than anybody can look."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.engine.finish import preview
from pipeline.engine.running_image import RunningImage
from pipeline.requests import GenerationRequest
from pipeline.results import GenerationProgress

PROGRESS_INTERVAL = 0.25  # seconds
PREVIEW_INTERVAL = 1.0  # seconds


@dataclass(slots=True)
class _Account:
    request: GenerationRequest
    images: Sequence[RunningImage]
    num_delivered: int = 0
    last_progress: float = 0.0
    last_preview: float = 0.0


class Reports:
    """One account for each request that runs."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    def begin(self, request: GenerationRequest, images: Sequence[RunningImage]) -> None:
        self._accounts[request.id] = _Account(request, images)

    def end(self, request_id: str) -> None:
        self._accounts.pop(request_id, None)

    def delivered(self, request_id: str) -> bool:
        """Count a finished picture; true with the last one of its request."""
        account = self._accounts[request_id]
        account.num_delivered += 1
        if account.num_delivered < len(account.images):
            return False
        self.end(request_id)
        return True

    def due(self, request_ids: Collection[str]) -> list[GenerationProgress]:
        """The reports whose time has come among these requests."""
        now = time.monotonic()
        accounts = (self._accounts[each] for each in request_ids if each in self._accounts)
        return [
            self._report(account, now)
            for account in accounts
            if now - account.last_progress >= PROGRESS_INTERVAL
        ]

    def _report(self, account: _Account, now: float) -> GenerationProgress:
        account.last_progress = now
        picture = None
        if account.request.wants_previews and now - account.last_preview >= PREVIEW_INTERVAL:
            account.last_preview = now
            picture = preview(account.images)
        return GenerationProgress(
            account.request.id,
            num_done=sum(image.num_done for image in account.images),
            num_total=sum(image.num_total for image in account.images),
            preview=picture,
        )
