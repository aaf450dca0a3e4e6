"""What the bot does now, and what is stored: as lines for a terminal.

A bot that runs is asked where its monitoring listens; nothing of it is known otherwise.
"""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from bot.config import Settings
from bot.home import shown_place

_NO_PROXY = urllib.request.ProxyHandler({})  # whatever the environment names
_DIRECT = urllib.request.build_opener(_NO_PROXY)

ANSWER_SECONDS = 5.0
Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]

STORED = {
    "conversations": "会話 / conversations",
    "messages": "メッセージ / messages",
    "replies": "返答 / replies",
    "saved_words": "単語 / saved words",
    "reviews": "復習 / reviews",
    "quizzes": "クイズ / quizzes",
}


def now(settings: Settings) -> Iterator[str]:
    """What the bot does, or why that is not known."""
    there = settings.monitoring
    if not there.enabled:
        yield "[monitoring] enabled = false: 動いているボットの様子は分かりません / not known"
        return
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(there.host, there.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{there.port}"
    try:
        state = json.loads(_ask(f"{address}/healthz/ready"))
        samples = _samples(_ask(f"{address}/metrics").decode())
        lines = [*_health(state), *_figures(samples)]
    except (OSError, ValueError, KeyError, TypeError):  # nobody is there, or another program
        yield f"{address}: ボットは動いていません / no bot runs here"
        return
    yield from lines


async def stored(settings: Settings) -> list[str]:
    """What the database holds. Raises BotError where it cannot be read."""
    from storage.looking import amounts

    place = shown_place(settings.storage.url)
    found = await amounts(settings.storage.url)
    if found is None:
        return [f"{place}: まだありません / not there yet"]
    lines = [f"{place}: {found.bytes / 2**20:,.1f} MiB"]
    return lines + [f"  {words}: {found.rows.get(table, 0):,}" for table, words in STORED.items()]


def _ask(url: str) -> bytes:
    try:
        with _DIRECT.open(url, timeout=ANSWER_SECONDS) as answer:
            found: bytes = answer.read()
    except urllib.error.HTTPError as error:  # not ready, which is an answer, too
        found = error.read()
    return found


def _samples(page: str) -> Samples:
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def _health(state: Mapping[str, Any]) -> Iterator[str]:
    ready = "準備完了 / ready" if state["ready"] else "準備中 / not ready"
    about = " ".join(str(state[key]) for key in ("version", "model", "device") if key in state)
    yield f"Kaiwa {about}: {ready}"
    parts = {**{name: state[name] for name in ("database", "engine")}, **state["platforms"]}
    for name, part in parts.items():
        yield f"  {name}: {'ok' if part['ok'] else part.get('why') or 'away'}"


def _figures(samples: Samples) -> Iterator[str]:
    def total(name: str, **labels: str) -> float:
        return sum(
            value
            for (found, of), value in samples.items()
            if found == f"kaiwa_{name}" and labels.items() <= dict(of).items()
        )

    def mean(name: str) -> str:
        count = total(f"{name}_count")
        return f"{total(f'{name}_sum') / count:.2f}" if count else "-"

    running, waiting = total("replies_running"), total("replies_waiting")
    yield (
        f"  返答 / replies: {running:.0f} 書いています / written, "
        f"{waiting:.0f} 待っています / waiting"
    )
    ends: dict[str, float] = {}
    for (name, labels), value in samples.items():
        if name == "kaiwa_replies_total":
            end = dict(labels)["end"]
            ends[end] = ends.get(end, 0) + value
    yield "  終わり方 / ends: " + (
        ", ".join(f"{end} {count:.0f}" for end, count in sorted(ends.items())) or "-"
    )
    yield (
        f"  平均 / means: 最初の言葉まで / first words {mean('reply_first_token_seconds')} s, "
        f"{mean('reply_tokens_per_second')} tokens/s, "
        f"データベース / database {mean('database_seconds')} s"
    )
    prompt = total("prompt_tokens_total")
    cached = f"{total('cached_prompt_tokens_total') / prompt:.0%}" if prompt else "-"
    memory = samples.get(("process_resident_memory_bytes", ()), math.nan)
    yield f"  キャッシュ / cache {cached}, メモリ / memory {memory / 2**20:,.0f} MiB"
