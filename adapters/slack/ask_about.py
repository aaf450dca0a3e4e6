"""The small form behind the shortcut "Ask about this": what would you like to know?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.slack.blocks import plain

SHORTCUT = "kaiwa_ask_about"
LONGEST_QUESTION = 1_000  # characters
MOST_QUOTED = 2_500  # characters that a form carries along; Slack takes 3,000
LONGEST_ESCAPE = 6  # characters of JSON for one, as in \u0000


def form(channel: str, thread: str, quoted: str) -> dict[str, Any]:
    """The modal, which carries along where it was opened and about what."""
    about = {"channel": channel, "thread": thread, "quoted": quoted[:MOST_QUOTED]}
    while (over := len(carried := json.dumps(about, ensure_ascii=False)) - MOST_QUOTED) > 0:
        about["quoted"] = about["quoted"][: -(over // LONGEST_ESCAPE + 1)]
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


def read(view: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """What was sent: the channel, the thread, the quotation and the question."""
    about = json.loads(view["private_metadata"])
    question = view["state"]["values"]["question"]["question"].get("value") or ""
    return about["channel"], about["thread"], about["quoted"], question.strip()
