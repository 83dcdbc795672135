"""The controls of aesthetic embeddings, under the names that webui's extension gives them."""

from pipeline.control import NUMBER, TEXT, WHOLE, YES_OR_NO, Control

SOURCE = "aesthetic gradients (webui extension)"

AESTHETIC_CONTROLS: tuple[Control, ...] = (
    Control(
        "Aesthetic LR",
        ("aesthetic_learning_rate",),
        NUMBER,
        default="0.0001",
        source=SOURCE,
        suggestions=("0.0001", "0.001", "0.005"),
    ),
    Control(
        "Aesthetic weight",
        ("aesthetic_weight",),
        NUMBER,
        default="0.9",
        source=SOURCE,
        suggestions=("0.5", "0.9", "1"),
    ),
    Control(
        "Aesthetic steps",
        ("aesthetic_steps",),
        WHOLE,
        default="5",
        source=SOURCE,
        suggestions=("5", "10", "20"),
    ),
    Control("Aesthetic embedding", ("aesthetic_embedding",), TEXT, default="none", source=SOURCE),
    Control(
        "Aesthetic slerp",
        ("aesthetic_slerp",),
        TEXT,
        default="False",
        source=SOURCE,
        choices=YES_OR_NO,
    ),
    Control("Aesthetic text", ("aesthetic_text",), TEXT, default="none", source=SOURCE),
    Control(
        "Aesthetic text negative",
        ("aesthetic_text_negative",),
        TEXT,
        default="False",
        source=SOURCE,
        choices=YES_OR_NO,
    ),
    Control(
        "Aesthetic slerp angle",
        ("aesthetic_slerp_angle",),
        NUMBER,
        default="0.1",
        source=SOURCE,
        suggestions=("0.1", "0.5"),
    ),
)
