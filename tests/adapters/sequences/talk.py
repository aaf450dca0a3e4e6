"""One sequence as it is played: what was said in it, and what is to come of that.

Everything said carries a token, which the bot's answer repeats: so it is known what each message
of the bot answers, and where.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any

from bot.messages import (
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Role,
    TextDelta,
    Turn,
)
from tests.adapters.sequences.steps import (
    Again,
    Delete,
    Echo,
    Edit,
    Forward,
    Reply,
    Say,
    Step,
    Swap,
    To,
    Where,
)
from tests.adapters.stages.stage import Place, Said, Shown, Stage
from tests.fakes.generator import FakeGenerator

_TOKEN = re.compile(r"〔\d+〕")
TICK = 0.002  # seconds that lie between two messages: times are coarse on Discord
WRITING = 0.005  # seconds that a reply is being written


class Fate(Enum):
    """How often a message is to be answered."""

    ONCE = "once"
    NEVER = "never"
    MAYBE = "once or never"  # it was changed while it was looked at


@dataclass(eq=False, slots=True)
class Word:
    """Something said. `sure`: its answer was seen. `fragile`: where the bot ends before that, it
    cannot know of it. `changed`: it was edited or deleted. `forwarded`: it is somebody else's."""

    token: str
    said: Said
    where: Where
    fate: Fate
    sure: bool = False
    fragile: bool = False
    changed: bool = False
    deleted: bool = False
    forwarded: bool = False


@dataclass(slots=True)
class Echoing(FakeGenerator):
    """Repeats the last turn. `together` has, by a reply's token, what waited with its question."""

    together: dict[str, set[str]] = field(default_factory=dict)

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """See TextGenerator."""
        turns = request.prompt.turns
        waiting = {token for turn in turns[_answered(turns) :] for token in tokens(turn.text)}
        text = turns[-1].text
        if found := tokens(text):
            self.together.setdefault(found[-1], set()).update(waiting)
        self.running += 1
        try:
            yield TextDelta(text)
            await asyncio.sleep(WRITING)
            yield TextDelta("。")
            yield GenerationEnd(FinishReason.END, len(request.prompt.ids), 0, 2)
        finally:
            self.running -= 1


def _answered(turns: Sequence[Turn]) -> int:
    """How many turns the last reply has answered: up to its question. What came in while it was
    written stands before it, and waits. Of a question that was deleted the place is not known:
    what came after the one before may have waited."""
    last = max((n for n, turn in enumerate(turns) if turn.role is Role.ASSISTANT), default=-1)
    if last < 0 or not (question := tokens(turns[last].text)[-1:]):
        return last + 1
    asked = (n for n in range(last - 1, -1, -1) if tokens(turns[n].text)[-1:] == question)
    found = next(asked, None)
    return _answered(turns[:last]) if found is None else found + 1


def tokens(text: str) -> list[str]:
    """What a text repeats. The last one is what a message of the bot answers; what stands before
    is quoted."""
    return _TOKEN.findall(text)


@dataclass(slots=True)
class Talk:
    """The people, the places and the words of one sequence."""

    stage: Stage
    numbers: count[int]
    echoing: Echoing
    words: list[Word] = field(default_factory=list)
    places: dict[Where, Place] = field(default_factory=dict)
    spoken: bool = False  # the bot has, in the thread
    author: Any = None
    other: Any = None

    def __post_init__(self) -> None:
        stage = self.stage
        self.author, self.other = stage.person("田中"), stage.person("鈴木")
        channel = stage.channel(self.author, self.other)
        self.places = {
            Where.CHANNEL: channel,
            Where.THREAD: stage.thread(channel, self.other),
            Where.DIRECT: stage.dm(self.author),
        }

    def do(self, step: Step) -> None:
        """Do a step. One that needs what is not there does nothing."""
        match step:
            case Say(where, to):
                self.say(where, to)
            case Swap(where):
                with self.stage.held() as held:
                    self.say(where, To.BOT)
                    self.say(where, To.BOT)
                self.stage.deliver(held[::-1])
            case Forward(where):
                token = self._token()
                text = f"{self.stage.bot} {token}"
                said = self.stage.forward(self.places[where], self.author, self.other, text)
                self._said(token, said, where, To.NOBODY).forwarded = True
            case Reply(which) if word := _nth(self._sure(), which):
                self._reply(word)
            case Edit(which, to) if word := _nth(self._own(), which):
                self._edit(word, to)
            case Delete(which) if word := _nth(self._standing(), which):
                self._delete(word)
            case Again(which, shape) if word := _nth(self._standing(), which):
                self.stage.again(word.said, shape)
            case Echo(which) if word := _nth(self._sure(), which):
                for shown in self.answers(word):
                    self.stage.again_own(shown)

    def say(self, where: Where, to: To) -> Word:
        """Say something."""
        token = self._token()
        said = self.stage.say(self.places[where], self.author, self._text(token, to))
        return self._said(token, said, where, to)

    def _said(self, token: str, said: Said, where: Where, to: To) -> Word:
        word = Word(token, said, where, self._fate(where, to))
        # Of a thread in which the bot has never spoken Slack tells only while it listens.
        if self.stage.name == "slack" and where is Where.THREAD and not self.spoken:
            word.fragile = True
            if word.fate is Fate.ONCE and not self.stage.running:
                word.fate = Fate.MAYBE
        self.words.append(word)
        self.stage.advance(TICK)
        return word

    def _fate(self, where: Where, to: To) -> Fate:
        if to is To.BOT or where is Where.DIRECT:
            return Fate.ONCE
        if to is To.NOBODY and where is Where.THREAD:
            if self.spoken:
                return Fate.ONCE
            asked = any(w.where is where and w.fate is not Fate.NEVER for w in self.words)
            return Fate.MAYBE if asked else Fate.NEVER
        return Fate.NEVER

    def _reply(self, answered: Word) -> None:
        """Answer the bot's answer to a word."""
        shown = self.answers(answered)
        if not shown:
            return  # it was answered together with another one
        token = self._token()
        place = self.places[answered.where]
        said = self.stage.reply(place, self.author, shown[0], token)
        word = self._said(token, said, answered.where, To.BOT)
        if answered.changed:  # then it may be that nothing tells any more that the bot has spoken
            word.fate = Fate.MAYBE
        word.fragile = False

    def _edit(self, word: Word, to: To) -> None:
        word.changed = True
        self.stage.edit(word.said, f"{self._text(word.token, to)}！")
        self.stage.advance(TICK)
        if word.where is Where.DIRECT or word.sure:
            return
        if word.fate is Fate.NEVER and to is To.BOT:
            word.fate, word.fragile = Fate.ONCE, True
            if not self.stage.running:
                word.fate = Fate.MAYBE
            if word.where is Where.THREAD:  # the bot counts as asked when the message was said
                for later in self.words[self.words.index(word) + 1 :]:
                    if later.where is Where.THREAD and later.fate is Fate.NEVER:
                        later.fate = Fate.MAYBE
        elif (word.fate is Fate.NEVER and to is To.NOBODY and word.where is Where.THREAD) or (
            word.fate is Fate.ONCE and to is not To.BOT
        ):
            word.fate = Fate.MAYBE

    def _delete(self, word: Word) -> None:
        if word.where is Where.DIRECT and word is self.words[0]:
            return  # by which alone the bot knows of direct messages on Discord
        word.changed = word.deleted = True
        self.stage.delete(word.said)
        if not word.sure and word.fate is Fate.ONCE:
            word.fate = Fate.MAYBE
        if word.where is Where.THREAD and word.fate is not Fate.NEVER:
            for other in self.words:  # when the bot was asked in the thread is not known any more
                if other.where is Where.THREAD and other.fate is Fate.NEVER:
                    other.fate = Fate.MAYBE

    def cut(self) -> None:
        """The bot ends: of some words it can perhaps not know."""
        for word in self.words:
            if word.fragile and not word.sure and word.fate is Fate.ONCE:
                word.fate = Fate.MAYBE

    def _token(self) -> str:
        return f"〔{next(self.numbers)}〕"

    def _text(self, token: str, to: To) -> str:
        stage = self.stage
        whom = {
            To.BOT: stage.bot,
            To.NOBODY: "",
            To.SOMEBODY: stage.mention(self.other),
            To.EVERYBODY: stage.everyone,
        }
        return f"{whom[to]} {token}".strip()

    def _standing(self) -> list[Word]:
        return [word for word in self.words if not word.deleted]

    def _own(self) -> list[Word]:
        """What can be edited: nobody edits what they passed on."""
        return [word for word in self._standing() if not word.forwarded]

    def _sure(self) -> list[Word]:
        return [word for word in self.words if word.sure]

    def all_answered(self) -> bool:
        """Whether everything is answered that is to be; notes what is."""
        for word in self.words:
            if word.fate is Fate.ONCE and not word.sure:
                if not self.is_answered(word):
                    return False
                word.sure = True
                self.spoken = self.spoken or word.where is Where.THREAD
        return True

    def is_answered(self, word: Word) -> bool:
        """By a complete reply of its own, or by one to a newer word that it waited with."""
        if any(each.done for each in self.answers(word)):
            return True
        return any(
            word.token in self.echoing.together.get(other.token, ())
            and any(each.done for each in self.answers(other))
            for other in self._newer(word)
        )

    def _newer(self, word: Word) -> Iterator[Word]:
        key = self.stage.key(word.said)
        for other in self.words:
            if other is not word and self.stage.key(other.said) == key:
                yield other

    def answers(self, word: Word) -> list[Shown]:
        """What the bot shows in answer to a word, where it was said."""
        shown = self.stage.shown(self.places[word.where])
        return [each for each in shown if tokens(each.text)[-1:] == [word.token]]


def _nth(words: list[Word], which: int) -> Word | None:
    return words[which % len(words)] if words else None
