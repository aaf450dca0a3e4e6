"""Where a quiz's words come from: lists of levels, saved words, the conversation, mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bot.chat import Chat
from bot.errors import BotError
from bot.learning.ports.quizzes import Mistake
from bot.learning.quiz import questions
from bot.learning.quiz.clock import Clock
from bot.learning.quiz.question import Question
from bot.learning.quiz.wanted import LEVELS, Wanted
from bot.messages import ConversationKey, Message
from bot.ports import Caller
from bot.study.levels import Level, profile
from bot.study_commands import given

MESSAGES, CHARACTERS = 60, 4_000  # of a conversation that are looked at, the newest


class NothingToAsk(BotError):
    """There are no words, or none of which such a question can be asked."""

    def __init__(self, source: str) -> None:
        english, japanese = _NOTHING.get(source, _NO_QUESTION)
        super().__init__(english, japanese)


_NO_QUESTION = (
    "I find no words there that I could ask such questions about.",
    "その条件で出せる問題が見つかりませんでした。",
)
_NOTHING = {
    "saved": (
        "Nobody has saved words here yet that I could ask about. /quiz n5 asks words of N5.",
        "ここで保存された言葉には、出題できるものがまだありません。/quiz n5 のように始められます。",
    ),
    "talk": (
        "I remember no words of this conversation that I could ask about. "
        "/quiz n5 asks words of N5.",
        "この会話からは出題できる言葉が見つかりません。/quiz n5 のように始められます。",
    ),
    "mistakes": (
        "No mistakes of yours are due. Those of today come back tomorrow.",
        "いま出せる、まちがえた問題はありません。今日の分は明日から出せます。",
    ),
}


async def made(chat: Chat, caller: Caller, wanted: Wanted, clock: Clock) -> list[Question]:
    """The questions of a quiz. Raises BotError where there are none."""
    random = Random()
    if wanted.source == "mistakes":
        due = await chat.store.mistakes(caller.platform, caller.user_id, clock.now(), wanted.count)
        found = await chat.study.ask(_of_mistakes, chat, due, wanted, random)
    elif wanted.source == "saved":
        words = await chat.store.group_words(caller.platform, given.group(caller.place))
        ids = [word.entry for word in words if word.entry is not None]
        found = await chat.study.ask(_of_ids, chat, ids, wanted, random)
    elif wanted.source == "talk":
        said = await _said(chat, caller.conversation)
        found = await chat.study.ask(_of_talk, chat, said, wanted, random)
    else:
        found = await chat.study.ask(_of_level, chat, wanted, random)
    if not found:
        raise NothingToAsk(wanted.source)
    return found


def _of_level(chat: Chat, wanted: Wanted, random: Random) -> list[Question]:
    assert wanted.source in LEVELS
    return questions.of_level(
        Level[wanted.source.upper()],
        wanted.kinds,
        wanted.count,
        chat.study.dictionary,
        random,
        typed=wanted.typed,
    )


def _of_ids(chat: Chat, ids: Sequence[int], wanted: Wanted, random: Random) -> list[Question]:
    return questions.of_ids(
        ids, wanted.kinds, wanted.count, chat.study.dictionary, random, typed=wanted.typed
    )


def _of_talk(chat: Chat, text: str, wanted: Wanted, random: Random) -> list[Question]:
    words = profile(text, chat.study.dictionary).words
    known = [word.entry for word in words if word.entry is not None]
    ids = [entry.id for entry in known if entry.level is not None or entry.common]
    return _of_ids(chat, ids, wanted, random)


def _of_mistakes(
    chat: Chat, due: Sequence[Mistake], wanted: Wanted, random: Random
) -> list[Question]:
    """Made anew, so that they are asked as this quiz is; as they were where that cannot be."""
    found = []
    for mistake in due:
        before = Question.load(mistake.question)
        if before.kind not in wanted.kinds:
            continue
        (question,) = questions.of_ids(
            [mistake.entry], [before.kind], 1, chat.study.dictionary, random, typed=wanted.typed
        ) or [before]
        found.append(question)
    return found


async def _said(chat: Chat, key: ConversationKey) -> str:
    """The newest that is remembered of a conversation; of its channel, where it has nothing."""
    for place in (key, key.parent()):
        id = None if place is None else await chat.store.find(place)
        if id is not None:
            newest: Sequence[Message] = await chat.store.history(id, limit=MESSAGES)
            if newest:
                return "\n".join(message.text for message in newest)[-CHARACTERS:]
    return ""
