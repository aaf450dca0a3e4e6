"""What Prometheus is told."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from adapters.monitoring.exporter import Exporter
from adapters.monitoring.watched import Watched
from bot.meters import WAITS, Meters
from tests.adapters.monitoring.watching import whole


def samples(page: bytes) -> dict[str, float]:
    """Each sample by its name and labels, as Prometheus' own parser reads the page."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_every_figure_is_told_as_it_was_counted() -> None:
    """By Prometheus' own parser."""
    watched = whole()
    watched.meters.first.add(0.3)
    watched.meters.first.add(700.0)
    watched.meters.replies.add("slack", "end")
    assert watched.engine is not None
    watched.engine.totals.cached = 12
    page, content_type = Exporter(watched).page("")
    found = samples(page)
    assert content_type.startswith("text/plain")
    assert found["kaiwa_replies_total['end', 'slack']"] == 1
    assert found["kaiwa_replies_running[]"] == 2 and found["kaiwa_replies_waiting[]"] == 5
    assert found["kaiwa_cached_prompt_tokens_total[]"] == 12
    assert found["kaiwa_platform_connected['discord']"] == 1
    assert found["kaiwa_reply_first_token_seconds_bucket['0.25']"] == 0
    assert found["kaiwa_reply_first_token_seconds_bucket['0.5']"] == 1
    assert found[f"kaiwa_reply_first_token_seconds_bucket['{WAITS[-1]}']"] == 1
    assert found["kaiwa_reply_first_token_seconds_bucket['+Inf']"] == 2
    assert found["kaiwa_reply_first_token_seconds_count[]"] == 2
    assert found["kaiwa_reply_first_token_seconds_sum[]"] == pytest.approx(700.3)
    assert found["kaiwa_database_seconds_count['read']"] == 1
    assert "process_resident_memory_bytes[]" in found


def test_a_newer_scraper_gets_openmetrics() -> None:
    """Its parser is the stricter one: names, units, the end of the page."""
    page, content_type = Exporter(whole()).page("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    families = openmetrics_families(page.decode())  # type: ignore[no-untyped-call]
    assert any(family.name == "kaiwa_replies" for family in families)


def test_a_bot_that_still_loads_its_model_has_figures() -> None:
    """Of the engine and the database there are none yet."""
    found = samples(Exporter(Watched(Meters(), {"version": "1"})).page("")[0])
    assert found["kaiwa_info['1']"] == 1
    assert not any(name.startswith("kaiwa_engine") for name in found)
