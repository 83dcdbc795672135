"""Files of strangers, looked at in a process of its own: at worst it is the only one that ends.

`python -m pipeline.adapters inspect PATH` writes what the file is as JSON; `… export PATH KIND
NAME LAYOUT` reads a sample picture, if there is one, and writes the file in another layout. What
it refuses it says in a sentence, with the exit status `REFUSED`.
"""

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from pipeline.adapters.exporting import export
from pipeline.adapters.inspection import inspect
from pipeline.adapters.limits import MAX_SECONDS, REFUSED, ROOM, TIMES_ITS_SIZE
from pipeline.artifact_layouts import LAYOUTS
from pipeline.errors import PipelineError

NICE = 5


def confine(path: Path) -> None:
    """Let this process have no more than a file of this size honestly needs."""
    os.nice(NICE)
    torch.set_num_threads(1)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    here = pages * resource.getpagesize()
    size = path.stat().st_size if path.exists() else 0
    memory = here + ROOM + TIMES_ITS_SIZE * size
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, MAX_SECONDS),
        (resource.RLIMIT_FSIZE, 0),  # it writes into a pipe and nowhere else
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def main() -> None:
    """Do what the arguments say."""
    command, file, *rest = sys.argv[1:]
    path = Path(file)
    confine(path)
    status = 0
    try:
        if command == "inspect":
            answer = json.dumps(asdict(inspect(path))).encode()
        else:
            given, name, layout = rest
            [kind] = [each for each in LAYOUTS if each == given]
            answer = export(path, kind, name, layout, sys.stdin.buffer.read())
    except PipelineError as error:
        answer = error.message.encode("utf-8", "replace")
        status = REFUSED
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    sys.exit(status)


if __name__ == "__main__":
    main()
