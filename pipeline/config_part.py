"""One table of `config.toml`: frozen, checked once, and a misspelt setting is named."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import ConfigError
from pipeline.values import sentences


class ConfigPart(BaseModel):
    """One table of `config.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def read(cls, table: Mapping[str, Any], name: str) -> Self:
        """Check one table.

        Raises `ConfigError` that names the table and every setting at fault.
        """
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            unknown = [
                ".".join(str(part) for part in problem["loc"])
                for problem in error.errors()
                if problem["type"] == "extra_forbidden"
            ]
            if unknown:
                raise ConfigError(
                    f"config: unknown setting in [{name}]: {', '.join(unknown)}."
                ) from error
            raise ConfigError(f"config: [{name}] {' '.join(sentences(error))}") from error
