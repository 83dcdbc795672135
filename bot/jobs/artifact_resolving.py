"""What the names in a request stand for, to whoever asks, where they ask.

A name means one's own thing first, then what the folder of adapters has, then the one thing of
others that may be used here; an owner's name and a slash before it say whose is meant.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import Refusal
from bot.intake.models import ModelList
from bot.jobs.artifact_names import name_key
from bot.records.artifact_uses import ArtifactUseChanges, ArtifactUses
from bot.records.artifacts import ArtifactQueries
from bot.records.database import Database, uninterrupted
from bot.records.models import ArtifactUse, StoredArtifact
from pipeline import (
    AdapterNames,
    ArtifactCard,
    CalledName,
    GenerationRequest,
    ModelFit,
    PipelineConfig,
    called_names,
    called_within,
    has_unspaced,
    plain_text,
)

MAX_NAMED = 10  # of what has the same name


class Clash(Refusal):
    """A name that several things have; which of them is meant, only whoever wrote it knows."""

    def __init__(self, called: str, choices: Sequence[StoredArtifact]) -> None:
        names = ", ".join(f"`{label(it)}`" for it in choices[:MAX_NAMED])
        super().__init__("artifact.clash", name=called, choices=names)
        self.called = called
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Asked:
    """One name in a request, and who asks for it."""

    called: CalledName
    user_id: int

    @property
    def owner(self) -> str | None:
        """Whose is meant, casefolded; None where that is not said."""
        owner, slash, _ = self.called.name.rpartition("/")
        return name_key(owner) if slash else None

    @property
    def name_key(self) -> str:
        return name_key(self.called.name.rpartition("/")[2])

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name, as a use of it is written down."""
        return self.called.kind, name_key(self.called.name)

    def means(self, artifact: StoredArtifact) -> bool:
        """Whether it may be this."""
        return (
            artifact.kind == self.called.kind
            and artifact.name_key == self.name_key
            and self.owner in (None, name_key(artifact.owner.name))
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What the records say about the names of one request."""

    usable: Sequence[StoredArtifact]
    pinned: Mapping[tuple[str, str], ArtifactUse]  # by the job that the request comes from
    earlier: Mapping[tuple[str, str], ArtifactUse]  # of the same user, the last of each
    existing: Collection[str]  # ids of those that were used
    owners: Collection[str]  # names, casefolded, that stand before a slash


class Resolver:
    """Finds what names stand for."""

    def __init__(self, database: Database, config: PipelineConfig, models: ModelList) -> None:
        self._database = database
        self._config = config
        self._models = models

    async def resolve(
        self,
        request: GenerationRequest,
        user_id: int,
        guild_id: int | None,
        source: str | None,
        chosen: Collection[str],
    ) -> Sequence[tuple[str, StoredArtifact]]:
        """Each thing that the request names, with what it calls it.

        `source` is the job that the request comes from; `chosen` are ids of what was meant by
        names that several have. Raises `Refusal`: `Clash`, or a sentence about what is withdrawn
        or does not fit the model.
        """
        named = called_names(request)
        if has_unspaced(request):
            within = await self._within(request, user_id, guild_id, source)
            named = (*named, *(it for it in within if it not in named))
        asked = [
            Asked(called, user_id)
            for called in named
            if not (called.kind == "checkpoint" and called.name in self._config.models)
        ]
        # The model comes first: whether anything else fits depends on it.
        asked.sort(key=lambda each: each.called.kind != "checkpoint")
        known = await self._look_up(asked, user_id, guild_id, source)
        ours = await self._folder() if known.usable else AdapterNames()
        model = request.model or self._config.default_model
        fit = await self._models.fit(model)
        found = []
        for each in asked:
            fitting = await self._fitting(each, known, ours, chosen, model, fit)
            if len(fitting) > 1:
                raise Clash(each.called.name, fitting)
            for artifact in fitting:
                found.append((each.called.name, artifact))
                if artifact.kind == "checkpoint":
                    model, fit = label(artifact), await self._fit_of(artifact)
        return found

    @uninterrupted
    async def _within(
        self,
        request: GenerationRequest,
        user_id: int,
        guild_id: int | None,
        source: str | None,
    ) -> Sequence[CalledName]:
        """What it calls in text without blanks, where only names that are known can be found."""
        text = name_key(plain_text(request))
        async with self._database.reading() as session:
            uses = ArtifactUses(session)
            usable = await ArtifactQueries(session).embeddings_within(user_id, guild_id, text)
            pinned = await uses.of_job(source) if source else []
            names = {name for it in usable for name in (it.name, label(it))}
            names |= {it.called_key for it in pinned if it.kind == "embedding"}
            names.update(await uses.called_within(user_id, text))
        return called_within(request, names)

    async def _fitting(
        self,
        asked: Asked,
        known: Known,
        ours: AdapterNames,
        chosen: Collection[str],
        model: str,
        fit: ModelFit | None,
    ) -> Sequence[StoredArtifact]:
        """What a name may stand for; nothing where it is but a word, or the folder's."""
        said = [it for it in known.usable if it.id in chosen and asked.means(it)]
        pinned = None if said else known.pinned.get(asked.key)
        if pinned:  # the very thing, whatever it is called by now
            candidates = [it for it in known.usable if it.id == pinned.artifact_id]
        else:
            candidates = [it for it in known.usable if asked.means(it)]
        if not candidates:
            await self._refuse_withdrawn(asked, known)
            return []
        own = [it for it in candidates if it.owner_id == asked.user_id]
        candidates = said or own or candidates
        is_own = candidates[0].owner_id == asked.user_id
        if not (is_own or said or asked.owner or pinned) and _has(ours, asked.called):
            return []
        fitting = [it for it in candidates if fit is None or card_of(it).fits(fit)]
        if not fitting:
            assert fit, "or everything fits"
            raise misfit(candidates[0], model, fit)
        return fitting

    async def _refuse_withdrawn(self, asked: Asked, known: Known) -> None:
        """Raise `Refusal` where whoever asks must know that a name does not mean what it did.

        Of a mere word that is said once; from then on it is but a word again.
        """
        if pinned := known.pinned.get(asked.key):
            raise gone(pinned, known)
        earlier = known.earlier.get(asked.key)
        if earlier and (asked.owner or earlier.told_at is None):
            await self._tell(asked.user_id, earlier.artifact_id)
            raise gone(earlier, known)
        if asked.owner in known.owners:
            raise Refusal("artifact.nothing_called", name=asked.called.name)

    @uninterrupted
    async def _look_up(
        self, asked: Sequence[Asked], user_id: int, guild_id: int | None, source: str | None
    ) -> Known:
        async with self._database.reading() as session:
            queries, uses = ArtifactQueries(session), ArtifactUses(session)
            names = {each.name_key for each in asked}
            owners = {each.owner for each in asked if each.owner}
            earlier = await uses.last_of(user_id, {each.key[1] for each in asked})
            pinned = await uses.of_job(source) if source else []
            used = {it.artifact_id for it in (*pinned, *earlier)}
            return Known(
                usable=await queries.usable_by_names(user_id, guild_id, names, used),
                pinned={(it.kind, it.called_key): it for it in pinned},
                # The newest stands first, and is to remain.
                earlier={(it.kind, it.called_key): it for it in reversed(earlier)},
                existing=await queries.existing(used) if used else (),
                owners=await queries.owners_named(owners) if owners else (),
            )

    @uninterrupted
    async def _tell(self, user_id: int, artifact_id: str) -> None:
        async with self._database.writing() as session:
            await ArtifactUseChanges(session).tell(user_id, artifact_id)

    async def _fit_of(self, checkpoint: StoredArtifact) -> ModelFit | None:
        """What fits a model that somebody trained: as far as it is known, what fits its base."""
        base = await self._models.fit(checkpoint.base)
        if base is None or checkpoint.family != base.family:
            return None
        return base

    async def _folder(self) -> AdapterNames:
        return await asyncio.to_thread(AdapterNames.in_folder, self._config.adapters_folder)


def label(artifact: StoredArtifact) -> str:
    """What it is called by anybody, whatever else has its name."""
    return f"{artifact.owner.name}/{artifact.name}"


def card_of(artifact: StoredArtifact) -> ArtifactCard:
    """What its file says of itself."""
    return ArtifactCard.model_validate(
        {it: getattr(artifact, it) for it in ("kind", "name", "family", "width", "suffix")}
    )


def gone(use: ArtifactUse, known: Known) -> Refusal:
    """The sentence for what somebody could use once, and not by that name now."""
    for artifact in known.usable:
        if artifact.id == use.artifact_id:
            return Refusal("artifact.renamed", name=use.label, now=label(artifact))
    if use.artifact_id in known.existing:
        return Refusal("artifact.withdrawn", name=use.label)
    return Refusal("artifact.deleted", name=use.label)


def misfit(artifact: StoredArtifact, model: str, fit: ModelFit) -> Refusal:
    """The sentence for what was made for other models than the one that is to use it."""
    if artifact.family and artifact.family != fit.family:
        return Refusal(
            "artifact.other_family",
            name=label(artifact),
            made_for=artifact.family.upper(),
            model=model,
            family=fit.family.upper(),
        )
    return Refusal("artifact.other_size", name=label(artifact), model=model)


def _has(ours: AdapterNames, called: CalledName) -> bool:
    """Whether the folder of adapters has something of that name."""
    match called.kind:
        case "embedding":
            return name_key(called.name) in map(name_key, ours.embeddings)
        case "hypernetwork":
            return called.name in ours.hypernetworks
        case "lora":
            return ours.lora(called.name) is not None
        case "aesthetic":
            return called.name in ours.aesthetic
        case "checkpoint":
            return False  # a model in config is never looked for
