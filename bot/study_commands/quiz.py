"""/quiz: questions about words, for all who are there."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError, OptedOut
from bot.learning import profile
from bot.learning.quiz import sources, telling
from bot.learning.quiz.live import GoingOn
from bot.learning.quiz.scores import MOST_SHOWN
from bot.learning.quiz.wanted import Wanted, wanted
from bot.ports import Caller
from bot.study_commands import given
from bot.study_commands.level import level_of

WEEK = timedelta(days=7)

_CHOICE = re.compile(r"=(\d{1,18})\.(\d{1,4})\.(\d)", re.ASCII)
_STOP = {"stop", "終わり", "おわり", "停止"}
_SCORES = {"scores", "成績", "ランキング"}
_AGAIN = {"again", "もう一度"}


async def quiz(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Begin a quiz, answer a question's button, or see how it went."""
    word = argument.strip().casefold()
    runner = await chat.quizzes.runner()
    if match := _CHOICE.fullmatch(word):
        id, position, place = map(int, match.groups())
        said = await runner.press(
            caller.conversation,
            caller.user_id,
            caller.name,
            id,
            position,
            place - 1,
            platform=caller.platform,
            sent_at=caller.given_at,
        )
        if isinstance(said, BotError):
            raise said
        if said is not None:
            yield said
    elif word in _STOP:
        yield await runner.stop(caller.conversation) or telling.NO_QUIZ
    elif word in _SCORES:
        since = runner.clock.now() - WEEK
        yield telling.leaders(await chat.store.scores(caller.conversation, since, MOST_SHOWN))
    else:
        async for notice in _begun(chat, caller, word):
            yield notice


async def _begun(chat: Chat, caller: Caller, word: str) -> Answer:
    runner = await chat.quizzes.runner()
    if await chat.store.opted_out(caller.platform, caller.user_id):
        raise OptedOut
    if runner.in_conversation(caller.conversation):
        raise GoingOn
    asked = await _wanted(chat, caller, word)
    if (lacking := chat.study.lacking()) is not None:
        raise lacking
    made = await sources.made(chat, caller, asked, runner.clock)
    group = given.group(caller.place)
    begun = await runner.start(caller.conversation, group, caller.known_here, asked, made)
    try:
        yield telling.begins(asked, len(made))
    finally:
        runner.go(begun)


async def _wanted(chat: Chat, caller: Caller, word: str) -> Wanted:
    if word in _AGAIN:
        last = await chat.store.last_quiz(caller.conversation)
        if last is not None:
            return Wanted.load(last.settings)
        word = ""
    level = await level_of(chat, caller)
    own = await profile.level_of(chat.store, caller)
    return wanted(word, level.name.lower() if level else own or "n5")
