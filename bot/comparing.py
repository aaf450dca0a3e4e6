"""/compare: two settings answer the same question, and people vote without knowing which is which.

A and B come in random order, and what they are is told to who has voted. Of what was asked and said
nothing is kept: only which settings they were, and the votes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import SystemRandom

from bot.chat import Chat
from bot.command import Answer
from bot.decoding import BY_NAME, checked, with_overrides
from bot.errors import BotError, OptedOut
from bot.messages import Sampling
from bot.notices import Notice, Offer, Span, bold, either, lines, spans
from bot.ports import Caller, Choice, Compared, Tried, Voted

MOST = 200  # of a channel's comparisons that results count

_RANDOM = SystemRandom()
_VOTE = re.compile(r"=(\d{1,18})\.(a|b|same)", re.ASCII)
_SETTING = re.compile(r"([A-Za-z_]+)[=＝](\S+)\s*")
_VERSUS = re.compile(r"(?:vs\.?|対)(?:\s+|$)", re.IGNORECASE)
_RESULTS = {"results", "結果"}
LIKE = r"(?i)(?:results|結果)\s*$|(?:vs\.?\s+|対\s+)?[a-z_]+[=＝]"  # what no sentence goes on like
_EXAMPLES = ("results", "temperature=0.5 vs temperature=1.2", "top_p=0.7 vs top_p=0.95")


class NothingToCompare(BotError):
    """The command as it was typed names no two settings."""

    def __init__(self) -> None:
        names = ", ".join(BY_NAME)
        super().__init__(
            "Write two settings, such as /compare temperature=0.5 vs temperature=1.2, and a "
            f"question where it is not to be the last one. Without vs it is what is set here "
            f"now. There are: {names}.",
            "/compare temperature=0.5 vs temperature=1.2 のように、違う設定を二つ書いてください"
            "（vs がなければ今の設定と比べます）。続けて質問も書けます"
            "（なければ最後の質問に答えます）。"
            f"設定：{names}",
        )


@dataclass(slots=True)
class Wanted:
    """What is to be compared: the settings' names and values on each side, and the question."""

    first: dict[str, str] = field(default_factory=dict)
    second: dict[str, str] = field(default_factory=dict)
    question: str = ""


def wanted(argument: str) -> Wanted:
    """What the command's argument says. Raises BotError."""
    found, rest = Wanted(), argument.strip()
    side = found.first
    while rest:
        if match := _SETTING.match(rest):
            side[match[1].lower()] = checked(match[1].lower(), match[2])
        elif side is found.first and (match := _VERSUS.match(rest)):
            side = found.second
        else:
            break
        rest = rest[match.end() :]
    if not (found.first or found.second):
        raise NothingToCompare
    found.question = rest
    return found


def completed(chat: Chat, beginning: str) -> tuple[str, ...]:
    """What one may go on with."""
    return tuple(each for each in _EXAMPLES if each.startswith(beginning.lower()))


async def compare(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Compare two settings, vote, or see how people voted."""
    word = argument.strip().lower()
    if match := _VOTE.fullmatch(word):
        yield await _vote(chat, caller, int(match[1]), Choice(match[2]))
    elif word in _RESULTS:
        yield _results(await chat.store.comparisons(caller.conversation, MOST))
    else:
        yield await _compared(chat, caller, wanted(argument))


async def _compared(chat: Chat, caller: Caller, asked: Wanted) -> Notice:
    now = await chat.sampling_for(caller.conversation)
    samplings = [with_overrides(now, side) for side in (asked.first, asked.second)]
    if samplings[0] == samplings[1]:
        raise NothingToCompare
    _RANDOM.shuffle(samplings)
    texts = await chat.tried(caller, samplings, asked.question)
    first, second = map(_tried, samplings)
    number = await chat.store.add_comparison(caller.conversation, first, second)
    one, other = sorted(_names(first, second))  # which tells nothing of A and B
    return Notice(
        f"Which reply is better? One is written with {one}, the other with {other}. Which "
        "is which I tell you when you have voted.",
        f"どちらの返答がよいですか。片方は {one}、もう片方は {other} です。"
        "どちらがどちらかは、投票するとお知らせします。",
        lines([spans(bold("A"), " ", _said(texts[0])), spans(bold("B"), " ", _said(texts[1]))]),
        offers=(
            Offer("A is better", "Aがよい", f"compare ={number}.{Choice.FIRST}"),
            Offer("B is better", "Bがよい", f"compare ={number}.{Choice.SECOND}"),
            Offer("No difference", "同じくらい", f"compare ={number}.{Choice.SAME}"),
        ),
    )


def _said(text: str) -> Span:
    return Span(text) if text else either("(nothing)", "（何も書きませんでした）")


async def _vote(chat: Chat, caller: Caller, number: int, choice: Choice) -> Notice:
    if await chat.store.opted_out(caller.platform, caller.user_id):
        raise OptedOut
    voted = await chat.store.vote(
        caller.conversation, number, caller.platform, caller.user_id, choice
    )
    if voted is None:
        raise BotError(
            "That comparison is not kept here any more.", "その比較はもう保存されていません。"
        )
    return _told(voted)


_CHOICES = {
    Choice.FIRST: ("A", "A"),
    Choice.SECOND: ("B", "B"),
    Choice.SAME: ("no difference", "同じくらい"),
}


def _told(voted: Voted) -> Notice:
    """What somebody who has voted may know."""
    compared = voted.compared
    first, second = _names(compared.first, compared.second)
    english, japanese = _CHOICES[voted.choice]
    before = ("Your vote", "あなたの票") if voted.is_new else ("You had voted", "投票済みです")
    votes = compared.votes
    count = [votes.get(choice, 0) for choice in Choice]
    return Notice(
        f"{before[0]}: {english}. So far {count[0]} for A, {count[1]} for B, {count[2]} see no "
        "difference.",
        f"{before[1]}：{japanese}。"
        f"これまでの票：A {count[0]}、B {count[1]}、同じくらい {count[2]}。",
        lines([spans(bold("A"), f" {first}"), spans(bold("B"), f" {second}")]),
    )


def _results(found: Sequence[Compared]) -> Notice:
    """How people voted on each pair of settings, whichever was A."""
    votes: dict[tuple[str, str], Counter[str]] = {}
    for each in found:
        names = _names(each.first, each.second)
        counts = votes.setdefault(tuple(sorted(names)), Counter())  # type: ignore[arg-type]  # two
        counts[names[0]] += each.votes.get(Choice.FIRST, 0)
        counts[names[1]] += each.votes.get(Choice.SECOND, 0)
        counts[Choice.SAME] += each.votes.get(Choice.SAME, 0)
    if not votes:
        return Notice(
            "Nothing was compared here yet. /compare temperature=0.5 vs temperature=1.2 does so.",
            "ここではまだ何も比べていません。/compare temperature=0.5 vs temperature=1.2 "
            "のように始められます。",
        )
    shown = [
        spans(
            Span(f"{one}  "),
            bold(f"{counts[one]} : {counts[other]}"),
            Span(f"  {other}  "),
            either(
                f"(no difference: {counts[Choice.SAME]})", f"（同じくらい：{counts[Choice.SAME]}）"
            ),
        )
        for (one, other), counts in votes.items()
    ]
    return Notice(
        "How people here voted, the newest comparison first. /settings NAME VALUE sets one for "
        "the channel.",
        "ここでの投票の結果（新しい比較から）。/settings 名前 値 でチャンネルの設定にできます。",
        lines(shown),
    )


def _tried(sampling: Sampling) -> Tried:
    return {name: getattr(sampling, name) for name in BY_NAME}


def _names(first: Tried, second: Tried) -> tuple[str, str]:
    """Two settings, each by what is not the same in the other."""
    differ = [name for name in BY_NAME if first.get(name) != second.get(name)]
    return _named(first, differ), _named(second, differ)


def _named(tried: Mapping[str, float], names: Sequence[str]) -> str:
    return " ".join(f"{name}={tried.get(name, 0):g}" for name in names)
