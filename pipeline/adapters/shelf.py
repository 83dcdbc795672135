"""The folder in which a community keeps its embeddings, hypernetworks, LoRAs and the like.

Files are found by their stem, at any depth, and read when they are first wanted; what changed on
disk since is read again. Of several with one stem it is the newest. A file that is of no use hides
nothing but itself.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pipeline.adapters import aesthetic, embedding, hypernetwork, lora
from pipeline.adapters.aesthetic import AestheticEmbedding, read_aesthetic
from pipeline.adapters.embedding import Embedding, read_embedding
from pipeline.adapters.hypernetwork import Hypernetwork, read_hypernetwork
from pipeline.adapters.lora import Lora, read_lora
from pipeline.adapters.lora_headers import stems_by_alias
from pipeline.errors import AdapterUnreadable, UnknownAdapter
from pipeline.model_fit import who_it_fits

logger = logging.getLogger(__name__)

KEPT_BYTES = 2**30  # of each kind, in memory; a hypernetwork has about 100 MB, a LoRA 50 to 800
KEPT_BORROWED = 2**26  # bytes of embeddings from elsewhere; one has some 10 KB

Version = tuple[Path, int, int]  # a file, when it was changed (ns), its size


class Weighty(Protocol):
    """What takes memory."""

    @property
    def num_bytes(self) -> int: ...


Kind = TypeVar("Kind", bound=Weighty)


class Kept(Generic[Kind]):
    """The latest things of one kind that were read; the last one however large it is."""

    def __init__(self, read: Callable[[Path], Kind], kept_bytes: int = KEPT_BYTES) -> None:
        self._read = read
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[Version, Kind] = OrderedDict()

    def get(self, version: Version) -> Kind:
        """Read a file, or remember it. Raises `AdapterUnreadable`."""
        if version not in self._kept:
            self._kept[version] = self._read(version[0])
            while len(self._kept) > 1 and self._num_bytes() > self._kept_bytes:
                self._kept.popitem(last=False)
        self._kept.move_to_end(version)
        return self._kept[version]

    def _num_bytes(self) -> int:
        return sum(each.num_bytes for each in self._kept.values())


class Shelf:
    """What may be named in a prompt; without a folder, nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._embeddings: dict[Version, Embedding | AdapterUnreadable] = {}
        self._borrowed = Kept(read_embedding, KEPT_BORROWED)  # from elsewhere than the folder
        self._hypernetworks = Kept(read_hypernetwork)
        self._loras = Kept(read_lora)
        self._said: set[tuple[Version, int]] = set()  # what the log knows not to fit a width

    def embeddings(self, width: int) -> Mapping[str, Embedding]:
        """By name, those whose vectors have the width of the model's tokens."""
        fitting: dict[str, Embedding] = {}
        for version, each in self._read_embeddings().items():
            if isinstance(each, Embedding) and each.width == width:
                fitting.setdefault(each.name, each)
            elif isinstance(each, Embedding) and (version, width) not in self._said:
                self._said.add((version, width))
                logger.info("%s is skipped: %s", version[0], misfit(each, width))
        return fitting

    def unusable_embeddings(self, width: int) -> Mapping[str, str]:
        """By name, for each of the others the sentence that says why it is none for this model."""
        reasons: dict[str, str] = {}
        for version, each in self._read_embeddings().items():
            if isinstance(each, AdapterUnreadable):
                reasons.setdefault(version[0].stem, each.message)
            elif each.width != width:
                reasons.setdefault(each.name, misfit(each, width))
        fitting = self.embeddings(width)
        return {name: why for name, why in reasons.items() if name not in fitting}

    def embedding_in(self, path: Path) -> Embedding:
        """Read a file anywhere, or remember it. Raises `AdapterUnreadable`; so do those below."""
        return self._borrowed.get(version_of(path))

    def hypernetwork_in(self, path: Path) -> Hypernetwork:
        """The same for a hypernetwork."""
        return self._hypernetworks.get(version_of(path))

    def lora_in(self, path: Path) -> Lora:
        """The same for a LoRA."""
        return self._loras.get(version_of(path))

    def aesthetic(self, name: str) -> AestheticEmbedding:
        """Read the aesthetic embedding in the file with this stem.

        Raises `UnknownAdapter` that offers the nearest names, or `AdapterUnreadable`.
        """
        path, *_ = self._find("aesthetic", aesthetic.SUFFIXES, name, aesthetic.KIND)
        return read_aesthetic(path)

    def hypernetwork(self, name: str) -> Hypernetwork:
        """Read the hypernetwork in the file with this stem, or remember it.

        Raises `UnknownAdapter` that offers the nearest names, or `AdapterUnreadable`.
        """
        version = self._find("hypernetworks", hypernetwork.SUFFIXES, name, "hypernetwork")
        return self._hypernetworks.get(version)

    def lora(self, name: str) -> Lora:
        """Read the LoRA with this name, or remember it; errors as above.

        Its name is its file's stem, or the one that it was trained under.
        """
        paths = [path for path, *_ in self._versions("loras", lora.SUFFIXES)]
        if name not in {path.stem for path in paths}:
            name = stems_by_alias(paths).get(name, name)
        return self._loras.get(self._find("loras", lora.SUFFIXES, name, "LoRA"))

    def _find(self, part: str, suffixes: Collection[str], name: str, kind: str) -> Version:
        """The file with this stem. Raises `UnknownAdapter` that offers the nearest names."""
        found = {version[0].stem: version for version in self._versions(part, suffixes)}
        if name not in found:
            raise UnknownAdapter(name, list(found), kind)
        return found[name]

    def _read_embeddings(self) -> Mapping[Version, Embedding | AdapterUnreadable]:
        """Everything in the folder, read now or before: the picture `a.png` may be of `a.pt`."""
        known = self._embeddings
        self._embeddings = {
            version: known[version] if version in known else try_reading(version[0])
            for version in self._files("embeddings", embedding.SUFFIXES)
        }
        return self._embeddings

    def _versions(self, part: str, suffixes: Collection[str]) -> Iterator[Version]:
        """Every file of a kind as it stands, one a stem."""
        stems = set()
        for version in self._files(part, suffixes):
            if version[0].stem not in stems:
                stems.add(version[0].stem)
                yield version

    def _files(self, part: str, suffixes: Collection[str]) -> list[Version]:
        """All files of a kind as they stand, the newest first: what was learned last counts."""
        found: list[Version] = []
        for path in sorted((self._folder / part).rglob("*")) if self._folder else []:
            is_picture_of_another = path.stem.lower().endswith(".preview")
            if path.suffix.lower() not in suffixes or is_picture_of_another:
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # taken away since the folder was listed
            found.append((path, status.st_mtime_ns, status.st_size))
        return sorted(found, key=lambda version: -version[1])


def version_of(path: Path) -> Version:
    """A file as it stands. Raises `AdapterUnreadable` where it is gone."""
    try:
        status = path.stat()
    except OSError as error:
        raise AdapterUnreadable(
            f"The file `{path.stem}` cannot be used: it is not there any more."
        ) from error
    return path, status.st_mtime_ns, status.st_size


def try_reading(path: Path) -> Embedding | AdapterUnreadable:
    """An embedding, or why it is none; that is said in the log as well, once a version."""
    try:
        return read_embedding(path)
    except AdapterUnreadable as error:
        logger.warning("%s is skipped: %s", path, error.message)
        return error


def misfit(each: Embedding, width: int) -> str:
    """The sentence for an embedding that was made for another kind of model."""
    return (
        f"The embedding `{each.name}` was made for another kind of model: its vectors have "
        f"{each.width:,} numbers, and this model's have {width:,}. It fits "
        f"{who_it_fits(each.width)}."
    )
