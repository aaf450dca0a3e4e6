"""Turns as a checkpoint's chat template writes them: a prompt's parts, and where a turn ends.

It knows what a template may do with what it is given; not Jinja, nor what the model makes of it.

Users' text is written in other characters while the template is filled in: each of its characters
but white space becomes one of a private plane. So a template trims it, counts it and cuts it as it
would the text, finds no marks in it, and what comes back is known for the users'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from typing import Any, Protocol

from bot.bounded import Remembered
from bot.messages import Role, Turn
from bot.prompt import MOST_REMEMBERED, tokens_within, turn_text, weight
from bot.thinking import without_thoughts
from bot.tokenizer import HuggingFaceTokenizer, Part, SentencePieceTokenizer, Tokenizer
from bot.vocabulary.template import ChatTemplate, template_refuses

PRIVATE = (range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
ASKS = "enable_thinking"  # the option by which templates ask whether to think
PROBE = (Turn(Role.USER, "a"), Turn(Role.ASSISTANT, "b"), Turn(Role.USER, "c"))


class ChatTokenizer(Tokenizer, Protocol):
    """A tokenizer whose checkpoint may have a chat template."""

    @property
    def template(self) -> ChatTemplate | None:
        """The checkpoint's."""

    @property
    def marks(self) -> Mapping[int, str]:
        """The tokens that only a template writes, by id, and how they are spelled."""


class ChatTemplateFormat:
    """The chat template that a checkpoint brings.

    Turns of one speaker in a row become one, since many templates want them to alternate. A
    template that leaves out or changes what was said is refused, when it is asked to. With
    `thinking` a template that can tell the model to think does.
    """

    def __init__(
        self, tokenizer: ChatTokenizer, speaker_names: bool = False, thinking: bool = False
    ) -> None:
        if tokenizer.template is None:
            raise template_refuses()
        self._template = tokenizer.template
        self._options = {ASKS: thinking}
        self._tokenizer = tokenizer
        self._speaker_names = speaker_names
        self.count = Remembered(self._counted, MOST_REMEMBERED, weight)
        one, several = (len(self.encode(turns)[1]) for turns in (PROBE[:1], PROBE))
        a, b, c = (tokens_within(tokenizer, (turn.text, False)) for turn in PROBE)
        self.overhead = max(0, one - a)
        # What is written around an answer and the question after it, which comes with no other.
        self._around = max(0, several - one - b - c)
        end = turn_end(tokenizer)
        self.stop: tuple[str, ...] = (end,) if isinstance(end, str) and end else ()

    def forget(self) -> None:
        """See PromptFormat."""
        self.count.clear()

    def render(self, turns: Sequence[Turn]) -> str:
        """See PromptFormat."""
        return "".join(text for text, _ in self._parts(turns))

    def encode(self, turns: Sequence[Turn]) -> tuple[str, tuple[int, ...]]:
        """See PromptFormat."""
        parts = self._parts(turns)
        ids = self._tokenizer.encode_prompt(parts)
        return "".join(text for text, _ in parts), tuple(ids)

    def _counted(self, turn: Turn) -> int:
        around = self._around if turn.role is Role.ASSISTANT else 0
        return tokens_within(self._tokenizer, (self._text(turn), False)) + around

    def _text(self, turn: Turn) -> str:
        return said(turn, self._speaker_names)

    def _parts(self, turns: Sequence[Turn]) -> list[Part]:
        groups = groupby(turns, key=lambda turn: turn.role)
        messages = [(role, "\n".join(map(self._text, group))) for role, group in groups]
        return filled(self._template, messages, self._options)


def said(turn: Turn, speaker_names: bool) -> str:
    """A turn's text as a template gets it: without what was thought before an answer."""
    if turn.role is Role.USER:
        return turn_text(turn, speaker_names)
    return turn_text(replace(turn, text=without_thoughts(turn.text)), False)


def filled(
    template: ChatTemplate, messages: Sequence[tuple[Role, str]], options: Mapping[str, Any]
) -> list[Part]:
    """The template's text around that of `messages`. Raises BotError where one does not come back.

    White space that it trims is gone.
    """
    said = list(dict.fromkeys(c for _, text in messages for c in text if not c.isspace()))
    hidden = dict(zip(said, map(chr, chain(*PRIVATE)), strict=False))
    if len(hidden) < len(said):
        raise template_refuses()
    to_hide, to_show = str.maketrans(hidden), {ord(h): c for c, h in hidden.items()}
    contents = [text.translate(to_hide) for _, text in messages]
    roles = [role.value for role, _ in messages]
    rendered = template.apply(
        [{"role": r, "content": c} for r, c in zip(roles, contents, strict=True)], **options
    )
    parts: list[Part] = []
    at = 0
    for content in filter(None, map(str.strip, contents)):
        begins = rendered.find(content, at)
        if begins < 0:
            raise template_refuses()
        parts += [(rendered[at:begins], True), (content.translate(to_show), False)]
        at = begins + len(content)
    parts.append((rendered[at:], True))
    if any(ours and not to_show.keys().isdisjoint(map(ord, text)) for text, ours in parts):
        raise template_refuses()  # said twice, or in another order
    return parts


def asks_whether_to_think(tokenizer: Tokenizer) -> bool:
    """Whether the checkpoint's template has the option."""
    if not isinstance(tokenizer, HuggingFaceTokenizer | SentencePieceTokenizer):
        return False
    return tokenizer.template is not None and ASKS in tokenizer.template.source


def turn_end(tokenizer: ChatTokenizer) -> int | str | None:
    """What a template writes after an answer, where its checkpoint does not name what ends one.

    The id of a mark, or text; None where there is nothing that could be told.
    """
    if tokenizer.template is None:
        return None
    parts = filled(tokenizer.template, [(turn.role, turn.text) for turn in PROBE], {})
    after = parts[4][0]  # question, answer, question, and the template's own between
    mark = next(iter(tokenizer.encode_prompt([(after.lstrip(), True)])), None)
    if mark in tokenizer.marks:
        return mark if tokenizer.template.ends_unnamed else None
    return after.rstrip() or None


def end_ids(tokenizer: Tokenizer) -> frozenset[int]:
    """The ids that end an answer, as far as the tokenizer and its template tell."""
    ids = {tokenizer.eos_id}
    if isinstance(tokenizer, HuggingFaceTokenizer | SentencePieceTokenizer):
        end = turn_end(tokenizer)
        ids |= {end} if isinstance(end, int) else set()
    return frozenset(ids)
