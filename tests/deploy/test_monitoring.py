"""The dashboard and the alerts ask for figures that Kaiwa has, and a real Prometheus answers."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from adapters.monitoring.exporter import Exporter
from adapters.monitoring.server import monitoring
from adapters.monitoring.watched import Watched
from bot.config import MonitoringSettings
from tests.adapters.monitoring.watching import whole
from tests.prometheus import (
    INSTALLED,
    RULES,
    dashboard,
    prometheus,
    rules,
    until_scraped,
    values,
)

EXPRESSIONS = [*dashboard(), *rules()]
TESTS = RULES.with_name("kaiwa.test.yml")
needs_prometheus = pytest.mark.skipif(not INSTALLED, reason="Debian's prometheus is not installed")


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS)
def test_every_metric_and_label_that_is_asked_for_is_there(title: str, expression: str) -> None:
    """A figure that was renamed would leave an empty panel, and an alert that never fires."""
    page = Exporter(whole()).page("")[0].decode()
    samples = [s for family in text_string_to_metric_families(page) for s in family.samples]
    labels = {sample.name: {*sample.labels, "instance", "job"} for sample in samples}
    labels["up"] = {"instance", "job"}
    for name in re.findall(r"\b(?:kaiwa|process)_\w+|\bup\b", expression):
        assert name in labels, f"{title}: there is no {name}"
    asked = re.findall(r"(\w+)\{([^}]*)\}", expression)
    for name, matchers in asked:
        assert set(re.findall(r"(\w+)(?:=~|!=|=)", matchers)) <= labels[name], f"{title}: {name}"


def test_every_alert_has_a_test_in_which_it_fires() -> None:
    """Of promtool's."""
    tested = {
        case["alertname"]
        for test in yaml.safe_load(TESTS.read_text("utf-8"))["tests"]
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert tested == {alert for alert, _ in rules()}


@needs_prometheus
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", RULES),
        ("check", "config", RULES.with_name("prometheus.yml")),
        ("test", "rules", TESTS),
    ],
    ids=lambda arguments: " ".join(map(str, arguments[:2])),
)
def test_promtool_finds_nothing_wrong(arguments: tuple[object, ...]) -> None:
    """Prometheus' own look at the files."""
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


async def _counting(watched: Watched) -> None:
    """Something happens all the time."""
    meters, engine, database = watched.meters, watched.engine, watched.database
    assert engine is not None and database is not None
    while True:
        for tally in (meters.replies, meters.requests, meters.commands, meters.pages):
            tally.add(*next(iter(tally.counts)))
        meters.quiz_answers.add("counted", "right")
        meters.log_lines.add("warning")
        for histogram in (meters.waits, meters.first, meters.lengths, meters.speeds):
            histogram.add(0.1)
        database.times.read.add(0.001)
        database.times.write.add(0.001)
        engine.totals.steps += 1
        engine.totals.sequences += 3
        engine.totals.generated += 3
        engine.totals.prompt += 10
        engine.totals.cached += 4
        await asyncio.sleep(0.1)


@needs_prometheus
async def test_every_panel_has_values_in_a_real_prometheus(tmp_path: Path) -> None:
    """Scraped over HTTP; no expression is refused, and none is empty."""
    watched = whole()
    counting = asyncio.create_task(_counting(watched))
    settings = MonitoringSettings(enabled=True, port=0)
    async with monitoring(settings, watched) as port, prometheus(port, tmp_path) as address:
        await until_scraped(address, 4)
        for title, expression in dashboard():
            found = await values(address, expression)
            assert found, f"{title} has no values"
            numbers = [each["value"][1] for each in found]
            assert "NaN" not in numbers, f"{title}: {numbers}"
        for _, expression in rules():
            await values(address, expression)  # or it is refused
    counting.cancel()
