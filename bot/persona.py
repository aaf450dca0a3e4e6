"""Who the bot is in a channel: a text that a member wrote, as pinned turns of the prompt.

rinna's model knows no system role (model card); it is told as the card tells it, by a first
exchange between ユーザー and システム.
"""

from __future__ import annotations

import re

from bot.errors import BotError
from bot.messages import Role, Turn

PERSONA = "persona"  # the channel's setting
LONGEST = 500  # characters

_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def checked_persona(text: str) -> str:
    """The text as it is to be stored. Raises BotError when it is too long."""
    if len(text) > LONGEST:
        raise BotError(
            f"A persona may have {LONGEST} characters; this has {len(text):,}.",
            f"人物設定は{LONGEST}文字までです（今は{len(text):,}文字）。",
        )
    return text


def persona_turns(text: str) -> tuple[Turn, Turn]:
    """What is pinned before the conversation, in the language of the text."""
    agreed = "はい、わかりました。" if _JAPANESE.search(text) else "Sure, I will."
    return Turn(Role.USER, text), Turn(Role.ASSISTANT, agreed)
