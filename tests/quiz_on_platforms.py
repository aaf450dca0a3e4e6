"""Thirty people answer a quiz within a second on both platforms' servers, while the built-in model
answers others.

    python -m tests.quiz_on_platforms --people 30

Prints whether all were counted, in order, and nothing was said twice; and how long the model's
replies took without the quiz and beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.app import DEMO_FOLDER
from bot.chat import Chat
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.learning.quiz.question import Question
from bot.messages import ConversationKey, ReplyEnd, Sampling
from bot.prompt import RinnaFormat
from bot.study.study import Study
from storage.database import Database
from storage.store import SqlStore
from tests.adapters.builtin import PREAMBLE
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.fixtures import open_stage
from tests.adapters.stages.giving import giving
from tests.bot.study.built import study_file
from tests.fakes.incoming import incoming

WITHIN = 1.0  # seconds in which all answer
TALKERS = 4  # conversations that the model answers meanwhile
SECONDS = 5.0  # of talk before the quiz and beside it


async def talk(
    chat: Chat, number: int, times: list[tuple[float, float]], end: asyncio.Event
) -> None:
    """Ask the model one thing after the other; when each reply began and how long it took."""
    turn = 0
    while not end.is_set():
        turn += 1
        key = ConversationKey("console", "home", f"talk{number}")
        asked = incoming(f"{number}.{turn}", text="「猫」は英語で何ですか。")
        message = replace(asked, conversation=key)
        began = time.perf_counter()
        async for event in chat.respond(message):
            if isinstance(event, ReplyEnd):
                times.append((began, time.perf_counter() - began))


async def party(platform: str, people: int, loaded: LoadedModel, study: Study) -> list[str]:
    """What was seen on one platform, in lines."""
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder)}/kaiwa.db"
        async with (
            await Database.open(url) as database,
            LocalEngine.from_loaded(loaded, EngineOptions()) as engine,
        ):
            store = SqlStore(database)
            chat = Chat(
                store,
                engine,
                RinnaFormat(loaded.tokenizer),
                preamble=PREAMBLE,
                sampling=Sampling(temperature=0),
            )
            times: list[tuple[float, float]] = []
            end = asyncio.Event()
            async with open_stage(platform, store, engine) as stage:
                stage.study = study
                host = stage.person("田中")
                crowd = [stage.person(f"p{number}") for number in range(people)]
                place = stage.channel(host, *crowd)
                await stage.start()
                await stage.until(lambda: stage.chat.announcements.connected(stage.name))
                talking = [
                    asyncio.create_task(talk(chat, number, times, end)) for number in range(TALKERS)
                ]
                await asyncio.sleep(SECONDS)
                await giving(stage).give(place, host, "quiz", what="n5", kind="reading", more="1")
                await stage.until(lambda: any("1/1" in text for text in stage.texts(place)))
                (quiz,) = await store.open_quizzes(stage.name)
                standing = await store.standing(quiz.id)
                assert standing is not None
                question = Question.load(standing.questions[0].question)
                shown = next(each for each in stage.shown(place) if "1/1" in each.text)
                quizzed = time.perf_counter()
                came: list[str] = []

                async def press(number: int, person: Any) -> None:
                    await asyncio.sleep(WITHIN * number / people)
                    came.append(str(person.id))
                    if isinstance(stage, DiscordStage):
                        sent = f"kaiwa:do:quiz ={quiz.id}.0.{question.right + 1}"
                        stage.server.click(shown.native, person, sent)
                    else:
                        person.presses(shown.native, f"kaiwa_do:{question.right}")

                await asyncio.gather(*(press(*each) for each in enumerate(crowd)))
                pressed = time.perf_counter()
                await stage.until(lambda: any("終了" in text for text in stage.texts(place)))
                await asyncio.sleep(max(0.0, SECONDS - (time.perf_counter() - quizzed)))
                end.set()
                await asyncio.gather(*talking)
                standing = await store.standing(quiz.id)
                assert standing is not None
                kept = [each.user_id for each in standing.answers]
                said = Counter(stage.texts(place))
    before = [took for began, took in times if began + took < quizzed]
    beside = [took for began, took in times if quizzed <= began + took and began <= pressed + 1]
    order = "in order" if kept == came else "NOT in order"
    twice = [text for text, count in said.items() if count > 1]
    return [
        f"{platform}: {len(set(kept))} of {people} counted, {order}; said twice: {len(twice)}",
        f"  {len(before)} replies before the quiz: median {_ms(before)}; "
        f"{len(beside)} beside it: median {_ms(beside)}, at most {1e3 * max(beside):.0f} ms",
    ]


def _ms(times: list[float]) -> str:
    return f"{1e3 * statistics.median(times):.0f} ms"


async def _parties(people: int) -> None:
    loaded = load_model(DEMO_FOLDER, quantization="nf4", device="cpu", dtype="float32")
    study = Study(study_file())
    await study.ask(lambda: study.dictionary.knows("犬"))
    for platform in ("discord", "slack"):
        for line in await party(platform, people, loaded, study):
            print(line, flush=True)
    study.close()


def main() -> None:
    """Have them answer, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    asyncio.run(_parties(parser.parse_args().people))


if __name__ == "__main__":
    main()
