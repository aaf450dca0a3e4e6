"""Asking the model for a rewrite of a learner's sentence, and getting it out of the reply.

The turns fit a model that follows instructions between ユーザー and システム (rinna's model
card): an instruction that is agreed to, then examples, then the sentence. What the model makes
of it is a suggestion; nothing here knows whether it is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from bot.errors import BotError
from bot.messages import Role, Turn
from bot.study.correction.differences import is_same, similarity
from bot.study.forms.heads import readable
from bot.study.kana import has_japanese, seen

LONGEST = 400  # characters: with the examples about half of rinna's 2,048 tokens, twice over
ALIKE = 0.4  # of `similarity`: less, and it is no rewrite of the sentence
SHORTEST, LONGER = 0.4, 2.5  # a rewrite's length, in lengths of the sentence
_FREE = 8  # characters by which any rewrite may be longer


class Preset(StrEnum):
    """What a rewrite is to be."""

    CORRECT = "correct"
    POLITE = "polite"
    CASUAL = "casual"


_ASKED = {
    Preset.CORRECT: "次の文を直してください。",
    Preset.POLITE: "次の文を丁寧な言い方に直してください。",
    Preset.CASUAL: "次の文をくだけた言い方に直してください。",
}
_INSTRUCTION = {
    Preset.CORRECT: "私は日本語を勉強しています。私が書いた文を、意味を変えずに、"
    "正しく自然な日本語に直してください。間違いがなければ、同じ文をそのまま書いてください。説明は書かないでください。",
    Preset.POLITE: "私は日本語を勉強しています。私が書いた文を、意味を変えずに"
    "「です・ます」を使った丁寧な日本語に直してください。説明は書かないでください。",
    Preset.CASUAL: "私は日本語を勉強しています。私が書いた文を、意味を変えずに、"
    "友達と話すときのくだけた日本語に直してください。説明は書かないでください。",
}
_EXAMPLES = {
    Preset.CORRECT: (
        ("昨日、図書館に勉強しました。", "昨日、図書館で勉強しました。"),
        ("明日、友達と映画を見ます。", "明日、友達と映画を見ます。"),
        ("この料理はおいしいでした。", "この料理はおいしかったです。"),
    ),
    Preset.POLITE: (
        ("明日、何時に来る？", "明日、何時に来ますか。"),
        ("ちょっと待って。", "少々お待ちください。"),
        ("昨日は忙しかった。", "昨日は忙しかったです。"),
    ),
    Preset.CASUAL: (
        ("明日、何時に来ますか。", "明日、何時に来る？"),
        ("昨日は忙しかったです。", "昨日は忙しかった。"),
        ("少し手伝ってください。", "ちょっと手伝って。"),
    ),
}


def turns(text: str, preset: Preset = Preset.CORRECT) -> tuple[Turn, ...]:
    """The turns of a prompt whose reply is the rewrite; the sentence on one line.

    Raises BotError for a text without Japanese, and for one that is longer than LONGEST.
    """
    sentence = " ".join(readable(seen(text)).split())
    if not has_japanese(sentence):
        raise BotError(
            "I can only rewrite Japanese. Please give me a sentence in Japanese.",
            "日本語の文だけを直せます。日本語の文を入力してください。",
        )
    if len(sentence) > LONGEST:
        raise BotError(
            f"I can rewrite {LONGEST} characters at once; this has {len(sentence):,}. "
            "Please give me a part of it.",
            f"一度に直せるのは{LONGEST}文字までです（今は{len(sentence):,}文字）。"
            "分けて入力してください。",
        )
    said = [(_INSTRUCTION[preset], "はい、わかりました。直した文だけを書きます。")]
    said += [(_ask(before, preset), after) for before, after in _EXAMPLES[preset]]
    made = [
        turn
        for asked, answered in said
        for turn in (Turn(Role.USER, asked), Turn(Role.ASSISTANT, answered))
    ]
    return (*made, Turn(Role.USER, _ask(sentence, preset)))


def _ask(sentence: str, preset: Preset) -> str:
    return f"{_ASKED[preset]}\n{sentence}"


_MARKER = re.compile(r"^(?:[*_`・>#-]+\s*|\d+[.)．）]\s*)+|[*_`]+$")
_LABEL = re.compile(
    r"^(?:(?:修正|訂正|添削|正しい|正解|直した|書き換え|丁寧な|くだけた|自然な|答え|回答|システム|"
    r"ユーザー|corrected|correction|rewrite|rewritten|answer)[^:：「」。、\n]{0,12}[:：]\s*"
    r"|正しくは[、:：]?\s*|正解は[、:：]?\s*)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"「([^「」]+)」|『([^『』]+)』|“([^“”]+)”|\"([^\"]+)\"")
_PAIRS = dict(zip("「『“\"'`【", "」』”\"'`】", strict=True))
_ASIDE = re.compile(r"\s*[（(][^（）()]*[）)]\s*$")
_APOLOGY = re.compile(
    r"^(?:(?:i'?m |i am )?(?:very )?sorry|i (?:do not|don'?t|cannot|can'?t)|unfortunately"
    r"|申し訳(?:あり|ござ)|(?:すみません|ごめんなさい)[、。が]?.{0,12}(?:わかり|分かり|でき)(?:ません|ない))",
    re.IGNORECASE,
)


def cleaned(reply: str, original: str) -> str | None:
    """The rewrite in the model's reply, without quotation marks, labels and explanations.

    None where there is none: it is empty, an apology, in another language, too unlike the
    sentence, or so much shorter that a part of the sentence is gone.
    """
    sentence = " ".join(readable(seen(original)).split())
    found = [one for one in _candidates(seen(reply), sentence) if _is_rewrite(one, sentence)]
    return found[0] if found else None


def _candidates(reply: str, sentence: str) -> Iterator[str]:
    """What may be the rewrite, the likeliest first."""
    lines = [readable(line).strip() for line in reply.splitlines()]
    for line in [line for line in lines if line][:20]:
        if not _MARKER.search(sentence):
            line = _MARKER.sub("", line).strip()
        labelled = _LABEL.sub("", line)
        bare = _unquoted(labelled)
        quoted = [next(filter(None, groups)) for groups in _QUOTED.findall(bare)]
        if (bare == labelled and labelled != line) or bare == line:
            # Text around a quotation is an explanation, unless the sentence quotes, too.
            yield from (text for text in quoted if text not in sentence or text == sentence)
        if not ("（" in sentence or "(" in sentence):
            bare = _unquoted(_ASIDE.sub("", bare))
        yield bare


def _unquoted(text: str) -> str:
    text = text.strip()
    for opening, closing in _PAIRS.items():
        inner = text[1:-1]
        whole = len(text) > 2 and text[0] == opening and text[-1] == closing
        if whole and opening not in inner and closing not in inner:
            return inner.strip()
    return text


def _is_rewrite(text: str, sentence: str) -> bool:
    if not has_japanese(text):
        return False
    if is_same(text, sentence):
        return True
    if _APOLOGY.match(text) and not _APOLOGY.match(sentence):
        return False
    if not SHORTEST * len(sentence) <= len(text) <= LONGER * len(sentence) + _FREE:
        return False
    return similarity(text, sentence) >= ALIKE
