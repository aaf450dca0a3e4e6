"""What of a text to analyse, and what to go around.

Goes around URLs, e-mail addresses, code, mentions, emoji and words in Latin letters, as Discord
and Slack write them. It knows no Japanese: everything else is to be analysed, digits too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text; `japanese`: to be analysed."""

    text: str
    japanese: bool


# Of ASCII, without brackets that mostly belong to the sentence; 日本 may be part of a path.
_URL = r"https?://[^\s<>「」『』（）、。！？|｜\"'`]+"
# Emoji by their blocks, with what joins and colours them; digits only as keycaps.
_EMOJI = (
    "(?:[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{2}|[\u00a9\u00ae\u2122\u3030\u303d\u3297\u3299"
    "\u203c\u2049\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
    "[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
    "(?:\u200d[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*)*)+"
)
_AROUND = re.compile(
    "|".join(
        (
            r"```.*?(?:```|\Z)",  # a fence; one that is still being written goes to the end
            r"``[^\n]+?``|`[^`\n]+`",
            r"<(?:[@#!/:]|a:|t:|id:|https?:|mailto:|tel:)[^<>\n]*>",  # Discord's and Slack's
            _URL,
            r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
            r"(?<![A-Za-z0-9])@[A-Za-z0-9_.-]+",
            r":(?:[a-z][a-z0-9_+-]*|[+-]1):(?::skin-tone-\d:)?",
            _EMOJI,
            # Words: letters first, or digits that letters follow without a counter between (4K).
            r"[A-Za-zÀ-ɏ](?:[A-Za-zÀ-ɏ0-9'’._+/-]*[A-Za-zÀ-ɏ0-9+#])?",
            r"[Ａ-Ｚａ-ｚ][Ａ-Ｚａ-ｚ０-９]*",
        )
    ),
    re.DOTALL,
)


def split(text: str) -> tuple[Span, ...]:
    """The stretches of a text in order. Joined they are the text, whatever it is."""
    found = []
    at = 0
    for match in _AROUND.finditer(text):
        if match.start() > at:
            found.append(Span(text[at : match.start()], True))
        found.append(Span(match[0], False))
        at = match.end()
    if at < len(text):
        found.append(Span(text[at:], True))
    return tuple(found)
