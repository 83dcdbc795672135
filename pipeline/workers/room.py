"""The memory that a training has on an engine's device, and what pictures give it of theirs."""

from pipeline.engine.engine import Engine


class Room:
    """What is set aside for a run, and whether others may begin anything."""

    def __init__(self, engine: Engine, num_bytes: float) -> None:
        self._engine = engine
        self._num_bytes = num_bytes  # that the run takes, as far as is known before
        self.is_awaited = False  # others' pictures are to be done and to give theirs back

    @property
    def is_in_use(self) -> bool:
        """Whether there are pictures in flight."""
        return bool(self._engine.models_in_use)

    def set_aside(self) -> None:
        """Have idle models make way for the run's own, where they do not all fit."""
        self._engine.models.make_room(self._num_bytes, self._engine.models_in_use)

    def free(self) -> None:
        """Nothing is set aside, awaited or held any more."""
        self._engine.models.set_aside = 0.0
        self._engine.memory.forget_failures()
        self.is_awaited = False
        self.release()

    def release(self) -> None:
        """Let others begin again."""
        self._engine.model_turns.is_held = False

    def await_others(self) -> None:
        """Let nothing else begin; when what is in flight is done, all of it is the run's."""
        self._engine.model_turns.is_held = self.is_awaited = True
        self._engine.models.set_aside = 0.0  # so that it may run to its end

    def came(self) -> bool:
        """Whether that is so by now; others' memory is free then, and this run's set aside."""
        if self.is_in_use:
            return False
        self.drop_idle()
        self.set_aside()
        self.is_awaited = False
        return True

    def take_idle(self) -> bool:
        """Let nothing else begin before the next step is taken; whether more is free now."""
        self._engine.model_turns.is_held = True
        return self.drop_idle()

    def is_crowded(self) -> bool:
        """Whether what is in use is too much: those models do not fit beside the run."""
        self._engine.crowding.found(self._engine.models_in_use)
        return self.is_in_use

    def take_from_others(self) -> bool:
        """Have more memory for a run that has none yet; whether there is more for it by then.

        What is only kept for later goes at once, what is in use when the pictures in flight are
        done.
        """
        if self.take_idle():
            return True
        if self.is_crowded():
            self.await_others()
        return self.is_awaited

    def drop_idle(self) -> bool:
        """Have the engine let go of what it only keeps for later; whether that was anything."""
        engine, in_use = self._engine, self._engine.models_in_use
        engine.denoiser.forget()
        had_upscaler = engine.super_resolution.forget()
        # Beside pictures in flight, who may have it loaded again, it is not worth a try.
        return engine.models.drop_idle(in_use) or (had_upscaler and not in_use)

    def drop_idle_if_held(self) -> None:
        """The same where the next try would find less room than the last."""
        if self._engine.model_turns.is_held:
            self.drop_idle()

    def end(self) -> None:
        """Give everything back."""
        self.free()
        self._engine.crowding.forget()
