"""A JSON schema of Discord's gateway payloads, generated from npm's `discord-api-types`.

`python -m tests.gateway_types` makes it and prints where it lies; it is kept in the user's cache
folder, and what npm installs for it beside it.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = {
    "discord-api-types": "0.38.57",
    "ts-json-schema-generator": "2.4.0",
    "discord.js": "14.28.1",
}
ROOT_TYPE = "Frame"
SOURCE = """import type { GatewayDispatchPayload } from "discord-api-types/v10";
export type Frame = GatewayDispatchPayload;
"""
OPTIONS = {
    "compilerOptions": {
        "target": "es2022",
        "module": "nodenext",
        "moduleResolution": "nodenext",
        "strict": True,
        "skipLibCheck": True,
        "noEmit": True,
    },
    "files": ["frame.ts"],
}
PATIENCE = 600  # seconds that npm may take over a slow line


class CannotMake(Exception):
    """There is no npm here, or it could not install what is needed."""


def folder() -> Path:
    """Where the packages and the schema lie, apart for every set of versions."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    versions = "-".join(PACKAGES.values())
    return cache / "athanor" / f"gateway-types-{versions}"


def cached_schema() -> Path | None:
    """The schema, if it was made before."""
    path = folder() / "frame.schema.json"
    return path if path.exists() else None


def installed() -> Path:
    """The folder in which npm has installed the packages, after it did so if it had to."""
    with one_at_a_time() as place:
        if not (place / "is-installed").exists():
            install(place)
        return place


@contextmanager
def one_at_a_time() -> Iterator[Path]:
    """The folder, while nobody else is filling it."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def install(place: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CannotMake("There is no npm on this machine.")
    manifest = {"private": True, "type": "module", "dependencies": PACKAGES}
    (place / "package.json").write_text(json.dumps(manifest))
    run([npm, "install", "--no-audit", "--no-fund", "--no-package-lock"], place)
    (place / "is-installed").touch()


def make_schema() -> Path:
    """The schema, generated unless it is there."""
    installed()
    with one_at_a_time() as place:
        return cached_schema() or generated(place)


def generated(place: Path) -> Path:
    (place / "frame.ts").write_text(SOURCE)
    (place / "tsconfig.json").write_text(json.dumps(OPTIONS))
    generator = place / "node_modules" / ".bin" / "ts-json-schema-generator"
    options = ["--path", "frame.ts", "--tsconfig", "tsconfig.json", "--type", ROOT_TYPE]
    unfinished = place / "frame.unfinished.json"
    flags = ["--no-type-check", "--additional-properties", "--out", unfinished.name]
    run([str(generator), *options, *flags], place)
    # Whoever looks for it meanwhile finds it whole or not at all.
    return unfinished.rename(place / "frame.schema.json")


def run(command: list[str], place: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CannotMake(f"{Path(command[0]).name} took longer than {PATIENCE} s.") from error
    if done.returncode:
        raise CannotMake(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")


if __name__ == "__main__":
    sys.stdout.write(f"{make_schema()}\n")
