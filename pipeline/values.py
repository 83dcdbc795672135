"""Plain values: frozen, checked once, never existing broken."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import InvalidRequest


class PlainValue(BaseModel):
    """A frozen value whose construction either succeeds or explains itself in one sentence.

    Raises `InvalidRequest` where pydantic would raise `ValidationError`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InvalidRequest(" ".join(dict.fromkeys(sentences(error)))) from error


def sentences(error: ValidationError) -> list[str]:
    """Say in words a user knows what is wrong, one sentence a field.

    A message that a validator of ours wrote is already a sentence and stands as it is.
    """
    said = []
    for problem in error.errors(include_url=False):
        if problem["type"] == "value_error":
            said.append(str(problem["ctx"]["error"]))
            continue
        name = ".".join(str(part) for part in problem["loc"]).replace("_", " ")
        said.append(f"{name or 'value'}: {problem['msg'][0].lower()}{problem['msg'][1:]}.")
    return said
