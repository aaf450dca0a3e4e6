"""What a message of the bot consists of: Block Kit blocks, as plain dicts.

Model output goes into `markdown` blocks: in Slack's own mrkdwn, bold beside kana or kanji prints
its asterisks. What the model writes can notify nobody: see `escape`.
"""

from __future__ import annotations

from typing import Any

from adapters.streaming import State

Block = dict[str, Any]

# A markdown block takes 12,000 characters, the blocks of one message about 13,200 together.
LIMIT = 11_000
LONGEST_FALLBACK = 300  # characters of the text that notifications show

STOP, REGENERATE, FEEDBACK = "kaiwa_stop", "kaiwa_regenerate", "kaiwa_feedback"
GOOD, BAD = "good", "bad"


def escape(text: str) -> str:
    """Text that Slack takes as text: no mention, no channel-wide ping, no link of Slack's markup.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(text: str) -> str:
    """The beginning of a text, for notifications and screen readers."""
    return escape(text if len(text) <= LONGEST_FALLBACK else text[: LONGEST_FALLBACK - 1] + "…")


def reply(text: str, state: State) -> list[Block]:
    """A part of a reply with the buttons of its state."""
    return [{"type": "markdown", "text": escape(text)}, *buttons(state)]


def buttons(state: State) -> list[Block]:
    """What stands below a message: Stop while it is written; Regenerate and 👍 👎 after."""
    if state in (State.WRITING, State.WAITING):
        return [_actions(_button(STOP, "⏹ 止める / Stop"))]
    if state is State.DONE:
        feedback = {
            "type": "feedback_buttons",
            "action_id": FEEDBACK,
            "positive_button": {"text": plain("👍"), "value": GOOD},
            "negative_button": {"text": plain("👎"), "value": BAD},
        }
        return [
            {"type": "context_actions", "elements": [feedback]},
            _actions(_button(REGENERATE, "🔄 書き直す / Regenerate")),
        ]
    return []


def plain(text: str) -> Block:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def section(text: str) -> Block:
    """A section with text of the bot's own, in Slack's mrkdwn; at most 3,000 characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def _button(action: str, label: str) -> Block:
    return {"type": "button", "action_id": action, "text": plain(label)}
