"""What the bot says of itself."""

from __future__ import annotations

from bot.notices import Notice, Offer, Span, Style, bold, lines, spans


def test_a_notice_is_in_both_languages_or_in_one_with_its_detail_below() -> None:
    """However its spans are shown."""
    notice = Notice("English", "日本語", spans(bold("語"), " word"))
    assert notice.both() == "日本語\nEnglish\n語 word"
    assert notice.in_one(japanese=True) == "日本語\n語 word"

    def loud(span: Span) -> str:
        return f"*{span.text}*" if span.style is Style.BOLD else span.text

    assert notice.in_one(japanese=False, show=loud) == "English\n*語* word"
    assert Notice("English", "日本語", "plain").both() == "日本語\nEnglish\nplain"


def test_lines_stand_below_each_other() -> None:
    """With nothing before the first."""
    text = "".join(span.text for span in lines([spans("一"), spans(bold("二"), "三")]))
    assert text == "一\n二三" and lines([]) == ()


def test_an_offer_is_typed_with_its_text() -> None:
    """If it has one."""
    assert Offer("Undo", "元に戻す", "reading 今日 default").typed == "/reading 今日 default"
    assert Offer("Kana", "かな", "furigana kana", "今日").typed == "/furigana kana 今日"
