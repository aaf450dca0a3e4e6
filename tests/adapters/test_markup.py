"""Marks that belong together stay so: what a break parts is closed and opened again."""

from __future__ import annotations

import pytest

from adapters.markup import DISCORD, SLACK, Markup
from adapters.splitting import split


def texts(text: str, limit: int, markup: Markup = DISCORD) -> list[str]:
    """What the parts show."""
    return [part.text for part in split(text, limit, markup=markup)]


BALANCED = [
    "例：```python\nprint(1)\n```\n終わり",
    "```x``` と ```y```",
    "||秘密|| **太字** *斜体* __下線__ ~~古い~~ `code`",
    "> 引用\n> ```py\n> x\n> ```\n終",
    "||```\nx\n```||",
]


@pytest.mark.parametrize("text", BALANCED)
def test_balanced_text_that_fits_comes_back_unchanged(text: str) -> None:
    """To the last character of a message."""
    assert texts(text, 60) == [text]
    full = "あ" * (60 - len(text)) + text
    assert texts(full, 60) == [full]


def test_a_block_that_opens_and_closes_within_a_line_is_closed_and_reopened() -> None:
    """Three backticks are Discord's code blocks wherever they stand."""
    text = "見てください：```python\nprint(1)\nprint(2)\nprint(3)\nprint(4)```終わりです"
    assert texts(text, 45) == [
        "見てください：```python\nprint(1)\nprint(2)\n```",
        "```python\nprint(3)\nprint(4)```終わりです",
    ]


@pytest.mark.parametrize("mark", ["||", "**", "*", "__", "_", "~~"])
def test_marks_are_not_torn_where_it_can_be_helped(mark: str) -> None:
    """The break comes before them."""
    marked = f"{mark}とても大切な、とても長い言葉です{mark}"
    text = f"これはとても長い説明で、まだ終わりません、次の {marked} {'い' * 30}"
    assert texts(text, 40)[1].startswith(marked)


@pytest.mark.parametrize("mark", ["||", "**", "*", "__", "_", "~~"])
def test_else_they_are_closed_and_opened_again(mark: str) -> None:
    """A spoiler that is longer than a message is hidden in all of them."""
    parts = texts(f"{mark}{'とても長い言葉、' * 20}終{mark} です", 60)
    assert len(parts) > 2
    for shown in parts[:-1]:
        assert shown.startswith(mark) and shown.endswith(mark)
    assert parts[-1].startswith(mark) and parts[-1].endswith(f"終{mark} です")


def test_marks_that_are_none_are_not_closed() -> None:
    """In products, names and lists."""
    text = "* 2 * 3 と 5*3 と a_b_c と 2**8 と "
    assert texts(text + "あ" * 60, 60)[0] == text.strip()


@pytest.mark.parametrize("quote", ["> ", ">>> "])
def test_a_quote_goes_on_over_a_break(quote: str) -> None:
    """Also within a line."""
    for shown in texts(f"{quote}{'とても長い言葉、' * 20}", 60):
        assert shown.startswith(quote)


def test_a_quote_ends_with_its_lines() -> None:
    """But the one that takes all that follows."""
    text = "> 短い引用です。\n\nそのあとの文はとても長くて、一つには入りません。もう一つ続きます。"
    assert not texts(text, 40)[1].startswith(">")
    assert texts(f">>{text}", 40)[1].startswith(">>> ")


def test_a_table_keeps_its_header_over_a_break() -> None:
    """Where the platform shows tables."""
    head = "| a | b |\n|---|---|\n"
    parts = texts(head + "| 123 | 456 |\n" * 12 + "\n終", 100, SLACK)
    assert len(parts) > 2
    assert all(shown.startswith(head) for shown in parts)


@pytest.mark.parametrize(
    "link",
    ["</settings temperature:1>", "[a [b] c](https://example.com)", "[![x](https://a)](https://b)"],
)
def test_commands_and_nested_brackets_are_not_torn(link: str) -> None:
    """Wherever in it the part would end."""
    for before in range(1, 60):
        assert sum(link in shown for shown in texts("あ" * before + link + "い" * 50, 60)) == 1


def test_a_tilde_block_is_one_on_slack_only() -> None:
    """Discord shows the tildes."""
    assert texts("~~~\nx", 40, SLACK) == ["~~~\nx\n~~~"]
    assert texts("~~~\nx", 40) == ["~~~\nx"]


@pytest.mark.parametrize(
    "link",
    [
        "[猫](https://ja.wikipedia.org/wiki/猫_(動物))",
        "https://example.com/_next/a_b",
        "<:_neko:123456789012345678>",
        "[a](https://x.jp/__init__.py?_=1)",
    ],
)
@pytest.mark.parametrize("markup", [DISCORD, SLACK])
def test_marks_in_an_address_or_an_emoji_are_none(link: str, markup: Markup) -> None:
    """Nothing is closed behind them, nor opened again."""
    text = f"詳しくは「{link}」を{'い' * 80}"
    assert "".join(texts(text, 80, markup)) == text


@pytest.mark.parametrize("mark", ["||", "**", "*", "__", "_", "~~"])
def test_marks_around_an_address_are_some(mark: str) -> None:
    """They end with it."""
    text = f"{mark}https://example.com/a{mark}、{'い' * 80}"
    assert "".join(texts(text, 60)) == text
