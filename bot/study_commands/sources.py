"""/about: what answers here, and whose work that is."""

from __future__ import annotations

from bot.chat import Chat
from bot.command import Answer
from bot.notices import Notice, bold, lines, spans
from bot.ports import Caller


async def about(chat: Chat, caller: Caller, argument: str) -> Answer:
    """What the bot is, and the sources of what it says of Japanese."""
    sentences = (
        "I am Kaiwa, a chat bot that runs on my operator's machine. What I say of readings, words "
        "and forms comes from dictionaries and analysers; what the model says of grammar is a "
        "suggestion.",
        "運営者のマシンで動くチャットボット「会話」です。読み、言葉、活用の説明は辞書と解析器に"
        "よるものです。モデルが文法について言うことは提案にすぎません。",
    )
    if chat.study.lacking() is not None:
        yield Notice(*sentences)
        return
    sources = await chat.study.ask(lambda: chat.study.dictionary.sources())
    yield Notice(
        *sentences,
        lines(
            spans(
                bold(source.name),
                f" {source.version}, {source.licence}. {source.attribution} {source.url}",
            )
            for source in sources
        ),
    )
