"""How a request's texts are led towards an aesthetic embedding (spec: webui §7)."""

from pydantic import ValidationInfo, field_validator

from pipeline.values import PlainValue

MAX_AESTHETIC_STEPS = 50
MAX_AESTHETIC_TEXT = 500  # characters
NO_EMBEDDING = "None"  # as infotext says it


class AestheticSettings(PlainValue):
    """Settings of the tuning; without the name of an embedding they mean nothing."""

    aesthetic_embedding: str = ""  # its name on the shelf; empty: none
    aesthetic_weight: float = 0.9  # of what the tuned text tower says
    aesthetic_steps: int = 5
    aesthetic_learning_rate: float = 0.0001
    aesthetic_slerp: bool = False  # True: mixed along the sphere, not the straight line
    aesthetic_text: str = ""
    aesthetic_text_negative: bool = False  # True: away from that text, not towards it
    aesthetic_slerp_angle: float = 0.1  # how far towards that text

    @property
    def is_tuned(self) -> bool:
        """Whether anything is to be tuned at all."""
        return bool(
            self.aesthetic_embedding
            and self.aesthetic_steps
            and self.aesthetic_learning_rate
            and self.aesthetic_weight
        )

    @field_validator("aesthetic_embedding")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        return "" if name.strip() == NO_EMBEDDING else name.strip()

    @field_validator("aesthetic_text")
    @classmethod
    def _is_short(cls, text: str) -> str:
        if len(text) > MAX_AESTHETIC_TEXT:
            raise ValueError(
                f"The aesthetic text has {len(text):,} characters; at most "
                f"{MAX_AESTHETIC_TEXT:,} fit."
            )
        return text.strip()

    @field_validator(
        *("aesthetic_weight", "aesthetic_steps", "aesthetic_learning_rate"),
        "aesthetic_slerp_angle",
        mode="before",
    )
    @classmethod
    def _is_in_range(cls, number: object, info: ValidationInfo) -> object:
        most = MAX_AESTHETIC_STEPS if info.field_name == "aesthetic_steps" else 1
        if isinstance(number, int | float) and not 0 <= number <= most:
            name = str(info.field_name).replace("_", " ")
            raise ValueError(f"{name.capitalize()} {number} is not possible: take 0 to {most}.")
        return number
