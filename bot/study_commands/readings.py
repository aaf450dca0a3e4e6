"""How Japanese is read: /furigana, /reading, /pitch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError, repeated
from bot.notices import File, Notice, Offer, Span, Style, bold, lines, spans
from bot.ports import Caller
from bot.study.kana import has_kanji, hiragana, is_kana
from bot.study.reading import furigana, picture, pitch, readings
from bot.study.reading.words import Word
from bot.study.romaji import LongVowels
from bot.study_commands import given
from bot.study_commands.given import FORMS

LONGEST_WORD, LONGEST_READING = 20, 40  # characters
MOST_IN_BUTTON = 75  # characters of words
MOST_WORDS = 20  # whose readings are offered at once
_LABELS = {
    "inline": ("Readings", "ふりがな"),
    "hidden": ("Hidden", "かくす"),
    "kana": ("Kana", "かな"),
    "romaji": ("Romaji", "ローマ字"),
    "picture": ("Picture", "画像"),
}


async def furigana_of(chat: Chat, caller: Caller, argument: str) -> Answer:
    """A text with its readings, in one of the forms."""
    form, text = given.option(argument, FORMS, "inline")
    text = given.japanese(text, "/furigana 今日は晴れです。")
    corrections = await _corrections(chat, caller)
    words = await chat.study.ask(readings.read, text, corrections)
    offers = tuple(
        Offer(*_LABELS[other], f"furigana {other}", text) for other in FORMS if other != form
    )
    offers = (*offers, Offer("Words", "言葉", "save", text))
    doubtful = await chat.study.ask(_doubtful, words)
    if doubtful:
        offers = (*offers, Offer("Wrong reading", "読みが違う", "reading", doubtful))
    detail: tuple[Span, ...] = ()
    file = None
    if form == "inline":
        detail = spans(furigana.inline(words))
    elif form == "kana":
        detail = spans(furigana.kana(words))
    elif form == "romaji":
        detail = spans(furigana.romaji(words, LongVowels(chat.study.romaji)))
    elif form == "hidden":
        detail = _hidden(words)
    else:
        file = File("furigana.png", await chat.study.ask(picture.ruby_picture, words))
    yield Notice(*_LABELS[form], detail, file=file, offers=offers)


def _hidden(words: Sequence[Word]) -> tuple[Span, ...]:
    found: list[Span] = []
    for piece in furigana.hidden(words):
        found.append(Span(piece.text))
        if piece.reading:
            found += [Span("("), Span(piece.reading, Style.HIDDEN), Span(")")]
    return tuple(found)


def _doubtful(words: Sequence[Word]) -> str:
    """The words that may be read in another way, those with the most ways first; as many as fit
    into a button."""
    ways: dict[str, int] = {}
    for word in words:
        if has_kanji(word.text) and len(word.text) <= LONGEST_WORD and word.text not in ways:
            ways[word.text] = len(readings.candidates(word))
    chosen, length = [], 0
    for each in sorted(ways, key=lambda each: -ways[each])[:MOST_WORDS]:
        length += len(each) + 1
        if length > MOST_IN_BUTTON:
            break
        chosen.append(each)
    return " ".join(chosen)


async def reading(chat: Chat, caller: Caller, argument: str) -> Answer:
    """How the group reads a word: show it, correct it, take a correction back."""
    words = argument.split()
    if not words:
        yield await _list(chat, caller)
    elif len(words) == 2 and (is_kana(words[1]) or words[1].lower() == "default"):
        word = _checked(words[0])
        if words[1].lower() == "default":
            yield await _undo(chat, caller, word)
        else:
            if len(words[1]) > LONGEST_READING:
                raise BotError(
                    f"That is too long for a reading: {LONGEST_READING} characters are the most.",
                    f"読みが長すぎます（{LONGEST_READING}文字まで）。",
                )
            yield await _correct(chat, caller, word, hiragana(words[1]))
    elif len(words) == 1:
        yield await _ways(chat, caller, _checked(words[0]))
    else:
        different = dict.fromkeys(word for word in words if has_kanji(word))
        offers = [Offer(word, word, "reading", word) for word in different]
        if not offers or (len(words) == 2 and not has_kanji(words[1])):
            raise BotError(
                f"A reading is written in kana, not as {repeated(words[-1])!r}: "
                "/reading 今日 きょう",
                f"読みはかなで書いてください：/reading 今日 きょう（「{repeated(words[-1])}」は"
                "使えません）",
            )
        yield Notice(
            "Which word is read wrongly?",
            "どの言葉の読みが違いますか。",
            offers=tuple(offers[:MOST_WORDS]),
        )


def _checked(word: str) -> str:
    word = given.kanji(word, "/reading 今日 きょう")
    if len(word) > LONGEST_WORD or not word.isalnum():  # it is shown to everybody, as it is
        raise BotError(
            f"That is no word: {repeated(word)!r}. One has letters alone, at most {LONGEST_WORD}.",
            f"一語ではないようです：「{repeated(word)}」（文字だけで{LONGEST_WORD}文字まで）。",
        )
    return word


async def _ways(chat: Chat, caller: Caller, word: str) -> Notice:
    corrections = await _corrections(chat, caller)

    def ways() -> tuple[str, tuple[str, ...]]:
        read = readings.read(word, corrections)
        now = "".join(part.reading or part.text for part in read)
        found = chat.study.dictionary.look_up(word)
        known = [
            reading.kana for entry in found for reading in entry.readings if word in entry.spellings
        ]
        plain = readings.read(word)
        if len(plain) == 1:
            return now, readings.candidates(plain[0], known)
        return now, tuple(dict.fromkeys(map(hiragana, known)))

    now, others = await chat.study.ask(ways)
    offers = [Offer(other, other, f"reading {word} {other}") for other in others if other != now][
        :MOST_WORDS
    ]
    offers.append(Offer("Another", "ほかの読み", f"reading {word}", asks=True))
    if word in corrections:
        offers.append(Offer("Undo", "元に戻す", f"reading {word} default"))
    return Notice(
        f"I read {word} as {now}. Is another one right?",
        f"「{word}」は「{now}」と読んでいます。正しい読みはどれですか。",
        spans("・".join(other for other in others if other != now)),
        offers=tuple(offers),
    )


async def _correct(chat: Chat, caller: Caller, word: str, kana: str) -> Notice:
    await _changeable(chat, caller, word)
    await chat.store.correct(*_where(caller), word, kana, caller.user_id)
    return Notice(
        f"From now on I read {word} as {kana} in this group. Administrators can undo that.",
        f"これから、ここでは「{word}」を「{kana}」と読みます。管理者が元に戻せます。",
        offers=(Offer("Undo", "元に戻す", f"reading {word} default"),),
    )


async def _undo(chat: Chat, caller: Caller, word: str) -> Notice:
    if not await _changeable(chat, caller, word):
        return Notice(
            f"No reading of {word} was corrected here.",
            f"「{word}」の読みは、ここでは直されていません。",
        )
    await chat.store.undo_correction(*_where(caller), word)
    return Notice(
        f"I read {word} as the dictionary does again.",
        f"「{word}」は、また辞書のとおりに読みます。",
    )


async def _changeable(chat: Chat, caller: Caller, word: str) -> bool:
    """Whether a word's reading was corrected. Raises _NotYours where that is not the caller's to
    change; what is nobody's is anybody's."""
    before = (await chat.store.corrections(*_where(caller))).get(word)
    if before and before.user_id not in ("", caller.user_id) and not caller.administrator:
        raise _NotYours(word)
    return before is not None


def _where(caller: Caller) -> tuple[str, str]:
    """Whose readings hold for a caller: platform and group."""
    return caller.platform, given.group(caller.place)


class _NotYours(BotError):
    private = True

    def __init__(self, word: str) -> None:
        super().__init__(
            f"Somebody else corrected the reading of {word}; administrators can change that.",
            f"「{word}」の読みはほかの人が直しました。変えられるのは管理者です。",
        )


async def _list(chat: Chat, caller: Caller) -> Notice:
    kept = await chat.store.corrections(*_where(caller))
    if not kept:
        return Notice(
            "No reading was corrected here. /reading 今日 きょう does that.",
            "直された読みはまだありません。/reading 今日 きょう のように直せます。",
        )
    return Notice(
        "Readings that this group corrected; administrators can undo them: /reading WORD default",
        "ここで直された読み。管理者が /reading 言葉 default で元に戻せます。",
        lines(spans(bold(word), f"  {kept[word].reading}") for word in sorted(kept)),
    )


async def _corrections(chat: Chat, caller: Caller) -> Mapping[str, str]:
    kept = await chat.store.corrections(*_where(caller))
    return {word: correction.reading for word, correction in kept.items()}


async def pitch_of(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Where the voice falls in each word of a text."""
    text = given.japanese(argument, "/pitch 箸", given.LONGEST_SENTENCE)
    accents = await chat.study.ask(pitch.pitch, text)
    yield Notice(
        "Pitch: the voice falls after ↘; without one it stays up.",
        "アクセント：↘ のあとで下がります。↘ がなければ下がりません。",
        lines(
            spans(bold(accent.text), f"  {pitch.pattern(accent)}  [{accent.nucleus}]")
            for accent in accents
        ),
    )
