"""Wishes that wait for a last word: pictures that a menu brought along, masks to be looked at."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bot.errors import Refusal
from bot.intake.generation import new_id
from bot.intake.pictures import Offered
from bot.intake.training_drafts import TrainingDraft
from bot.records.database import Database, uninterrupted
from bot.records.derivations import Descent
from bot.records.drafts import DraftChanges, Drafts
from bot.records.inputs import Inputs
from bot.records.models import Draft
from pipeline import GenerationRequest

LIFETIME = timedelta(days=30)  # after which nobody comes back to it
FORGOTTEN_AFTER = LIFETIME + timedelta(days=1)  # whoever came back just then is done with it


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedDraft:
    """A picture, what of it shall be repainted, and the request for that."""

    request: GenerationRequest  # its id is the draft's own
    init_hash: str
    mask_hash: str
    size: tuple[int, int]  # pixels of the picture
    region: str = ""  # as it was written; empty where the mask is a file
    parent_id: str = ""  # the job whose picture it is, if it is one of ours
    parent_index: int = 0
    chosen: tuple[str, ...] = ()  # ids of artifacts that are meant by names that several have

    def body(self) -> dict[str, Any]:
        """As the records keep it."""
        own = {it.name: getattr(self, it.name) for it in fields(self)}
        return own | {"request": self.request.model_dump(mode="json")}

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """What `body` was made of."""
        request = GenerationRequest(**body["request"])
        chosen = tuple(body.get("chosen", ()))
        return cls(**body | {"request": request, "size": tuple(body["size"]), "chosen": chosen})

    def meaning(self, artifact_id: str) -> Self:
        """The draft with one more name made clear."""
        return replace(self, chosen=(*self.chosen, artifact_id))

    def changed(self, **changes: Any) -> Self:
        """The draft with other settings of its request."""
        request = GenerationRequest(**self.request.model_dump() | changes)
        return replace(self, request=request)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclearDraft:
    """A request with a name that several things have, and what is known of the names by now."""

    request: GenerationRequest
    descent: Descent | None
    inputs: Inputs
    chosen: tuple[str, ...] = ()  # ids of artifacts
    source: str | None = None  # the job that its names come from, and mean what they did there

    def meaning(self, artifact_id: str) -> Self:
        """The draft with one more name made clear."""
        return replace(self, chosen=(*self.chosen, artifact_id))

    def body(self) -> dict[str, Any]:
        """As the records keep it."""
        return {
            "unclear": self.request.model_dump(mode="json"),
            "descent": asdict(self.descent) if self.descent else None,
            "inputs": asdict(self.inputs),
            "chosen": list(self.chosen),
            "source": self.source,
        }

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """What `body` was made of."""
        return cls(
            request=GenerationRequest(**body["unclear"]),
            descent=Descent(**body["descent"]) if body["descent"] else None,
            inputs=Inputs(**body["inputs"]),
            chosen=tuple(body["chosen"]),
            source=body.get("source"),
        )


class DraftKeeper:
    """Keeps drafts, each for its user alone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()

    async def offer(self, user_id: int, pictures: Sequence[Offered]) -> str:
        """Keep pictures that somebody may choose from; returns the draft's id."""
        draft_id = new_id()
        await self._keep(draft_id, user_id, {"offered": [asdict(it) for it in pictures]})
        return draft_id

    async def offered(self, draft_id: str, user_id: int) -> list[Offered]:
        """The pictures that were kept. Raises `Refusal` where they are not theirs, or gone."""
        body = await self._body(draft_id, user_id, "offered")
        return [Offered(**it) for it in body["offered"]]

    async def keep(self, draft: MaskedDraft, user_id: int) -> None:
        """Keep what shall be repainted, in place of what was kept under its id before."""
        await self._keep(draft.request.id, user_id, draft.body())

    async def masked(self, draft_id: str, user_id: int) -> MaskedDraft:
        """What shall be repainted. Raises `Refusal` where it is not theirs, or gone."""
        return MaskedDraft.read(await self._body(draft_id, user_id, "request"))

    async def keep_training(self, draft: TrainingDraft, user_id: int) -> None:
        """Keep what shall be learned, in place of what was kept under its id before."""
        await self._keep(draft.id, user_id, {"training": draft.body()})

    async def training(self, draft_id: str, user_id: int) -> TrainingDraft:
        """What shall be learned. Raises `Refusal` where it is not theirs, or gone."""
        body = await self._body(draft_id, user_id, "training")
        return TrainingDraft.read(draft_id, body["training"])

    async def change_training(
        self, draft_id: str, user_id: int, change: Callable[[TrainingDraft], TrainingDraft]
    ) -> TrainingDraft:
        """Keep what becomes of a draft; what is sent in at the same time undoes nothing of it."""
        async with self._turn:
            draft = change(await self.training(draft_id, user_id))
            await self.keep_training(draft, user_id)
        return draft

    async def keep_unclear(self, draft: UnclearDraft, user_id: int) -> str:
        """Keep a request until its names are clear; returns the draft's id."""
        draft_id = new_id()
        await self._keep(draft_id, user_id, draft.body())
        return draft_id

    async def choosing(self, draft_id: str, user_id: int) -> UnclearDraft | MaskedDraft:
        """What waits for its names to be clear. Raises `Refusal`: not theirs, or gone."""
        body = await self._body(draft_id, user_id, "unclear", "request")
        return UnclearDraft.read(body) if "unclear" in body else MaskedDraft.read(body)

    async def _body(self, draft_id: str, user_id: int, *parts: str) -> dict[str, Any]:
        """A draft that has one of these parts."""
        draft = await self._find(draft_id)
        oldest = datetime.now(UTC) - LIFETIME
        if draft is None or draft.created_at < oldest or not draft.body.keys() & {*parts}:
            raise Refusal("draft.unknown")
        if draft.user_id != user_id:
            raise Refusal("draft.not_yours")
        return draft.body

    @uninterrupted
    async def _find(self, draft_id: str) -> Draft | None:
        async with self._database.reading() as session:
            return await Drafts(session).find(draft_id)

    @uninterrupted
    async def _keep(self, draft_id: str, user_id: int, body: dict[str, Any]) -> None:
        async with self._database.writing() as session:
            changes = DraftChanges(session)
            await changes.forget_before(datetime.now(UTC) - FORGOTTEN_AFTER)
            await changes.keep(draft_id, user_id, body)
