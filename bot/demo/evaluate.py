"""Examine the built-in model as users meet it: `python -m bot.demo.evaluate`.

Loads the model in NF4 with the engine, holds real conversations (its own replies stay in the
prompt) with greedy decoding, and prints a line for each skill with the goal where there is
one. The exit code is 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path

from bot.demo.dialogues import CARD_PREAMBLE
from bot.demo.exam import Case, skills
from bot.demo.lexicon import load_lexicon
from bot.demo.train import MODEL_FOLDER
from bot.engine.loader import load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.messages import GenerationRequest, Role, Sampling, TextDelta, Turn
from bot.prompt import RinnaFormat, fit

PREAMBLE = (Turn(Role.USER, CARD_PREAMBLE[0]), Turn(Role.ASSISTANT, CARD_PREAMBLE[1]))
GREEDY = Sampling(max_new_tokens=96, temperature=0)
SIDE_BY_SIDE = 32


class Examiner:
    """Holds conversations with the engine."""

    def __init__(self, engine: LocalEngine, prompt_format: RinnaFormat) -> None:
        self._engine = engine
        self._format = prompt_format
        self._places = asyncio.Semaphore(SIDE_BY_SIDE)
        self._count = 0

    async def replies(self, case: Case) -> str:
        """The last reply of a case's conversation."""
        async with self._places:
            self._count += 1
            name, history, reply = f"case {self._count}", list[Turn](), ""
            for said in case.says:
                history.append(Turn(Role.USER, said))
                budget = self._engine.context_length - GREEDY.max_new_tokens
                prompt = fit(self._format, PREAMBLE, history, budget)
                request = GenerationRequest(prompt, GREEDY, name, stop=self._format.stop)
                events = [e async for e in self._engine.stream(request)]
                reply = "".join(e.text for e in events if isinstance(e, TextDelta)).strip()
                history.append(Turn(Role.ASSISTANT, reply))
            return reply


async def evaluate(folder: Path, quantization: str, sample: int | None, mistakes: int) -> bool:
    """Examine the model in `folder`, print the figures; whether every goal was met."""
    started = time.monotonic()
    kind = "nf4" if quantization == "nf4" else "none"
    loaded = load_model(folder, quantization=kind)  # type: ignore[arg-type]  # one of the two
    options = EngineOptions(max_batch=SIDE_BY_SIDE, max_step_tokens=512)
    met = True
    async with LocalEngine.from_loaded(loaded, options) as engine:
        examiner = Examiner(engine, RinnaFormat(loaded.tokenizer))
        for skill in skills(load_lexicon(), random.Random(1), sample):
            replies = await asyncio.gather(*(examiner.replies(case) for case in skill.cases))
            scores = [float(c.score(r)) for c, r in zip(skill.cases, replies, strict=True)]
            share = sum(scores) / len(scores)
            met &= skill.goal is None or share >= skill.goal
            mark = " " if skill.goal is None else "✓" if share >= skill.goal else "✗"
            goal = "" if skill.goal is None else f"  (goal {skill.goal:.0%})"
            print(f"{mark} {share:7.1%} of {len(scores):4}  {skill.name}{goal}", flush=True)
            wrong = [i for i, score in enumerate(scores) if score < 1]
            for i in range(len(scores)) if skill.shown else wrong[:mistakes]:
                print(f"      {' / '.join(skill.cases[i].says)} → {replies[i]}")
    print(f"{time.monotonic() - started:.0f} s, {loaded.dtype}, {quantization}", file=sys.stderr)
    return met


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Examine Kaiwa's built-in model.")
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--quantization", choices=("nf4", "none"), default="nf4")
    parser.add_argument("--sample", type=int, help="at most so many cases of a skill")
    parser.add_argument("--mistakes", type=int, default=0, help="show so many of a skill")
    given = parser.parse_args()
    met = asyncio.run(evaluate(given.folder, given.quantization, given.sample, given.mistakes))
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
