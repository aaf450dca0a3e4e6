"""Words that people save: /save, /words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.chat import Chat
from bot.command import Answer
from bot.errors import repeated
from bot.learning.ports.words import SavedWord, Word
from bot.learning.vocabulary import LONGEST_SENTENCE, notable, word_of
from bot.notices import Notice, Offer, Span, bold, lines, spans
from bot.ports import Caller
from bot.study.kana import has_japanese
from bot.study.lexicon.entries import Entry
from bot.study_commands import given
from bot.study_commands.words import LONGEST_NUMBER, is_all, line, not_found, numbered

PAGE = 10  # words
LONGEST_LABEL = 20  # characters of a word in a button
_DOES = re.compile(
    rf"=(?P<what>remove|page|group)\.(?P<number>\d{{1,{LONGEST_NUMBER}}})(?:\s+(?P<rest>.*))?",
    re.DOTALL,
)

REVIEW = Offer("Review", "復習", "review")
LIST = Offer("My words", "単語帳", "words")


def save_offer(entry: int, sentence: str = "", word: str = "") -> Offer:
    """The button that saves a word of the dictionary; with the word on it where there are more."""
    label = ("Save", "保存") if not word else (f"＋ {word[:LONGEST_LABEL]}",) * 2
    room = sentence if len(sentence) <= LONGEST_SENTENCE and "\n" not in sentence else ""
    return Offer(*label, f"save ={entry}", room)


async def save(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Save a word; of a text with several, ask which."""
    text = given.text(argument, "/save 食べる")
    if text.startswith("="):
        number, _, sentence = text[1:].partition(" ")
        entry = await chat.study.ask(numbered, chat, number)
        if entry is None:
            raise not_found(text)
        yield await _saved(chat, caller, word_of(entry, sentence.strip()[:LONGEST_SENTENCE]))
        return

    def found() -> tuple[tuple[Entry, ...], list[tuple[Entry, str]]]:
        dictionary = chat.study.dictionary
        entries = dictionary.look_up(text)
        if not has_japanese(text) or (entries and is_all(entries[0], text)):
            return entries, []
        return entries, notable(text, dictionary)

    entries, words = await chat.study.ask(found)
    if len(words) > 1:
        yield Notice(
            "Which words shall I save?",
            "どの言葉を保存しますか。",
            lines(line(entry) for entry, _ in words),
            offers=tuple(
                save_offer(entry.id, sentence, entry.headword) for entry, sentence in words
            ),
        )
        return
    if not entries:
        raise not_found(text)
    yield await _saved(chat, caller, word_of(words[0][0] if words else entries[0]))


async def _saved(chat: Chat, caller: Caller, word: Word) -> Notice:
    group = given.group(caller.place)
    saved, new = await chat.store.save_word(caller.platform, caller.user_id, group, word)
    offers = (REVIEW, LIST, Offer("Remove", "削除", f"words =remove.{saved.id}"))
    if not new:
        return Notice(
            f"{word.word} is among your words already; its reviews stay as they are.",
            f"「{word.word}」はもう保存してあります。復習の予定はそのままです。",
            lines(_shown(saved.text)),
            offers=offers,
        )
    count = await chat.store.count_words(caller.platform, caller.user_id)
    return Notice(
        f"Saved; you have {count:,} {'word' if count == 1 else 'words'} now.",
        f"保存しました（全部で{count:,}語）。",
        lines(_shown(saved.text)),
        offers=offers,
    )


async def words(chat: Chat, caller: Caller, argument: str) -> Answer:
    """One's own words by pages, or those with something in them; those of the group."""
    argument = argument.strip()
    does = _DOES.fullmatch(argument)
    what, number, rest = "page", 1, argument
    if does is not None:
        what, number, rest = does["what"], int(does["number"]), (does["rest"] or "").strip()
    elif argument.lower() in ("group", "グループ"):
        what, rest = "group", ""
    if what == "remove":
        yield await _removed(chat, caller, number)
    elif what == "group":
        yield await _group_page(chat, caller, max(number, 1))
    else:
        search = given.text(rest, "/words 食べ", given.LONGEST_SENTENCE) if rest else ""
        yield await _page(chat, caller, max(number, 1), search)


async def _removed(chat: Chat, caller: Caller, id: int) -> Notice:
    gone = await chat.store.remove_word(caller.platform, caller.user_id, id)
    if gone is None:
        return Notice(
            "That word is not among yours (any more).",
            "その言葉は単語帳にありません（もう削除されています）。",
            offers=(LIST,),
        )
    back = () if gone.text.entry is None else (save_offer(gone.text.entry, gone.text.sentence),)
    return Notice(
        f"Removed {gone.text.word}, with its reviews.",
        f"「{gone.text.word}」を復習の記録と一緒に削除しました。",
        offers=(*back, LIST),
    )


async def _page(chat: Chat, caller: Caller, page: int, search: str) -> Notice:
    who = (caller.platform, caller.user_id)
    count = await chat.store.count_words(*who, search=search)
    pages = max(1, -(-count // PAGE))
    page = min(page, pages)
    found = await chat.store.saved_words(*who, search=search, limit=PAGE, offset=(page - 1) * PAGE)
    if not found:
        return _nothing(search)
    sought = f"「{repeated(search)}」" if search else ""
    english = f"Your words{f' with {repeated(search)!r}' if search else ''}: {count:,}"
    japanese = f"単語帳{sought}：{count:,}語"
    offers = [
        *_pages("page", page, pages, search),
        *([] if search else [REVIEW, Offer("The group's", "グループの言葉", "words group")]),
        *(_remove(word) for word in found),
    ]
    return Notice(
        english + _of_pages(page, pages, "English"),
        japanese + _of_pages(page, pages, "Japanese"),
        lines(shown for word in found for shown in _shown(word.text)),
        offers=tuple(offers),
    )


def _nothing(search: str) -> Notice:
    if search:
        return Notice(
            f"None of your words has {repeated(search)!r} in it.",
            f"単語帳に「{repeated(search)}」を含む言葉はありません。",
            offers=(LIST,),
        )
    return Notice(
        "You have saved no words yet. /save 食べる saves one, and so do the Save buttons below "
        "dictionary entries and readings.",
        "まだ言葉を保存していません。/save 食べる のように、または辞書や読みかたの下の「保存」"
        "ボタンで保存できます。",
    )


async def _group_page(chat: Chat, caller: Caller, page: int) -> Notice:
    where = (caller.platform, given.group(caller.place))
    count = await chat.store.count_group_words(*where)
    pages = max(1, -(-count // PAGE))
    page = min(page, pages)
    found = await chat.store.group_words(*where, limit=PAGE, offset=(page - 1) * PAGE)
    if not found:
        return Notice(
            "Nobody has saved words here yet. /save 食べる saves one.",
            "ここではまだだれも言葉を保存していません。/save 食べる のように保存できます。",
        )
    offers = [
        *_pages("group", page, pages),
        LIST,
        *(save_offer(word.entry, word=word.word) for word in found if word.entry is not None),
    ]
    return Notice(
        f"Words that this group saved, the most saved first: {count:,}"
        + _of_pages(page, pages, "English"),
        f"このグループで保存された言葉（多い順）：{count:,}語" + _of_pages(page, pages, "Japanese"),
        lines(shown for word in found for shown in _shown(word)),
        offers=tuple(dict.fromkeys(offers)),
    )


def _pages(what: str, page: int, pages: int, search: str = "") -> Sequence[Offer]:
    back = Offer("◀ Newer", "◀ 前へ", f"words ={what}.{page - 1}", search)
    on = Offer("Older ▶", "次へ ▶", f"words ={what}.{page + 1}", search)
    if what == "group":
        back, on = (
            Offer("◀ Back", "◀ 前へ", back.command),
            Offer("More ▶", "次へ ▶", on.command),
        )
    return [*([back] if page > 1 else []), *([on] if page < pages else [])]


def _of_pages(page: int, pages: int, language: str) -> str:
    if pages == 1:
        return "." if language == "English" else "。"
    if language == "English":
        return f", page {page} of {pages}."
    return f"（{pages}ページ中{page}ページ目）"


def _remove(word: SavedWord) -> Offer:
    named = word.text.word[:LONGEST_LABEL]
    return Offer(f"Remove {named}", f"{named}を削除", f"words =remove.{word.id}")


def _shown(word: Word) -> list[tuple[Span, ...]]:
    reading = f"【{word.reading}】" if word.reading != word.word else ""
    shown = [spans(bold(word.word), f"{reading}  {word.meaning}")]
    return [*shown, spans(f"　{word.sentence}")] if word.sentence else shown
