"""Saved words on the web page, and words' cards."""

from __future__ import annotations

import re

import pytest

from adapters.web.platform import WebPlatform
from adapters.web.words import A_PAGE
from bot.chat import Chat
from bot.learning.ports.words import Word
from storage.store import SqlStore
from tests.adapters.web.browsing import ADMIN, Browser, logged_in


async def saved(store: SqlStore, *words: str, user: str = "u1") -> list[int]:
    """Save words for somebody; their ids."""
    ids = []
    for word in words:
        text = Word(word, "よみ", f"meaning of {word}")
        ids.append((await store.save_word("discord", user, "1", text))[0].id)
    return ids


def listed(text: str) -> list[str]:
    """The words in a page's list."""
    return re.findall(r'<th scope="row".*?<ruby>(.*?)<rp>', text)


async def test_words_are_listed_newest_first_and_by_pages(tanaka: Browser, store: SqlStore) -> None:
    """A page beyond the last is the last."""
    await saved(store, *(f"語{number}" for number in range(A_PAGE + 1)))
    first, second = await tanaka.get("/words"), await tanaka.get("/words?page=2")
    assert listed(first.text) == [f"語{number}" for number in range(A_PAGE, 0, -1)]
    assert listed(second.text) == ["語0"]
    for odd in ("9999", "-1", "x", "٣", "9" * 30):
        assert (await tanaka.get(f"/words?page={odd}")).status == 200
    assert listed((await tanaka.get("/words?page=9999")).text) == ["語0"]


async def test_words_are_searched_in_all_their_texts(tanaka: Browser, store: SqlStore) -> None:
    """The search stays in the field and in the links to further pages."""
    await saved(store, "猫", "犬")
    assert listed((await tanaka.get("/words?q=猫")).text) == ["猫"]
    assert listed((await tanaka.get("/words?q=OF 犬")).text) == ["犬"]
    none = await tanaka.get("/words?q=%25")
    assert listed(none.text) == [] and 'value="%"' in none.text


async def test_a_word_is_removed_by_its_owner_alone(
    page: WebPlatform, chat: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Another person's number changes nothing, and they never see it."""
    (own,) = await saved(store, "猫")
    (others,) = await saved(store, "犬", user="u2")
    assert listed((await tanaka.get("/words")).text) == ["猫"]
    for id in (str(own), str(others), "x", ""):
        assert (await tanaka.send("/words/remove", id=id)).status == 303
    assert await store.count_words("discord", "u1") == 0
    assert await store.count_words("discord", "u2") == 1
    async with logged_in(page, chat, ADMIN) as admin:
        assert listed((await admin.get("/words")).text) == []


async def test_a_card_says_what_the_dictionary_does(studying: Chat, tanaka: Browser) -> None:
    """Readings, meanings, level, examples, and a button that saves; as a page or as a part."""
    whole = await tanaka.get("/word?q=食べました")
    assert whole.text.startswith("<!doctype html>")
    part = await tanaka.get("/word?q=食べました", **{"X-Part": "card"})
    assert part.text.lstrip().startswith("<section")
    for each in (whole, part):
        assert "食べる" in each.text and "たべる" in each.text and "to eat" in each.text
        assert "N5" in each.text and 'action="/word/save"' in each.text
    assert (await tanaka.get("/word?q=qqqqqq")).status == 404


async def test_a_words_card_saves_it_with_its_sentence(
    studying: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Where its owner's group is; a second time nothing is saved twice."""
    card = await tanaka.get("/word?q=勉強")
    entry = card.text.partition('name="entry" value="')[2].partition('"')[0]
    done = await tanaka.send("/word/save", entry=entry, sentence="日本語を勉強します。")
    assert "Saved." in done.text
    assert "already" in (await tanaka.send("/word/save", entry=entry, sentence="")).text
    (word,) = await store.saved_words("discord", "u1")
    assert (word.text.word, word.text.reading, word.group) == ("勉強", "べんきょう", "1")
    assert word.text.sentence == "日本語を勉強します。" and word.text.entry == int(entry)
    assert (await tanaka.send("/word/save", entry="1", sentence="")).status == 400


async def test_each_word_of_a_reply_leads_to_its_card_and_has_its_reading(
    studying: Chat, tanaka: Browser
) -> None:
    """As ruby, which browsers and screen readers know."""
    events = await tanaka.say("昨日は本を読みました。")
    html = events[0]["html"]
    assert "<ruby>昨日<rp>(</rp><rt>きのう</rt><rp>)</rp></ruby>" in html
    read = "<ruby>読<rp>(</rp><rt>よ</rt><rp>)</rp></ruby>み"
    assert f'<a href="/word?q=読む" class="w">{read}</a>' in html
    assert 'lang="ja"' in html


@pytest.mark.parametrize(
    ("level", "with_reading", "without"),
    [("n5", "経済", "食"), ("n1", "", "経済"), ("off", "経済", "")],
)
async def test_words_up_to_ones_level_have_no_readings(
    studying: Chat, tanaka: Browser, level: str, with_reading: str, without: str
) -> None:
    """Chosen by a form, kept in the browser. Without any, the page's style hides them."""
    assert (await tanaka.send("/readings", readings=level)).status == 303
    await tanaka.say("食べながら経済を学ぶ。")
    text = (await tanaka.get("/chat")).text
    assert f'class="r-{level}"' in text
    assert not with_reading or f"<ruby>{with_reading}<rp>" in text
    assert not without or f"<ruby>{without}<rp>" not in text


async def test_a_groups_readings_hold_here_too(
    studying: Chat, tanaka: Browser, store: SqlStore
) -> None:
    """Those of the group from which one came."""
    await store.correct("discord", "1", "今日", "こんにち", "u2")
    assert "<rt>こんにち</rt>" in (await tanaka.say("今日は雨です。"))[0]["html"]
