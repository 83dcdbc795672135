"""What a job's pictures look like as messages, whenever and wherever they are posted."""

from collections.abc import Collection, Mapping, Sequence, Set

from bot.locales import Texts
from bot.replies import wording
from bot.replies.buttons import FIRST, under_pictures
from bot.replies.fitting import Attached, Pictures, groups
from bot.replies.post import Post
from pipeline import GenerationRequest


class Result:
    """All pictures of one job: one message, or several where they are too large together."""

    def __init__(
        self, texts: Texts, job_id: str, request: GenerationRequest, pictures: Sequence[bytes]
    ) -> None:
        """`pictures` are one PNG for each of the request's seeds."""
        self._texts = texts
        self._job_id = job_id
        self._request = request
        shown = wording.alt_text(request)
        names = file_names(request.seeds)
        self._attached: Mapping[int, Attached] = {
            index: Attached(name, png, shown)
            for index, (name, png) in enumerate(zip(names, pictures, strict=True))
        }
        self._posts: dict[tuple[int, ...], Post] = {}  # what was shrunk for one is not shrunk again

    @property
    def indices(self) -> Set[int]:
        """Of all pictures."""
        return self._attached.keys()

    def posts(self, indices: Collection[int], limit: int) -> Mapping[tuple[int, ...], Post]:
        """The messages that hold these pictures, where a file may have `limit` bytes."""
        sizes = {index: len(self._attached[index].data) for index in sorted(indices)}
        return {tuple(group): self.post(group) for group in groups(sizes, limit)}

    def post(self, indices: Collection[int]) -> Post:
        """These pictures in one message."""
        key = tuple(sorted(indices))
        if key not in self._posts:
            self._posts[key] = Post(
                self._said(key),
                under_pictures(self._job_id, key),
                Pictures([self._attached[index] for index in key]),
            )
        return self._posts[key]

    def _said(self, indices: Sequence[int]) -> str:
        if FIRST in indices:
            return wording.result(self._texts, self._request)
        return wording.more(self._texts, indices, len(self._attached))


def file_names(seeds: Sequence[int]) -> list[str]:
    """A name for each picture by its seed; variations share one, and are counted."""
    if len(set(seeds)) == len(seeds):
        return [f"{seed}.png" for seed in seeds]
    return [f"{seed}-{number}.png" for number, seed in enumerate(seeds, start=1)]
