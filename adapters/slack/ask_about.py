"""The small form behind the shortcut "Ask about this": what would you like to know?

It opens before anything is asked or read, so it carries along what the message says, with ids in
place of names; see `adapters.slack.reading.condensed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.slack.blocks import plain
from adapters.slack.markup import typed
from adapters.slack.reading import condensed
from adapters.slack.shares import Event

SHORTCUT = "kaiwa_ask_about"
LONGEST_QUESTION = 1_000  # characters
MOST_CARRIED = 2_900  # characters that a form carries along; Slack takes 3,000
SHORTENINGS = (1_200, 600, 300, 100, 0)  # characters of the message, the first that fits


def form(channel: str, thread: str, about: Event, me: str) -> dict[str, Any]:
    """The modal, which carries along where it was opened and about which message.

    `me` is the bot's user id, whose mention is left out.
    """
    for most in SHORTENINGS:
        message = condensed(about, me, most)
        carried = json.dumps(
            {"channel": channel, "thread": thread, "about": message}, ensure_ascii=False
        )
        if len(carried) <= MOST_CARRIED:
            break
    return {
        "type": "modal",
        "callback_id": SHORTCUT,
        "private_metadata": carried,
        "title": plain("質問 / Ask"),
        "submit": plain("送る / Send"),
        "close": plain("やめる / Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "question",
                "label": plain("質問 / Your question"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "question",
                    "multiline": True,
                    "max_length": LONGEST_QUESTION,
                    "placeholder": plain("これはどういう意味ですか。 / What does this mean?"),
                },
            }
        ],
    }


def read(view: Mapping[str, Any]) -> tuple[str, str, Event, str]:
    """What was sent: the channel, the thread, the message that it is about, and the question."""
    opened = json.loads(view["private_metadata"])
    question = view["state"]["values"]["question"]["question"].get("value") or ""
    return opened["channel"], opened["thread"], opened["about"], typed(question).strip()
