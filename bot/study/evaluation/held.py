"""Replies held to a level, measured on the built-in model: the share of words, and the time.

The model answers as in a conversation, with sampling, once alone and once with candidates. It
knows no words: what is above a level is told by the judge that is passed in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bot.candidates import best_of
from bot.engine.loader import load_model
from bot.engine.local import LocalEngine
from bot.messages import GenerationRequest, Prompt, Role, Sampling, TextDelta, Turn
from bot.ports import TextGenerator
from bot.prompt import RinnaFormat, fit

# A level and a reply: how many of its words are above the level, and how many there are.
Judge = Callable[[str, str], tuple[int, int]]

MODEL = Path(__file__).parents[2] / "demo" / "model"
SAMPLING = Sampling(max_new_tokens=96)  # the model card's: temperature 1.0, top_p 0.85
SEEDS = 3  # replies to each prompt
PREAMBLE = (
    Turn(Role.USER, "Hello, you are an assistant that helps me learn Japanese."),
    Turn(Role.ASSISTANT, "Sure, what can I do for you?"),
)
TALK = (
    "こんにちは。", "はじめまして。田中です。", "お元気ですか。", "今日は何をしましたか。",
    "趣味は何ですか。", "好きな食べ物は何ですか。", "猫と犬とどちらが好きですか。",
    "どこに住んでいますか。", "日本語の勉強を手伝ってください。", "面白い話をしてください。",
    "短い文を書いてください。", "朝ごはんに何を食べましたか。", "昨日は疲れました。",
    "仕事が忙しいです。", "明日は試験があります。", "旅行に行きたいです。",
    "本を読むのが好きです。", "友達とけんかしました。", "少し悲しいです。", "お腹がすきました。",
    "「経済」はどういう意味ですか。", "「準備」を使って文を作ってください。",
    "「環境」はどういう意味ですか。", "ありがとうございます。",
)  # fmt: skip
TRANSLATIONS = tuple(
    f"Translate into Japanese: {text}"
    for text in (
        "I have to prepare for the exam.", "The meeting begins at nine.",
        "I bought a new bag yesterday.", "My younger sister is good at singing.",
        "Please tell me your opinion.", "The weather was bad, so I stayed at home.",
        "He promised to come tomorrow.", "I want to go abroad next year.",
        "She works at a hospital.", "The train was late this morning.", "I forgot my umbrella.",
        "We will arrive soon.", "The teacher explained the problem.",
        "I was surprised at the news.", "Children are playing in the park.",
        "This food is delicious.", "He decided to quit his job.",
        "I received a letter from my friend.", "I usually get up at six.",
        "The river is dangerous.", "Let's rest for a while.", "I need more time.",
        "It is important to practice.", "The company makes cars.",
    )
)  # fmt: skip
PROMPTS = {"conversation": TALK, "translations": TRANSLATIONS}


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of some prompts. `seconds` are those of a reply, at the median."""

    words: int
    above: int
    replies: int
    clean: int
    seconds: float

    def line(self, candidates: int) -> str:
        """In words."""
        kind = "1 candidate " if candidates == 1 else f"{candidates} candidates"
        share = 1 - self.above / max(1, self.words)
        return (
            f"  {kind}: {share:6.1%} of {self.words} words at or under the level, "
            f"{self.clean / self.replies:6.1%} of {self.replies} replies without a word above it, "
            f"{1_000 * self.seconds:.0f} ms a reply"
        )


async def report(judge: Judge, levels: tuple[str, ...] = ("n5", "n4"), count: int = 4) -> list[str]:
    """Lines with the figures of each level, alone and with `count` candidates. Loads the model,
    and takes about a minute and a half."""
    loaded = await asyncio.to_thread(load_model, MODEL, quantization="nf4", device="cpu")
    lines = []
    async with LocalEngine.from_loaded(loaded) as engine:
        examiner = Examiner(engine, RinnaFormat(loaded.tokenizer), judge)
        await examiner.figures("n5", count, TALK)  # what is compiled and allocated once
        for level in levels:
            for name, prompts in PROMPTS.items():
                lines.append(f"replies held to {level.upper()}, {name}:")
                for candidates in (1, count):
                    figures = await examiner.figures(level, candidates, prompts)
                    lines.append(figures.line(candidates))
    return lines


class Examiner:
    """Asks the engine for one reply after the other."""

    def __init__(self, engine: TextGenerator, prompt_format: RinnaFormat, judge: Judge) -> None:
        self._engine = engine
        self._format = prompt_format
        self._judge = judge

    async def figures(self, level: str, candidates: int, prompts: tuple[str, ...]) -> Figures:
        """All prompts' replies, each with its own seeds, which are the same each time."""
        counts, times = [], []
        for number, said in enumerate(prompts):
            budget = self._engine.context_length - SAMPLING.max_new_tokens
            prompt = fit(self._format, PREAMBLE, [Turn(Role.USER, said)], budget)
            for draw in range(SEEDS):
                began = time.perf_counter()
                reply = await self._reply(prompt, level, candidates, 100 * (SEEDS * number + draw))
                times.append(time.perf_counter() - began)
                counts.append(self._judge(level, reply))
        return Figures(
            words=sum(words for _, words in counts),
            above=sum(above for above, _ in counts),
            replies=len(counts),
            clean=sum(not above for above, _ in counts),
            seconds=median(times),
        )

    async def _reply(self, prompt: Prompt, level: str, candidates: int, seed: int) -> str:
        sampling = replace(SAMPLING, seed=seed)
        request = GenerationRequest(prompt, sampling, f"held {seed}", stop=self._format.stop)

        def above(text: str) -> float:
            count, words = self._judge(level, text)
            return count / words if words else 1.0  # in no Japanese at all nothing is easy

        events = best_of(self._engine, request, candidates, above)
        return "".join([e.text async for e in events if isinstance(e, TextDelta)])
