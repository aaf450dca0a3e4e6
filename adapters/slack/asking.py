"""The small form behind a button whose command lacks something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.slack.blocks import plain
from adapters.slack.markup import typed
from bot.commands import command_named

FORM = "kaiwa_asking"
LONGEST = 100  # characters of what is given


def form(channel: str, thread: str, command: str) -> dict[str, Any]:
    """The modal, which carries along the command and where it was offered."""
    entry = command_named(command.split()[0])
    assert entry is not None and entry.arguments
    argument = entry.arguments[-1]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": json.dumps(
            {"channel": channel, "thread": thread, "command": command}, ensure_ascii=False
        ),
        "title": plain(f"/{entry.japanese_name}"[:24]),
        "submit": plain("送る / Send"),
        "close": plain("やめる / Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "given",
                "label": plain(f"{argument.japanese} / {argument.english}"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "given",
                    "max_length": LONGEST,
                },
            }
        ],
    }


def read(view: Mapping[str, Any]) -> tuple[str, str, str]:
    """What was sent: the channel, the thread, and the whole command."""
    opened = json.loads(view["private_metadata"])
    given = view["state"]["values"]["given"]["given"].get("value") or ""
    return opened["channel"], opened["thread"], f"{opened['command']} {typed(given).strip()}"
