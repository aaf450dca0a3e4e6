"""A checkpoint's chat template: messages to text. Knows Jinja; not tokens, nor what a prompt is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.vocabulary.checkpoint import SETTINGS, end_ids, settings, special_names

TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")


class ChatTemplate:
    """The `source` of a template, and the special tokens that it may write, by their names.

    `ends_unnamed`: its checkpoint does not list the tokens that end a reply.
    """

    def __init__(self, source: str, names: Mapping[str, str], ends_unnamed: bool) -> None:
        self.source = source
        self.ends_unnamed = ends_unnamed
        self._names = names

    @classmethod
    def from_folder(cls, folder: Path) -> ChatTemplate | None:
        """The template that a checkpoint brings, if it does."""
        source = _source(folder)
        return cls(source, special_names(folder), len(end_ids(folder)) < 2) if source else None

    def apply(self, messages: Sequence[Mapping[str, str]], **options: Any) -> str:
        """The text of `messages` (`role`, `content`) up to where the assistant's reply begins.

        `options` are variables of the template. Raises BotError when it refuses.
        """
        from transformers.utils.chat_template_utils import render_jinja_template

        options = dict(self._names) | {"add_generation_prompt": True} | options
        chat: list[dict[str, Any]] = [dict(message) for message in messages]
        try:
            rendered: Any = render_jinja_template([chat], chat_template=self.source, **options)
        except Exception as error:  # it is a program, and ends by whatever error it likes
            raise template_refuses() from error
        while not isinstance(rendered, str):  # of several conversations, with what they mask
            rendered = rendered[0]
        return rendered


def template_refuses() -> BotError:
    """The error where there is no template, or none that takes a conversation as it is."""
    return BotError(
        "I cannot use this model: its chat template does not write a conversation as it was said. "
        "Please choose another model.",
        "このモデルは使えません（チャットテンプレートが会話をそのまま書きません）。"
        "別のモデルを選んでください。",
    )


def _source(folder: Path) -> str:
    """The file by itself comes before the settings, as for everybody who reads both."""
    if (folder / TEMPLATE_FILES[0]).is_file():
        return (folder / TEMPLATE_FILES[0]).read_text("utf-8")
    template = settings(folder / TEMPLATE_FILES[1]).get("chat_template")
    template = template or settings(folder / SETTINGS).get("chat_template")
    if isinstance(template, list):  # several, by name
        named = {t.get("name"): t.get("template") for t in template if isinstance(t, dict)}
        template = named.get("default")
    return template if isinstance(template, str) else ""
