"""llama.cpp's own server in a process of its own, from the wheel `xllamacpp`.

As a program: `python llama_cpp.py FILE` serves a GGUF file until its input ends.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLOTS = 2  # requests that it serves at once
CONTEXT = 512


@dataclass(frozen=True, slots=True)
class LlamaCpp:
    """A server that runs."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def llama_cpp(file: Path, log: Path) -> Iterator[LlamaCpp]:
    """Serve a GGUF file on a free port until the end, however that comes."""
    command = [sys.executable, str(Path(__file__)), str(file)]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        assert process.stdout is not None
        found = re.match(r"ready (http://\S+)", process.stdout.readline())
        assert found, log.read_text()
        try:
            yield LlamaCpp(found[1], process)
        finally:
            process.kill()


def serve(file: str) -> None:
    """Serve a file in float32 until the input ends."""
    xllamacpp: Any = importlib.import_module("xllamacpp")  # untyped
    params = xllamacpp.CommonParams()
    params.model.path = file
    params.model_alias = {"demo"}
    params.port = 0
    params.endpoint_metrics = True
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.cpuparams.n_threads = 1
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    print("ready", server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1])
