"""A split reply fits, reads well, loses nothing, and never changes what is already closed."""

from __future__ import annotations

import re

import pytest
import regex  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given
from hypothesis import strategies as st

from adapters.markup import DISCORD, LONGEST_FENCE, SLACK, Markup
from adapters.splitting import SMALLEST_LIMIT, Part, split, utf16_length

FAMILY, FLAG, THUMB = "👨\u200d👩\u200d👧", "🇯🇵", "👍🏽"
CODE = "```python\nfor n in range(3):\n    print(n)\n\nprint('猫')\n```"
LINKS = [
    "https://ja.wikipedia.org/wiki/日本?a=1&b=2#c",
    "http://x.jp",
    "<https://example.com/a-b>",
    "[説明 of it](https://example.com/wiki/A_(b))",
    "<@123456789012345678>",
    "<:neko:123456789>",
    "</settings temperature:1>",
    "[a [b] c](https://example.com)",
]
WORDS = [
    *[
        "猫は窓のそばで眠っています。",
        "「はい。」",
        "『本』",
        "すごい！",
        "、",
        "東京都に住んでいる",
    ],
    *["The quick brown fox. ", "word ", "a", "Really?! ", "antidisestablishmentarianism", "1. x"],
    *[
        FAMILY,
        FLAG,
        "🇺🇸🇯",
        THUMB,
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "葛\U000e0100",
        "か\u3099",
        "e\u0301",
    ],
    *["\u200d", "\u0301", "क्षि", "각\u11a8", "\u0600", "\ud83d", "e" + "\u0301" * 60, "あ" * 70],
    *["\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n", "  ", " \n", "\t", "\u3000", "\n- ", "\n    "],
    *[
        f"\n{CODE}\n",
        "\n```\n",
        "\n~~~ sh\n",
        "\n````md\n",
        "\n    ```\n",
        "```",
        "~~~",
        "\n```js x",
    ],
    *[
        "`",
        "``",
        "~",
        "`code span`",
        "```x``` ",
        "**太字です**",
        "*",
        "[",
        "](",
        "<",
        "x < y",
        "http",
    ],
    *["\n```" + "i" * 50 + "\n", "`" * 12, "\n" + " " * 30 + "x"],
    *["||", "||秘密||", "|", "~~", "~~古い~~", "__", "__下線__", "_", "_it_", "**", "*it*", "***"],
    *["\n> ", "> ", "\n>>> ", "\\*", "\n| a | b |\n|---|---|\n| 1 | 2 |\n", "| 3 | 4 |\n"],
    *["```py\nx = 1```", "\n> ```\n> a = 1\n> ```\n"],
    *LINKS,
]
TEXT = st.lists(st.sampled_from(WORDS), max_size=30).map("".join)
LIMIT = st.integers(SMALLEST_LIMIT, 120)


MARKUP = st.sampled_from([DISCORD, SLACK])


def texts(text: str, limit: int, markup: Markup = DISCORD) -> list[str]:
    """What the parts show."""
    return [part.text for part in split(text, limit, markup=markup)]


def open_fence(text: str, markup: Markup = DISCORD) -> str:
    """The marks of the code block that is open after `text`."""
    if not markup.by_lines:
        return "```" * (text.count("```") % 2)
    fence = ""
    for line in text.split("\n"):
        line = line.removeprefix("> ").lstrip(" \t")
        run = re.match(r"`+|~+", line)
        if run is None or not 3 <= len(run[0]) <= LONGEST_FENCE:
            continue
        rest = line[len(run[0]) :]
        if not fence:
            fence = "" if run[0][0] == "`" and "`" in rest else run[0]
        elif run[0].startswith(fence) and not rest.strip():
            fence = ""
    return fence


@given(TEXT, LIMIT, MARKUP)
def test_every_part_fits_and_shows_something(text: str, limit: int, markup: Markup) -> None:
    """As the platform counts, and with nothing at its ends that a platform would trim."""
    for shown in texts(text, limit, markup):
        assert utf16_length(shown) <= limit
        assert shown
        assert shown == shown.strip()
    for part in split(text, limit, measure=len, markup=markup):
        assert len(part.text) <= limit


@given(TEXT, LIMIT, MARKUP)
def test_the_parts_cover_the_text_and_nothing_is_lost(
    text: str, limit: int, markup: Markup
) -> None:
    """Each begins where the one before ended; only white space at the ends is not shown, and
    only marks are added."""
    parts = split(text, limit, markup=markup)
    assert [part.start for part in parts] == [0, *(part.end for part in parts)][:-1]
    assert parts[-1].end == len(text) if parts else not text.strip()
    for at, part in enumerate(parts):
        source = text[part.start : part.end].strip()
        places = [found.start() for found in re.finditer(f"(?={re.escape(source)})", part.text)]
        added = [(part.text[:place], part.text[place + len(source) :]) for place in places]
        assert any(
            (not before.strip() or at > 0) and re.fullmatch(r"[\s>`~*_|]*", after)
            for before, after in added
        )


@given(TEXT, LIMIT, MARKUP)
def test_every_part_closes_the_code_blocks_that_it_opens(
    text: str, limit: int, markup: Markup
) -> None:
    """The last too, while the block is still being written."""
    for shown in texts(text, limit, markup):
        assert open_fence(shown, markup) == ""


@given(
    st.lists(st.sampled_from(WORDS), max_size=14).map("".join),
    st.integers(SMALLEST_LIMIT, 60),
    MARKUP,
)
def test_text_that_grows_changes_the_last_part_only(text: str, limit: int, markup: Markup) -> None:
    """What is closed stays as it is, whatever comes: checked for every beginning of the text."""
    whole = split(text, limit, markup=markup)
    for length in range(len(text)):
        closed = split(text[:length], limit, markup=markup)[:-1]
        assert closed == whole[: len(closed)]


@given(TEXT, LIMIT)
def test_no_grapheme_is_cut(text: str, limit: int) -> None:
    """Unless it is longer than what a part holds beside a code block's two lines."""
    room = limit - limit // 4 - 10
    edges = {part.end for part in split(text, limit)}
    for grapheme in regex.finditer(r"\X", text):
        inside = range(grapheme.start() + 1, grapheme.end())
        assert edges.isdisjoint(inside) or utf16_length(grapheme[0]) > room


@given(TEXT, st.integers(150, 300))
def test_no_link_is_cut(text: str, limit: int) -> None:
    """Nor a mention or an emoji of Discord's, which would show as its source. Addresses without
    anything between them are one, and perhaps longer than what a part holds."""
    room = limit - limit // 4 - 10
    edges = {part.end for part in split(text, limit)}
    addresses = list(re.finditer(r"https?://[^\s<>。、，！？「」『』（）【】]+", text))
    others = [found.span() for found in addresses]
    long = [found.span() for found in addresses if utf16_length(found[0]) > room]
    for link in LINKS:
        for found in re.finditer(re.escape(link), text):
            inside = range(found.start() + 1, found.end())
            in_long = any(start <= found.start() < end for start, end in long)
            in_long |= any(start < found.start() < end for start, end in others)
            assert in_long or edges.isdisjoint(inside)


@given(st.text(), LIMIT)
def test_any_text_can_be_split(text: str, limit: int) -> None:
    """Whatever a model writes."""
    assert (
        "".join(text[part.start : part.end] for part in split(text, limit)).strip() == text.strip()
    )


def test_a_text_that_fits_is_one_part() -> None:
    """As it is, less the white space around it; to the last code unit."""
    assert split(" こんにちは\n", 40) == [Part("こんにちは", 0, 7)]
    assert len(split("猫" * 2000, 2000)) == 1
    assert len(split("猫" * 2001, 2000)) == 2


@pytest.mark.parametrize("text", ["", " \n\r\n\t\u3000 "])
def test_blank_text_has_no_parts(text: str) -> None:
    """A platform would refuse the message."""
    assert split(text, 40) == []


def test_a_limit_too_small_is_refused() -> None:
    """Two fence lines and some code between them must fit."""
    with pytest.raises(ValueError, match="at least 40"):
        split("a", SMALLEST_LIMIT - 1)


def test_characters_count_as_the_platform_counts_them() -> None:
    """Discord in UTF-16 code units, where an emoji is two; Slack in characters."""
    assert [utf16_length(text) for text in ("猫", "😀", FAMILY, "\ud83d")] == [1, 2, 8, 1]
    assert [len(text) for text in texts("😀" * 60, 40)] == [20, 20, 20]
    assert [len(part.text) for part in split("😀" * 60, 40, measure=len)] == [40, 20]


def test_a_paragraph_is_the_best_place() -> None:
    """If it comes in the second half; the lines after it go with it."""
    first, second = (
        "一つ目の段落の一行目です。\n段落の二行目です。",
        "二つ目の段落です。\n二行目。\n三行目。",
    )
    assert texts(f"{first}\n\n\n{second}", 40) == [first, second]


def test_then_a_line() -> None:
    """A paragraph in the first half would leave too little in the part."""
    text = "見出し\n\n一行目は、短いです。そうです。\n二行目も、短いです。そうです。\n三行目。"
    assert texts(text, 40)[0].endswith("二行目も、短いです。そうです。")


def test_then_a_sentence() -> None:
    """With the quotation mark that closes it, and not inside what somebody says."""
    assert texts(
        "今日はとても良い天気ですね。「散歩に行きましょう！」彼女はそう言って笑い、外に出た。", 40
    ) == [
        "今日はとても良い天気ですね。「散歩に行きましょう！」",
        "彼女はそう言って笑い、外に出た。",
    ]
    assert texts('The cat sat at 3.14 m. "It rained." Nobody came on that day.', 40) == [
        'The cat sat at 3.14 m. "It rained."',
        "Nobody came on that day.",
    ]
    assert texts(
        "ある日の夕方、とうとう雨が降った。私は、彼の「さあ帰ろう。」という声に目を覚ました", 40
    ) == [
        "ある日の夕方、とうとう雨が降った。私は、彼の「さあ帰ろう。」という声に目を",
        "覚ました",
    ]


def test_then_a_phrase() -> None:
    """Japanese has no spaces, and a word is not torn for that."""
    assert texts(
        "私は昨日友達と一緒に新しくできた駅前の図書館に行って日本語の本をたくさん借りてきました", 40
    ) == [
        "私は昨日友達と一緒に新しくできた駅前の図書館に行って日本語の本をたくさん",
        "借りてきました",
    ]
    assert texts("The old grey cat by the window saw the birds and the rain", 40) == [
        "The old grey cat by the window saw the",
        "birds and the rain",
    ]


@pytest.mark.parametrize("grapheme", [FAMILY, FLAG, THUMB, "か\u3099", "葛\U000e0100", "क्षि"])
def test_then_anything_but_a_grapheme(grapheme: str) -> None:
    """What a reader takes for one character."""
    for shown in texts(f"a{grapheme * 50}", 41):
        assert shown.removeprefix("a").replace(grapheme, "") == ""


def test_a_grapheme_longer_than_a_part_is_cut() -> None:
    """Or it could not be shown at all."""
    assert [len(shown) for shown in texts("e" + "\u0301" * 99, 40)] == [40, 40, 20]


@pytest.mark.parametrize("link", LINKS)
def test_a_link_goes_into_the_next_part(link: str) -> None:
    """Wherever in it the part would end."""
    for before in range(1, 60):
        parts = texts("あ" * before + link + " です。" + "い" * 50, 60)
        assert sum(link in shown for shown in parts) == 1


def test_a_link_longer_than_a_part_is_cut() -> None:
    """After the text before it: nothing of the link is lost."""
    link = "https://example.com/" + "a" * 100
    assert texts(f"See {link} now", 70) == ["See", link[:70], f"{link[70:]} now"]


def test_bold_and_code_spans_stay_whole_where_that_is_possible() -> None:
    """A break inside would show their marks."""
    text = "これはとても長い説明で、まだ終わりません、次の**とても大切な、長い言葉です**ね"
    assert texts(text, 40)[1].startswith("**とても大切な、長い言葉です**")
    text = "The old grey cat by the window types `cat --help me` now"
    assert texts(text, 45)[1] == "`cat --help me` now"


def test_a_code_block_is_closed_and_opened_again_with_its_language() -> None:
    """At the end of a line, and the indentation of the next one stays."""
    text = (
        "Look:\n```python\nfor n in x:\n    print(n)\n    print(n * 2)\n    print(n * 3)\n```\nSo."
    )
    assert texts(text, 60) == [
        "Look:\n```python\nfor n in x:\n    print(n)\n```",
        "```python\n    print(n * 2)\n    print(n * 3)\n```\nSo.",
    ]


def test_a_part_does_not_end_with_an_empty_code_block() -> None:
    """Nor does the next begin with one, or with nothing but the line that closes it."""
    assert texts("Some text before the code.\n```js\nlet a = 1;\nlet b = 2;\n```", 40) == [
        "Some text before the code.",
        "```js\nlet a = 1;\nlet b = 2;\n```",
    ]
    for length in range(20, 60):
        for shown in texts(f"```js\n{'a b ' * (length // 4)}{'c' * (length % 4)}\n\n```\n猫", 40):
            assert "```js\n```" not in shown


def test_a_code_block_that_is_still_written_is_closed() -> None:
    """From its first line on, so that a platform shows it as code."""
    assert texts("See:\n```py", 40) == ["See:\n```py\n```"]
    assert texts("~~~~ md\n```\na", 40, SLACK) == ["~~~~ md\n```\na\n~~~~"]


def test_a_code_block_in_a_list_is_one_too() -> None:
    """However far it is indented."""
    text = "1. Install it:\n\n    ```sh\n    pip install kaiwa\n    kaiwa init\n    ```\n2. Use it."
    assert texts(text, 60) == [
        "1. Install it:\n\n    ```sh\n    pip install kaiwa\n```",
        "```sh\n    kaiwa init\n    ```\n2. Use it.",
    ]


def test_an_absurd_language_is_not_repeated() -> None:
    """It would leave no room for code."""
    text = "```" + "x" * 20 + "\n" + "a = 1\n" * 4 + "```"
    assert texts(text, 40)[1].startswith("```\na = 1")


def test_backticks_inside_a_line_open_no_code_block_on_slack() -> None:
    """Nor do they after a break: it is not made before them."""
    for before in range(10, 50):
        parts = texts("あ" * before + "```x``` を" + "い" * 50, 60, SLACK)
        assert not any(shown.startswith("`") for shown in parts)


def test_windows_line_ends_are_lines() -> None:
    """As in text that a user had the model repeat."""
    text = "line one is here\r\nline two is here\r\n\r\nline three\r\n```py\r\na = 1\r\n```\r\n"
    assert texts(text, 40) == [
        "line one is here\r\nline two is here",
        "line three\r\n```py\r\na = 1\r\n```",
    ]


def test_a_long_reply_becomes_a_few_full_messages() -> None:
    """Ten thousand characters of everything, on Discord and on Slack."""
    sentence = "猫は窓のそばで静かに眠っています。The rain fell. 😀"
    paragraph = f"{sentence * 6}\n{LINKS[0]}\n- **大切**\n- `code`\n\n{CODE}\n\n"
    text = (paragraph * 30)[:10_000]
    parts = split(text, 2000)
    assert len(parts) <= 7
    assert all(1000 < utf16_length(part.text) <= 2000 for part in parts[:-1])
    assert all(text[part.start : part.end].strip() in part.text for part in parts)
    assert len(split(text, 12_000, measure=len)) == 1


def test_what_closes_a_code_span_makes_no_code_block() -> None:
    """Behind two backticks a third one would open one."""
    sentence = "猫は窓のそばで眠っています。"
    assert texts(f"{sentence}`{sentence * 2}``", 40)[-1].count("```") == 0
