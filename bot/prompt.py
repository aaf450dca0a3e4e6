"""Turns to an exact prompt, within a budget of tokens.

It knows how a model wants a conversation written and how many tokens that takes. It does not
know where turns are stored, nor what the model makes of them.

The file is longer than others: most of it is what a forged turn may look like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from bot.bounded import Remembered
from bot.errors import BotError, MessageTooLong
from bot.messages import Prompt, Role, Turn
from bot.tokenizer import Part, Tokenizer
from bot.vocabulary.spelling import composed

USER = "ユーザー"
SYSTEM = "システム"
SPEAKER = {Role.USER: USER, Role.ASSISTANT: SYSTEM}
NAME_LENGTH = 32  # characters of a display name that reach the prompt

# What stands for a line break somewhere, and what has no business in a text: control characters
# other than tab and newline, and surrogates (which are no characters at all).
LINE_BREAK = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# What a reader, or a model, takes for the colon and for the long vowel mark of a speaker's name.
# The katakana block's half-width and circled forms are folded by Unicode's own decomposition.
COLONS = frozenset(
    ":\u02d0\u02f8\u0589\u05c3\u0703\u0704\u0903\u16ec\u1803\u1809\u205a\u2236\u2982\ua4fd\ua789"
)
LONG_VOWELS = frozenset("ー-~\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u2501\u301c\u3030一")
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a symbol that show nothing
NOT_A_COLON = "＞"  # how Japanese chat logs write a speaker otherwise

# Questions, with names. The last says nothing: a template may trim what it would be joined by.
UNLIKE = (Turn(Role.USER, "a", "b"), Turn(Role.USER, "猫", "犬"), Turn(Role.USER, "", "c"))


MOST_REMEMBERED = 1_000_000  # characters of turns whose length in tokens is known, with ENTRY
ENTRY = 200  # characters that keeping one costs besides


class PromptFormat(Protocol):
    """How a model wants a conversation written."""

    @property
    def stop(self) -> tuple[str, ...]:
        """Strings that begin another speaker's turn, and so end a reply."""

    @property
    def overhead(self) -> int:
        """The tokens of a prompt without turns, or fewer."""

    def count(self, turn: Turn) -> int:
        """The tokens that a turn adds to a prompt, or fewer. Cheap when asked again."""

    def render(self, turns: Sequence[Turn]) -> str:
        """The prompt's exact text, up to where the reply begins."""

    def encode(self, turns: Sequence[Turn]) -> tuple[str, tuple[int, ...]]:
        """The prompt's exact text and its token ids."""

    def forget(self) -> None:
        """Keep no text of turns: something was deleted."""


def weight(turn: Turn, known: object) -> int:
    """What remembering something of a turn costs, in characters."""
    return ENTRY + 2 * len(turn.text) + len(turn.name)


class RinnaFormat:
    """`ユーザー: …` and `システム: …`, a line each, as rinna's model card has it.

    No text of a turn can begin another turn. With `speaker_names` a user's display name
    stands before the text: `ユーザー: 田中: こんにちは`.
    """

    stop = tuple(f"\n{speaker}{colon}" for speaker in (USER, SYSTEM) for colon in (":", "："))

    def __init__(self, tokenizer: Tokenizer, speaker_names: bool = False) -> None:
        self._tokenizer = tokenizer
        self._speaker_names = speaker_names
        self._known = Remembered(self._measured, MOST_REMEMBERED, weight)
        self.overhead = tokens_within(tokenizer, (f"{SYSTEM}: ", True))

    def count(self, turn: Turn) -> int:
        """See PromptFormat."""
        return self._known(turn)[1]

    def forget(self) -> None:
        """See PromptFormat."""
        self._known.clear()

    def render(self, turns: Sequence[Turn]) -> str:
        """See PromptFormat."""
        return "".join(self._known(turn)[0] for turn in turns) + f"{SYSTEM}: "

    def encode(self, turns: Sequence[Turn]) -> tuple[str, tuple[int, ...]]:
        """See PromptFormat. The ids are those of the whole text, encoded at once."""
        parts = []
        for turn in turns:
            speaker = f"{SPEAKER[turn.role]}: "
            parts += [(speaker, True), (self._known(turn)[0].removeprefix(speaker), False)]
        parts.append((f"{SYSTEM}: ", True))
        return "".join(text for text, _ in parts), tuple(self._tokenizer.encode_prompt(parts))

    def _measured(self, turn: Turn) -> tuple[str, int]:
        """A turn's line, and its tokens."""
        text = turn_text(turn, self._speaker_names and turn.role is Role.USER)
        speaker, line = f"{SPEAKER[turn.role]}: ", f"{neutralise(text)}\n"
        return speaker + line, tokens_within(self._tokenizer, (speaker, True), (line, False))


def tokens_within(tokenizer: Tokenizer, *parts: Part) -> int:
    """The tokens of a line that follows another: no space is put before it."""
    line_break = ("\n", True)
    before = len(tokenizer.encode_prompt([line_break]))
    return len(tokenizer.encode_prompt([line_break, *parts])) - before


def fit(
    format: PromptFormat,
    pinned: Sequence[Turn],
    history: Sequence[Turn],
    budget: int,
    keep_from: int = 0,
) -> Prompt:
    """The prompt of `pinned` and as much of `history` as `budget` tokens hold.

    `budget` is the context's length less the tokens of the reply. `history` is oldest first
    and ends with the turn to answer; `keep_from` is the index where an earlier prompt of the
    same conversation began (0 if there was none, or it is not remembered).

    What fits from `keep_from` on is kept. Otherwise whole oldest turns go until the history
    takes half of the room that the preamble leaves. So the beginning of the prompts stays the
    same for many turns, and with it their cached prefix, provided that the caller gives the
    turn at `Prompt.dropped` back as the next `keep_from`. A caller that forgot it, after a
    restart, loses one prefill and nothing else.

    The history that is kept begins with a user's turn where it has one; the newest turn is
    always kept. Raises MessageTooLong when that does not fit, BotError when the preamble does
    not.
    """
    base = format.overhead + sum(map(format.count, pinned))
    counts = [format.count(turn) for turn in history]

    def prompt(start: int) -> Prompt:
        turns = (*pinned, *history[start:])
        text, ids = format.encode(turns)
        return Prompt(text, ids, turns, pinned=len(pinned), dropped=start)

    start = _first_user(history, max(keep_from, 0))
    if base + sum(counts[start:]) <= budget:
        whole = prompt(start)
        if len(whole.ids) <= budget:
            return whole
    if not history or (pinned and base >= budget):
        raise _preamble_too_long(base, budget)
    if base + counts[-1] > budget:  # known without encoding a huge message once more
        raise MessageTooLong(counts[-1], max(0, budget - base))

    cut, kept_tokens = len(history) - 1, counts[-1]
    while cut > start and kept_tokens + counts[cut - 1] <= (budget - base) // 2:
        cut -= 1
        kept_tokens += counts[cut]
    start = _first_user(history, cut)
    while len((kept := prompt(start)).ids) > budget:  # the newest alone, or counts were too low
        if start == len(history) - 1:
            raise MessageTooLong(len(kept.ids) - base, max(0, budget - base))
        start = _first_user(history, start + 1)
    return kept


def beginning(format: PromptFormat, turns: Sequence[Turn]) -> tuple[int, ...]:
    """The token ids with which the prompt of `turns` and any next question begins.

    That is what the prompts of questions have in common which are unlike from their first
    character on: a token that reaches into the question is not among them.
    """
    prompts = [format.encode((*turns, question))[1] for question in UNLIKE]
    same = 0
    for tokens in zip(*prompts, strict=False):
        if len(set(tokens)) > 1:
            break
        same += 1
    return prompts[0][:same]


def turn_text(turn: Turn, with_name: bool) -> str:
    """A turn's text, cleaned; with its speaker's name, on one line and cut, before it if wanted."""
    text = clean(turn.text)
    name = " ".join(clean(turn.name).split())[:NAME_LENGTH].strip()
    return f"{name}: {text}" if with_name and name else text


def clean(text: str) -> str:
    """Every line break as `\\n`, no control characters, no blank lines before, nothing after.

    Voiced kana in two code points are one.
    """
    return composed(DROPPED.sub("", LINE_BREAK.sub("\n", text))).lstrip("\n").rstrip()


def neutralise(text: str) -> str:
    """`text` (cleaned) with no line that begins with a speaker's name and a colon.

    Such a line keeps its words; its colon becomes `＞`. Anywhere else in a line the same
    words stay as they are.
    """
    return "\n".join(map(_neutralised, text.split("\n")))


def _neutralised(line: str) -> str:
    at = _marker_colon(line)
    return line if at is None else f"{line[:at]}{NOT_A_COLON}{line[at + 1 :]}"


def _marker_colon(line: str) -> int | None:
    """Where the colon of the speaker's marker stands that `line` begins with, if it does."""
    seen = ""
    for at, character in enumerate(line):
        seen += _folded(character)
        if seen.startswith(MARKERS):
            return at
        if seen not in BEGINNINGS:
            return None
    return None


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """What a reader sees of a character.

    Look-alikes are folded together; spaces, invisible characters and all marks are left out,
    the voiced mark of ザ too.
    """
    folded = ""
    for c in unicodedata.normalize("NFKD", character):
        if c in COLONS:
            folded += ":"
        elif c in LONG_VOWELS:
            folded += "ー"
        elif c not in BLANKS and unicodedata.category(c)[0] not in "ZCM":
            folded += c
    return folded


MARKERS = tuple("".join(map(_folded, f"{speaker}:")) for speaker in (USER, SYSTEM))
BEGINNINGS = frozenset(marker[:n] for marker in MARKERS for n in range(len(marker)))


def _first_user(history: Sequence[Turn], start: int) -> int:
    """The first user's turn at or after `start`; else `start` itself, but never past the end."""
    users = (at for at in range(start, len(history)) if history[at].role is Role.USER)
    return next(users, max(min(start, len(history) - 1), 0))


def _preamble_too_long(tokens: int, budget: int) -> BotError:
    return BotError(
        f"The persona is too long: it takes {tokens:,} tokens, and prompts may have {budget:,}. "
        "Please shorten it.",
        f"人物設定が長すぎます（{tokens:,}トークン、プロンプトの上限は{budget:,}）。"
        "短くしてください。",
    )
