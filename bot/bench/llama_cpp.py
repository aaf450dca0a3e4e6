"""Serves a GGUF file with llama.cpp's own server, out of the wheel `xllamacpp`.

`python -m bot.bench.llama_cpp FILE --threads 2 --slots 8 --context-per-slot 2048 --port 8080`,
until Ctrl-C. Everything that is not named here is llama.cpp's default: flash attention where it
helps, prompt cache, continuous batching.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from bot.bench.gguf import development_package
from bot.errors import BotError


def serve(file: Path, *, threads: int, slots: int, context_per_slot: int, port: int) -> None:
    """Serve until interrupted. Raises BotError where that cannot be."""
    xllamacpp = development_package("xllamacpp")
    if not file.is_file():
        raise BotError(
            f"There is no file {file}: python -m bot.bench.gguf {file} makes it.",
            f"{file} がありません。python -m bot.bench.gguf {file} で作れます。",
        )
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.port = port
    params.n_parallel = slots
    params.n_ctx = slots * context_per_slot
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)
    print("ready", server.listening_address, flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


def main(arguments: list[str]) -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.bench.llama_cpp")
    parser.add_argument("file", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--context-per-slot", type=int, default=2_048)
    parser.add_argument("--port", type=int, default=8_080, help="0: any that is free")
    options = vars(parser.parse_args(arguments))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        serve(options.pop("file"), **options)
    except BotError as error:
        print(error.both(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
