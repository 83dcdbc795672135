"""Checkpoints by their name on the Hugging Face hub, from its cache on this machine.

Nothing is ever fetched unless a model's settings say `download = true`.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import ModelUnavailable

SETTINGS = ("model_index.json", "unet/config.json", "vae/config.json")
WHOLE = (
    *("model_index.json", "*/*.json", "*/*.txt"),
    *("*/model.safetensors", "*/diffusion_pytorch_model.safetensors", "*/*-of-*.safetensors"),
)
TOKENIZER = ("vocab.json", "merges.txt", "tokenizer/vocab.json", "tokenizer/merges.txt")


def snapshot(repository: str, patterns: Sequence[str], download: bool) -> Path:
    """The folder that holds a repository's files of these names.

    Raises `ModelUnavailable` where they are not on this machine and may not or cannot be fetched.
    """
    # Only who names a hub waits for its library.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                repository, allow_patterns=list(patterns), local_files_only=not download
            )
        )
    except HFValidationError as error:
        raise ModelUnavailable(
            f"`{repository}` is neither a folder here nor a name on the hub (owner/name)."
        ) from error
    except LocalEntryNotFoundError as error:
        raise ModelUnavailable(
            f"`{repository}` is not in this machine's cache of the hub"
            + (", and the hub cannot be reached." if download else "; set download = true.")
        ) from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ModelUnavailable(f"`{repository}` cannot be fetched: {reason}.") from error
