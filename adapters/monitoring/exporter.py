"""The figures in Prometheus' format. They are read when somebody asks; nothing is counted here.

Metrics' names are as https://prometheus.io/docs/practices/naming wants them: base units, counters
end with `_total`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from adapters.monitoring.watched import Engine, Watched
from bot.meters import Histogram, Tally


class Exporter(Collector):
    """Reads what is watched. A registry of its own, so that other libraries' figures stay out."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    def page(self, accepted: str) -> tuple[bytes, str]:
        """All figures, and their content type, in the newest format that is `accepted`."""
        encode, content_type = choose_encoder(accepted)
        return encode(self._registry), content_type

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry is told that no other collector has these names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric, as it stands now."""
        watched, meters = self._watched, self._watched.meters
        yield InfoMetricFamily("kaiwa", "What runs here", value=watched.about)
        yield _counter("replies", "Replies by how they ended", meters.replies, "platform", "end")
        yield _histogram("reply_wait_seconds", "From a question to its turn", meters.waits)
        yield _histogram(
            "reply_first_token_seconds", "From a question's turn to the first words", meters.first
        )
        yield _histogram("reply_seconds", "From a question's turn to the end", meters.lengths)
        yield _histogram(
            "reply_tokens_per_second", "How fast a reply is written after that", meters.speeds
        )
        yield from _platforms(watched)
        yield _counter("commands", "Commands that were given", meters.commands, "command")
        yield _counter(
            "quiz_answers", "Answers in quizzes", meters.quiz_answers, "outcome", "judged"
        )
        yield _counter("page_views", "Requests to the web page", meters.pages, "route", "status")
        yield _counter("log_lines", "Lines of the log", meters.log_lines, "level")
        yield _histogram("event_loop_lag_seconds", "How late the event loop is", watched.lags)
        if watched.database is not None:
            times = watched.database.times
            yield _histogram("database_seconds", "Transactions", read=times.read, write=times.write)
        if watched.engine is not None:
            yield from _engine(watched.engine)


def _platforms(watched: Watched) -> Iterator[Metric]:
    meters = watched.meters
    up = GaugeMetricFamily(
        "kaiwa_platform_connected", "Whether events come in", labels=["platform"]
    )
    for platform, since in meters.connected.items():
        up.add_metric([platform], since is not None)
    yield up
    yield _counter("platform_connections", "Connections made", meters.connections, "platform")
    yield _counter("platform_losses", "Connections lost", meters.losses, "platform")
    yield _counter(
        "platform_requests",
        "Requests to the API, by outcome",
        meters.requests,
        "platform",
        "outcome",
    )


def _engine(engine: Engine) -> Iterator[Metric]:
    running, waiting = engine.busy()
    gauges = {
        "replies_running": ("Replies that are written now", running),
        "replies_waiting": ("Requests in the engine's queue", waiting),
        "cache_tokens": ("Tokens of conversations in the engine's cache", engine.cached()),
        "engine_up": ("Whether the engine computes", not engine.ended()),
    }
    for name, (text, value) in gauges.items():
        yield GaugeMetricFamily(f"kaiwa_{name}", text, value=value)
    totals = engine.totals
    counters = {
        "engine_steps": ("Steps on the model", totals.steps),
        "engine_step_sequences": ("Sequences in these steps, together", totals.sequences),
        "generated_tokens": ("Tokens written", totals.generated),
        "prompt_tokens": ("Tokens of prompts", totals.prompt),
        "cached_prompt_tokens": ("Of them, not computed again", totals.cached),
    }
    for name, (text, value) in counters.items():
        yield CounterMetricFamily(f"kaiwa_{name}", text, value=value)


def _counter(name: str, text: str, tally: Tally, *labels: str) -> Metric:
    family = CounterMetricFamily(f"kaiwa_{name}", text, labels=labels)
    for values, count in tally.counts.copy().items():  # other threads log
        family.add_metric(values, count)
    return family


def _histogram(
    name: str, text: str, histogram: Histogram | None = None, **kinds: Histogram
) -> Metric:
    """One histogram, or one of each kind."""
    family = HistogramMetricFamily(f"kaiwa_{name}", text, labels=["kind"] if kinds else [])
    each = kinds.items() if histogram is None else [("", histogram)]
    for kind, measured in each:
        below, buckets = 0, []
        for bound, count in zip((*measured.bounds, float("inf")), measured.counts, strict=True):
            below += count
            buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
        family.add_metric([kind] if kinds else [], buckets, measured.total)
    return family
