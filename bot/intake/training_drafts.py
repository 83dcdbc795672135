"""A training that waits for its user's last word: what is wished, and the pictures so far."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Self

from pipeline import TrainingWish


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPicture:
    """A picture to learn from, stored."""

    name: str  # of its file, as it came
    file_hash: str
    thumbnail_hash: str
    coarse: str  # hexadecimal; what `look_alikes` compares
    width: int  # pixels, as it came
    height: int
    caption: str = ""

    @property
    def shorter_side(self) -> int:
        """In pixels."""
        return min(self.width, self.height)

    @property
    def key(self) -> str:
        """What the file of its caption is called, but for the ending."""
        return caption_key(self.name)


def caption_key(name: str) -> str:
    """What a picture and its caption's file have in common."""
    return str(PurePosixPath(name).with_suffix("")).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingDraft:
    """What shall be learned, from what."""

    id: str  # also that of the training that comes of it
    wish: TrainingWish
    pictures: tuple[DraftPicture, ...] = ()

    def body(self) -> dict[str, Any]:
        """As the records keep it."""
        return {"wish": asdict(self.wish), "pictures": [asdict(it) for it in self.pictures]}

    @classmethod
    def read(cls, draft_id: str, body: Mapping[str, Any]) -> Self:
        """What `body` was made of."""
        pictures = tuple(DraftPicture(**it) for it in body["pictures"])
        return cls(id=draft_id, wish=TrainingWish(**body["wish"]), pictures=pictures)

    def with_pictures(self, pictures: Sequence[DraftPicture]) -> Self:
        """With further pictures, each only once."""
        together = {it.file_hash: it for it in (*pictures, *self.pictures)}
        order = dict.fromkeys(it.file_hash for it in (*self.pictures, *pictures))
        return replace(self, pictures=tuple(together[it] for it in order))

    def without(self, hashes: Collection[str]) -> Self:
        """Without the pictures whose files have these hashes."""
        left = tuple(it for it in self.pictures if it.file_hash not in hashes)
        return replace(self, pictures=left)

    def with_captions(self, captions: Mapping[str, str]) -> Self:
        """With what files say of pictures, by the files' keys."""
        told = tuple(replace(it, caption=captions.get(it.key, it.caption)) for it in self.pictures)
        return replace(self, pictures=told)

    def with_written(self, captions: Mapping[int, str]) -> Self:
        """With what somebody wrote of pictures, by their numbers from 0."""
        told = tuple(
            replace(it, caption=captions.get(number, it.caption))
            for number, it in enumerate(self.pictures)
        )
        return replace(self, pictures=told)

    @property
    def captions(self) -> list[str]:
        """What is said of each picture."""
        return [it.caption for it in self.pictures]
