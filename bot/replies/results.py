"""What a job's pictures look like as a message, whenever and wherever they are posted."""

from collections.abc import Sequence

from bot.locales import Texts
from bot.replies import wording
from bot.replies.buttons import under_pictures
from bot.replies.fitting import Attached, Pictures
from bot.replies.post import Post
from pipeline import GenerationRequest


def result_post(
    texts: Texts, job_id: str, request: GenerationRequest, pictures: Sequence[bytes]
) -> Post:
    """The pictures, one PNG for each of the request's seeds, their settings and their buttons."""
    shown = wording.alt_text(request)
    attached = [
        Attached(f"{seed}.png", png, shown)
        for seed, png in zip(request.seeds, pictures, strict=True)
    ]
    rows = under_pictures(job_id, len(pictures))
    return Post(wording.result(texts, request), rows, Pictures(attached))
