"""What words mean: /jisho, /kanji, /analyze."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError, repeated
from bot.learning import vocabulary
from bot.learning.profile import level_of as own_level
from bot.learning.quiz.place import is_private_of_group
from bot.notices import File, Notice, Offer, Span, bold, either, lines, spans
from bot.ports import Caller
from bot.study import levels
from bot.study.kana import KANJI, has_japanese, seen
from bot.study.levels import Level
from bot.study.lexicon import kanji as kanji_of
from bot.study.lexicon import strokes
from bot.study.lexicon.entries import Entry, Example
from bot.study_commands import given
from bot.study_commands.level import level_of

MOST_SENSES, MOST_OTHERS, MOST_EXAMPLES = 6, 8, 3
MOST_KANJI = 4
MOST_LISTED = 40  # words of a text
LONGEST_NUMBER = 9  # digits of an entry's

_UNLISTED = either("unlisted", "リスト外")
UNOFFICIAL = (
    "Levels are from unofficial lists: the JLPT publishes none.",
    "レベルは非公式のリストによります（JLPTは語彙表を公開していません）。",
)


async def jisho(chat: Chat, caller: Caller, argument: str) -> Answer:
    """The dictionary's entry for what was pasted, and ways to the others."""
    text = given.text(argument, "/jisho 食べる")
    if text.startswith("="):
        number, _, sentence = text[1:].partition(" ")
        entry = await chat.study.ask(numbered, chat, number)
        if entry is None:
            raise not_found(text)
        yield await _shown(chat, entry, (), sentence=sentence.strip())
        return
    found = await chat.study.ask(lambda: chat.study.dictionary.look_up(text))
    words = await chat.study.ask(_words_of, chat, text) if has_japanese(text) else ()
    if len(words) > 1 and not (found and is_all(found[0], text)):
        yield await chat.study.ask(_list_of, words, text)
        return
    if not found:
        raise not_found(text)
    await _note(chat, caller, found[0])
    yield await _shown(chat, found[0], found[1 : 1 + MOST_OTHERS], text)


async def _note(chat: Chat, caller: Caller, entry: Entry) -> None:
    """Note for the group's week that a word was looked up there; of whom nothing is noted, and
    nothing at all of who wants nothing kept, or looks it up where the group does not see it."""
    if is_private_of_group(caller.conversation):
        return
    with suppress(BotError):  # the answer matters more
        if await chat.store.opted_out(caller.platform, caller.user_id):
            return
        group = given.group(caller.place)
        day = datetime.now(UTC).date()
        await chat.store.note_looked_up(caller.platform, group, entry.headword, day)


def numbered(chat: Chat, number: str) -> Entry | None:
    """The entry of that number, as a button names it."""
    known = number.isdecimal() and len(number) <= LONGEST_NUMBER
    return chat.study.dictionary.entry(int(number)) if known else None


def is_all(entry: Entry, text: str) -> bool:
    """Whether an entry is for the whole of a text."""
    return seen(text) in entry.spellings


def _words_of(chat: Chat, text: str) -> tuple[levels.Word, ...]:
    return levels.profile(text, chat.study.dictionary).words


def _list_of(words: tuple[levels.Word, ...], text: str) -> Notice:
    sentences = [
        (word.entry, vocabulary.sentence_at(text, word.start, word.end))
        for word in words
        if word.entry is not None
    ]
    return Notice(
        f"No entry is all of {repeated(text)!r}. Its words:",
        f"「{repeated(text)}」全体の項目はありません。含まれる言葉：",
        lines(line(entry) for entry, _ in sentences[:MOST_LISTED]),
        offers=tuple(
            Offer(entry.headword, entry.headword, f"jisho ={entry.id}", sentence)
            for entry, sentence in sentences[:20]
        ),
    )


def line(entry: Entry, *, in_kanji: bool = False) -> tuple[Span, ...]:
    """An entry in a line; `in_kanji`: also where it is usually written in kana."""
    word = entry.writings[0].text if in_kanji and entry.writings else entry.headword
    reading = f"【{entry.reading}】" if entry.reading != word else ""
    level = f" {entry.level.name}" if entry.level else ""
    return spans(bold(word), f"{reading}{level}  {'; '.join(entry.senses[0].glosses[:2])}")


async def _shown(
    chat: Chat, entry: Entry, others: tuple[Entry, ...], text: str = "", *, sentence: str = ""
) -> Notice:
    def gathered() -> tuple[tuple[Example, ...], list[kanji_of.Kanji]]:
        dictionary = chat.study.dictionary
        characters = dict.fromkeys(KANJI.findall(entry.headword))
        known = [kanji_of.kanji(character, dictionary) for character in characters]
        return dictionary.examples(entry, MOST_EXAMPLES), [each for each in known if each]

    examples, characters = await chat.study.ask(gathered)
    shown = [_head(entry)]
    before: tuple[str, ...] = ()
    for number, sense in enumerate(entry.senses[:MOST_SENSES], 1):
        parts = tuple(f"{tag.japanese} / {tag.english}" for tag in sense.parts)
        if parts and parts != before:
            shown.append(spans("〔" + "、".join(parts) + "〕"))
            before = parts
        tags = "".join(f"（{tag.english}）" for tag in sense.tags)
        shown.append(spans(f"{number}. {tags}{'; '.join(sense.glosses)}"))
    if len(entry.senses) > MOST_SENSES:
        shown.append(spans(f"… +{len(entry.senses) - MOST_SENSES}"))
    shown += [_kanji_line(each) for each in characters]
    for example in examples:
        shown += [spans(f"・{example.japanese}"), spans(f"　{example.english}")]
    room = sentence if len(sentence) <= vocabulary.LONGEST_SENTENCE else ""
    offers = [Offer("Save", "保存", f"save ={entry.id}", room)]
    offers += [Offer(_named(other), _named(other), f"jisho ={other.id}") for other in others]
    if any(tag.code.startswith(("v", "adj")) for sense in entry.senses for tag in sense.parts):
        inflected = has_japanese(text) and not is_all(entry, text)
        offers.append(Offer("Forms", "活用", "conjugate", text if inflected else entry.headword))
    offers += [
        Offer(f"Kanji {each.character}", f"漢字 {each.character}", f"kanji {each.character}")
        for each in characters[:MOST_KANJI]
    ]
    return Notice("Dictionary", "辞書", lines(shown), offers=tuple(offers))


def _named(entry: Entry) -> str:
    return (
        entry.headword if entry.headword == entry.reading else f"{entry.headword} {entry.reading}"
    )


def _head(entry: Entry) -> tuple[Span, ...]:
    readings = "・".join(reading.kana for reading in entry.readings[:3])
    read = f"【{readings}】" if readings != entry.headword else ""
    more = entry.also[:3]
    marks = [Span(entry.level.name) if entry.level else _UNLISTED]
    marks += [Span(" · "), either("common", "よく使う")] if entry.common else []
    also = f"（{'、'.join(more)}）" if more else ""
    return spans(bold(entry.headword), f"{read}{also}  ", *marks)


def _kanji_line(kanji: kanji_of.Kanji) -> tuple[Span, ...]:
    grade = _grade(kanji.grade)
    facts = "・".join(filter(None, (f"{kanji.strokes}画", grade)))
    return spans(bold(kanji.character), f"  {', '.join(kanji.meanings[:3])}  {facts}")


def _grade(grade: int | None) -> str:
    if grade is None:
        return ""
    if grade <= 6:
        return f"小{grade}"
    return "常用" if grade == 8 else "人名用"


def not_found(text: str) -> BotError:
    """There is no entry for a text."""
    return BotError(
        f"I find no entry for {repeated(text)!r}. New words and names may be missing.",
        f"「{repeated(text)}」は辞書に見つかりません。新しい言葉や名前はないことがあります。",
    )


async def kanji(chat: Chat, caller: Caller, argument: str) -> Answer:
    """What is known of each kanji of a text, and how the first is written."""
    text = given.kanji(argument, "/kanji 語")
    characters = list(dict.fromkeys(KANJI.findall(text)))[:MOST_KANJI]
    level = await level_of(chat, caller)

    def gathered() -> tuple[list[tuple[Span, ...]], File | None]:
        dictionary = chat.study.dictionary
        shown: list[tuple[Span, ...]] = []
        file = None
        for character in characters:
            known = kanji_of.kanji(character, dictionary)
            if known is None:
                continue
            shown += _kanji_lines(known)
            words = kanji_of.words_with(character, dictionary, level, 6)
            shown += [spans("　", *line(word, in_kanji=True)) for word in words]
            paths = kanji_of.strokes(character, dictionary)
            if paths and file is None:
                picture = strokes.stroke_order_picture(paths)
                file = File(f"kanji-{ord(character):05x}.png", picture)
        return shown, file

    shown, file = await chat.study.ask(gathered)
    if not shown:
        raise not_found(text)
    yield Notice("Kanji", "漢字", lines(shown), file=file)


def _kanji_lines(kanji: kanji_of.Kanji) -> list[tuple[Span, ...]]:
    more = "・".join(filter(None, (_grade(kanji.grade), kanji.level.name if kanji.level else "")))
    strokes_of = either(f"{kanji.strokes} strokes", f"{kanji.strokes}画")
    radical = either(f"radical {kanji.radical}", f"部首 {kanji.radical}")
    return [
        spans(bold(kanji.character), f"  {', '.join(kanji.meanings)}"),
        spans(strokes_of, "・", radical, f"・{more}" if more else ""),
        spans(f"音 {'、'.join(kanji.on) or '—'}　訓 {'、'.join(kanji.kun) or '—'}"),
    ]


async def analyze(chat: Chat, caller: Caller, argument: str) -> Answer:
    """The levels of a text's words, and the words themselves."""
    text = given.japanese(argument, "/analyze 日本語を勉強しています。")
    profile = await chat.study.ask(lambda: levels.profile(text, chat.study.dictionary))
    if not profile.words:
        raise BotError(
            "I find no words in that that a dictionary explains.",
            "辞書で説明できる言葉が見つかりません。",
        )
    shares = profile.shares()
    shown = [
        spans(_name(level), f" {_bar(share)} {share:.0%}")
        for level in (*Level, None)
        if (share := shares.get(level, 0))
    ]
    known = " · ".join(f"{level.name} {profile.share_known(level):.0%}" for level in Level)
    shown.append((either("known at", "わかる割合"), Span(f": {known}")))
    own = await own_level(chat.store, caller)
    if own is not None:
        level = Level[own.upper()]
        mark = either("▲ above your level", "▲ 自分より上")
        shown.append(spans(f"→ {level.name} {profile.share_known(level):.0%}  ", mark))
    shown += [_vocabulary(word, own) for word in profile.words[:MOST_LISTED]]
    if len(profile.words) > MOST_LISTED:
        shown.append(spans(f"… +{len(profile.words) - MOST_LISTED}"))
    yield Notice(
        f"{profile.total} words. {UNOFFICIAL[0]} Unlisted does not mean hard.",
        f"{profile.total}語。{UNOFFICIAL[1]}「リスト外」は難しいという意味ではありません。",
        lines(shown),
    )


def _name(level: Level | None) -> Span:
    return Span(level.name) if level else _UNLISTED


def _bar(share: float) -> str:
    return "█" * max(1, round(share * 10))


def _vocabulary(word: levels.Word, own: str | None) -> tuple[Span, ...]:
    if word.entry is None:
        return spans(bold(word.surface), "  —")
    above = own is not None and word.level is not None and word.level > Level[own.upper()]
    return spans("▲ " if above else "", *line(word.entry))
