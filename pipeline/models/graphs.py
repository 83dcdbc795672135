"""UNet calls on a CUDA device as graphs: recorded once a shape, then started by one launch.

On a fast GPU it takes longer to start a call's two thousand kernels one by one than to run them.
A graph starts them all, with the same bits. It reads its inputs where they lay when it was
recorded, so every call's are copied there; texts only when they are others than the last.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from pipeline.models.attention import Adapters, TextContext

logger = logging.getLogger(__name__)

Call: TypeAlias = Callable[[Tensor, Tensor, TextContext], Tensor]  # latents, timesteps, texts
Key: TypeAlias = tuple[torch.Size, int, Adapters]  # of latents; tokens and adapters of their texts

NUM_GRAPHS = 32  # kept; they share their working memory
MAX_BYTES = 2**30  # of adapters that they keep in memory; the latest keeps its own in any case
SAFE_SHARE = 0.8  # of free memory that a recording may take


class Graph(NamedTuple):
    """One recorded call and where its inputs and its output lie."""

    cuda_graph: torch.cuda.CUDAGraph
    latents: Tensor
    timesteps: Tensor
    texts: TextContext  # not to be read, but it keeps the adapters that the graph reads
    output: Tensor


class TextStage:
    """Where graphs find their texts: those of one number of tokens, of up to so many rows."""

    def __init__(self, like: TextContext, num_rows: int) -> None:
        self.num_rows = num_rows
        self._tensors = [
            torch.empty(num_rows, *tensor.shape[1:], dtype=tensor.dtype, device=tensor.device)
            for tensor in like.tensors
        ]
        self._loaded: TextContext | None = None

    def load(self, context: TextContext) -> None:
        """Copy texts here, unless they are those that came last."""
        if context is self._loaded:
            return
        rows = len(context.hidden)
        torch._foreach_copy_([each[:rows] for each in self._tensors], context.tensors)
        self._loaded = context

    def rows(self, like: TextContext) -> TextContext:
        """This place as the texts of as many rows as `like` has."""
        rows = len(like.hidden)
        return like.with_tensors([each[:rows] for each in self._tensors])


class CallGraphs:
    """Makes calls as `call` does; from the second of a kind on, as graphs."""

    def __init__(self, call: Call, device: torch.device) -> None:
        self._call = call
        self._device = device
        self._seen: set[Key] = set()
        self._too_large: set[Key] = set()
        self._graphs: OrderedDict[Key, Graph] = OrderedDict()
        self._stages: dict[int, TextStage] = {}  # by number of tokens
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, latents: Tensor, timesteps: Tensor, context: TextContext) -> Tensor:
        """One UNet call; its graph is recorded beside it where this is the second of its kind."""
        key = latents.shape, context.num_tokens, context.adapters
        if key in self._too_large or key not in self._seen:
            self._seen.add(key)
            return self._call(latents, timesteps, context)
        try:
            with torch.cuda.device(self._device):
                if key not in self._graphs and not self._record(key, latents, timesteps, context):
                    return self._call(latents, timesteps, context)
        except torch.OutOfMemoryError:
            self._graphs.clear()  # what they hold may be what the next, smaller call needs
            raise
        self._graphs.move_to_end(key)
        return self._replay(self._graphs[key], latents, timesteps, context)

    def _replay(
        self, graph: Graph, latents: Tensor, timesteps: Tensor, context: TextContext
    ) -> Tensor:
        graph.latents.copy_(latents)
        graph.timesteps.copy_(timesteps)
        self._stages[context.num_tokens].load(context)
        graph.cuda_graph.replay()
        return graph.output.clone()  # the next replay writes where this one wrote

    def _record(self, key: Key, latents: Tensor, timesteps: Tensor, context: TextContext) -> bool:
        """Record a call of this kind; False where memory is too short for that."""
        stage = self._stage_for(context)
        stage.load(context)
        texts = stage.rows(context)
        latents, timesteps = latents.clone(), timesteps.clone()
        # Kernels are chosen and workspaces made at a first call, which must not be recorded.
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            self._call(latents, timesteps, texts)
        torch.cuda.current_stream().wait_stream(self._stream)
        torch.cuda.synchronize()
        unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        free = torch.cuda.mem_get_info()[0] + unused
        if torch.cuda.max_memory_allocated() - before > free * SAFE_SHARE:
            logger.warning("no memory to record UNet calls of latents %s", tuple(latents.shape))
            self._too_large.add(key)
            return False
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(
            graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
        ):
            output = self._call(latents, timesteps, texts)
        self._graphs[key] = Graph(graph, latents, timesteps, texts, output)
        texts_by_key = {each: kept.texts for each, kept in self._graphs.items()}
        for each in surplus(texts_by_key):
            del self._graphs[each]
        return True

    def _stage_for(self, context: TextContext) -> TextStage:
        """The place for these texts; a larger one, where there are more rows than ever."""
        rows, tokens = len(context.hidden), context.num_tokens
        stage = self._stages.get(tokens)
        if stage is None or stage.num_rows < rows:
            for key in [key for key in self._graphs if key[1] == tokens]:
                del self._graphs[key]  # they read the old place
            self._stages[tokens] = stage = TextStage(context, 1 << (rows - 1).bit_length())
        return stage


def surplus(kept: dict[Key, TextContext]) -> list[Key]:
    """Which graphs are too many or keep adapters that are too large, by their texts, latest last.

    Adapters that several of them read are there once.
    """
    too_many: list[Key] = []
    num_kept = 0
    counted: dict[int, int] = {}  # bytes, by the id of what has them
    for key, texts in reversed(kept.items()):
        with_these = counted | texts.adapter_bytes
        is_larger = len(with_these) > len(counted)
        has_room = not is_larger or sum(with_these.values()) <= MAX_BYTES
        if num_kept == 0 or (num_kept < NUM_GRAPHS and has_room):
            counted, num_kept = with_these, num_kept + 1
        else:
            too_many.append(key)
    return too_many
