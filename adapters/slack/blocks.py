"""What a message of the bot consists of: Block Kit blocks, as plain dicts.

Model output goes into `markdown` blocks: in Slack's own mrkdwn, bold beside kana or kanji prints
its asterisks. What the model writes can notify nobody: see `escape`.
"""

from __future__ import annotations

import re
from typing import Any

from adapters.outlet import Form, State

Block = dict[str, Any]

# A markdown block takes 12,000 characters, the blocks of one message about 13,200 together.
LIMIT = 11_000
LONGEST_FALLBACK = 300  # characters of the text that notifications show

STOP, REGENERATE, FEEDBACK = "kaiwa_stop", "kaiwa_regenerate", "kaiwa_feedback"
READINGS = "kaiwa_readings"
GOOD, BAD = "good", "bad"


# What Slack takes as it stands in Markdown, and does not decode again: the marks of a quotation,
# and addresses. What comes behind a character does not change whether it belongs to one.
AS_IT_STANDS = re.compile(
    r"""
      (?: ^ [ \t]*+ > [> \t]* )
    | (?: (?: \]\( | https?:// ) (?: [^\s<>()] | \( [^\s<>()]* \)? )* )
    | (?P<mark> [&<>] )
    """,
    re.VERBOSE | re.MULTILINE,
)
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """Text that Slack takes as text: no mention, no channel-wide ping, no link of Slack's markup.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_markdown(text: str) -> str:
    """The same for markdown blocks and streams, where links and quotations stay what they are.

    Never longer than `escape`. What a text begins with is escaped as that beginning alone.
    """
    return AS_IT_STANDS.sub(lambda found: ENTITIES.get(found["mark"], found[0]), text)


def fallback(text: str) -> str:
    """The beginning of a text, for notifications and screen readers."""
    return escape(text if len(text) <= LONGEST_FALLBACK else text[: LONGEST_FALLBACK - 1] + "…")


def reply(
    text: str, state: State, form: Form = Form.RICH, *, readings: bool = False
) -> list[Block]:
    """A part of a reply with the buttons of its state; none where it is to be plain text."""
    if form is Form.PLAIN:
        return []
    shown: Block = {"type": "markdown", "text": escape_markdown(text)}
    return [shown, *(buttons(state, readings=readings) if form is Form.RICH else ())]


def buttons(state: State, *, readings: bool = False) -> list[Block]:
    """What stands below a message: Stop while it is written; Regenerate, 👍 👎 and, if there are
    `readings`, あ after."""
    if state.unfinished:
        return [actions(button(STOP, "⏹ 止める / Stop"))]
    if state is State.DONE:
        feedback = {
            "type": "feedback_buttons",
            "action_id": FEEDBACK,
            "positive_button": {"text": plain("👍"), "value": GOOD},
            "negative_button": {"text": plain("👎"), "value": BAD},
        }
        return [
            {"type": "context_actions", "elements": [feedback]},
            actions(
                button(REGENERATE, "🔄 書き直す / Regenerate"),
                *([button(READINGS, "あ")] if readings else ()),
            ),
        ]
    return []


def plain(text: str) -> Block:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def section(text: str) -> Block:
    """A section with text of the bot's own, in Slack's mrkdwn; at most 3,000 characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def actions(*elements: Block) -> Block:
    """Buttons beside each other."""
    return {"type": "actions", "elements": list(elements)}


def button(action: str, label: str, value: str | None = None) -> Block:
    """A button; `value` comes back when it is pressed."""
    carried = {} if value is None else {"value": value}
    return {"type": "button", "action_id": action, "text": plain(label), **carried}
