"""Who may import whom, and how large a file may be: the house, held to its plan.

Layers read from the top: a module imports from its own layer or from those below it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_LINES = 300
VAGUE_NAMES = {"utils", "helpers", "common", "misc"}

PIPELINE_LAYERS = (
    {"__main__", "cli", "console", "train_command", "convert_command", "bench"}
    | {"train_options", "training_board", "picture_commands", "bench_commands", "gallery"},
    {"__init__"},
    {"artifact_files", "text_masks", "dispatcher", "supervisor", "tickets", "turns"}
    | {"announcements", "estimates", "meter", "placement", "streams"}
    | {"training_estimates", "training_tickets"},
    {"workers"},
    {"engine", "training"},
    {"training_presets", "training_sizes"},
    {"prompts", "sampling", "adapters", "models", "images"},
    {"requests", "results", "errors", "config", "samplers", "strength", "pictures"}
    | {"picture_input", "picture_controls", "second_pass", "upscalers"}
    | {
        "artifact",
        "artifact_layouts",
        "model_fit",
        "values",
        "devices",
        "checkpoint",
        "control",
        "controls",
        "presets",
    }
    | {"checkpoint_folder", "config_part", "hub", "model_card", "model_config", "learned_models"}
    | {"vocabulary"}
    | {"aesthetic_settings", "aesthetic_controls"}
    | {"training_request", "training_methods", "training_templates", "learning_rates"}
    | {"training_folder"},
)
BOT_LAYERS = (
    {"__main__", "demo", "help_pictures"},
    {"app"},
    {"client", "commands"},
    {"intake", "jobs", "replies"},
    {"records"},
    {"config", "endpoints", "errors", "locales", "__init__"},
)
# A package apart: nobody imports it, its people are its own entry point and the tests.
LOCAL_DISCORD = "bot.local_discord"

# Which third-party packages may be imported where; elsewhere in the house they may not.
HOMES = {
    "torch": {"pipeline"},
    "diffusers": {"pipeline.models", "pipeline.bench"},
    "spandrel": {"pipeline.models"},
    "transformers": {"pipeline.models", "pipeline.bench"},
    "sqlalchemy": {"bot.app", "bot.jobs", "bot.records", "migrations"},
    "alembic": {"bot.app", "bot.records", "migrations"},
    "discord": {"bot"},
    "ray": {"pipeline"},
}
WITHOUT_TORCH = {"__init__", "requests", "results", "errors", "config", "samplers", "images"}
WITHOUT_TORCH |= {"artifact", "artifact_files", "artifact_layouts", "model_fit"}
WITHOUT_TORCH |= {"checkpoint", "control", "controls", "presets"}
WITHOUT_TORCH |= {"checkpoint_folder", "config_part", "hub", "model_card", "model_config"}
WITHOUT_TORCH |= {"learned_models", "vocabulary"}
WITHOUT_TORCH |= {"aesthetic_settings", "aesthetic_controls"}
WITHOUT_TORCH |= {"training_request", "training_methods", "training_templates", "learning_rates"}
WITHOUT_TORCH |= {"training_folder", "training_presets", "training_sizes"}
WITHOUT_TORCH |= {"picture_input", "picture_controls", "pictures", "strength"}
WITHOUT_TORCH |= {"second_pass", "text_masks", "upscalers"}
WITHOUT_DISCORD = {"bot.jobs", "bot.records", "bot.locales"}


@cache
def modules(*packages: str) -> dict[str, Path]:
    """Every module below some top-level packages, by its dotted name."""
    found = {}
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


@cache
def imports(path: Path) -> frozenset[str]:
    """What a file imports, wherever in it: `from a import b` as `a.b`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def is_within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def edges(*packages: str) -> Iterator[tuple[str, str]]:
    """Every import in some packages: who, whom."""
    for module, path in modules(*packages).items():
        for imported in imports(path):
            yield module, imported


def violations(importers: tuple[str, ...], imported: set[str], allowed: set[str]) -> list[str]:
    return [
        f"{module} imports {name}"
        for module, name in edges(*importers)
        if is_within(name, imported) and not is_within(module, allowed)
    ]


def part(name: str) -> str:
    """The room a module is in: `pipeline.engine.batcher` is in `engine`."""
    return [*name.split("."), "__init__"][1]


@pytest.mark.parametrize(
    ("package", "layers"), [("pipeline", PIPELINE_LAYERS), ("bot", BOT_LAYERS)]
)
def test_imports_point_downwards(package: str, layers: tuple[set[str], ...]) -> None:
    depth = {name: number for number, layer in enumerate(layers) for name in layer}
    wrong = []
    for module, imported in edges(package):
        if is_within(module, {LOCAL_DISCORD}) or not is_within(imported, {package}):
            continue
        target = part(imported) if part(imported) in depth else "__init__"
        if depth[part(module)] > depth[target]:
            wrong.append(f"{module} imports {imported}")
    assert not wrong


@pytest.mark.parametrize(
    ("package", "layers"), [("pipeline", PIPELINE_LAYERS), ("bot", BOT_LAYERS)]
)
def test_every_module_has_its_place_in_a_layer(package: str, layers: tuple[set[str], ...]) -> None:
    known = set().union(*layers) | {part(LOCAL_DISCORD)}
    assert {part(module) for module in modules(package)} <= known


def test_engine_and_training_do_not_know_each_other() -> None:
    engine, training = {"pipeline.engine"}, {"pipeline.training"}
    between = [
        (module, name)
        for module, name in edges("pipeline")
        if (is_within(module, engine) and is_within(name, training))
        or (is_within(module, training) and is_within(name, engine))
    ]
    assert not between


def test_sampling_knows_nothing_of_ours() -> None:
    own = {"pipeline.sampling"}
    used = {name for module, name in edges("pipeline") if is_within(module, own)}
    ours = {name for name in used if is_within(name, {"pipeline", "bot"})}
    assert all(is_within(name, own) for name in ours)


def test_the_pipeline_knows_neither_the_bot_nor_its_database() -> None:
    assert not violations(("pipeline",), {"bot", "migrations", "discord", "sqlalchemy"}, set())


def test_the_bot_uses_only_the_pipelines_face() -> None:
    face = {"pipeline", *(f"pipeline.{name}" for name in public_names())}
    used = {name for _, name in edges("bot") if is_within(name, {"pipeline"})}
    assert used <= face


def public_names() -> list[str]:
    tree = ast.parse((ROOT / "pipeline" / "__init__.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    raise AssertionError("pipeline/__init__.py has no __all__")


def test_migrations_know_only_the_models_of_the_records() -> None:
    known = {"bot.records.models", "migrations"}
    used = {name for _, name in edges("migrations") if is_within(name, {"bot", "pipeline", *known})}
    assert all(is_within(name, known) for name in used)


def test_the_local_discord_is_imported_by_nobody_but_the_demo_that_starts_it() -> None:
    homes = {LOCAL_DISCORD, "bot.demo"}
    assert not violations(("bot", "pipeline", "migrations"), {LOCAL_DISCORD}, homes)


@pytest.mark.parametrize("library", HOMES)
def test_a_library_stays_at_home(library: str) -> None:
    assert not violations(("bot", "pipeline", "migrations"), {library}, HOMES[library])


def test_jobs_and_records_do_not_know_discord() -> None:
    knowing = [module for module, name in edges("bot") if is_within(name, {"discord"})]
    assert not [module for module in knowing if is_within(module, WITHOUT_DISCORD)]


def test_what_the_bot_reads_of_the_pipeline_has_no_torch() -> None:
    knowing = [module for module, name in edges("pipeline") if is_within(name, {"torch"})]
    assert not {part(module) for module in knowing} & WITHOUT_TORCH


def test_models_take_modules_from_diffusers_and_no_schedulers_or_pipelines() -> None:
    # The demo model's makers write a scheduler's settings down, as its users' loaders expect them.
    makers = {"pipeline.models.demo"}
    taken = {
        name
        for module, name in edges("pipeline")
        if is_within(module, {"pipeline.models"}) and not is_within(module, makers)
    }
    ready_made = ("scheduler", "pipeline")
    assert not [
        name
        for name in taken
        if is_within(name, {"diffusers"}) and any(word in name.lower() for word in ready_made)
    ]


@pytest.mark.parametrize("module", ["pipeline", "bot.app"])
def test_starting_does_not_bring_in_torch(module: str) -> None:
    question = f"import sys, {module}; print(*sorted({{'torch', 'diffusers'}} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert (answer.returncode, answer.stdout.strip(), answer.stderr) == (0, "", "")


@pytest.mark.parametrize("package", ["bot", "pipeline", "migrations", "tests"])
def test_no_file_is_too_long_or_vaguely_named(package: str) -> None:
    paths = modules(package)
    assert not [name for name, path in paths.items() if num_lines(path) > MAX_LINES]
    assert not [name for name in paths if VAGUE_NAMES & set(name.split("."))]


def num_lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_every_folder_of_modules_is_a_package() -> None:
    # Without its __init__.py a folder would be missing from what pip installs.
    folders = {path.parent for path in modules("bot", "pipeline", "migrations").values()}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]
