"""How long something takes on a GPU as part of a captured step: without its launches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def seconds_captured(run: Callable[[], object], repeats: int = 4) -> float:
    """The least of several replays. Raises what running or capturing does."""
    cuda: Any = torch.cuda  # its types do not cover streams and events
    stream = cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with cuda.stream(stream):
        run()  # what is loaded or compiled at first
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with cuda.graph(graph, stream=stream):
        run()
    graph.replay()
    times: list[float] = []
    for _ in range(repeats):
        began, ended = (cuda.Event(enable_timing=True) for _ in range(2))
        began.record()
        graph.replay()
        ended.record()
        ended.synchronize()
        times.append(began.elapsed_time(ended) / 1e3)
    return min(times)
