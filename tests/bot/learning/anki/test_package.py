"""The package that Anki imports, read back by Anki itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.learning.anki import design
from bot.learning.anki.notes import FIELDS, Note
from bot.learning.anki.package import package
from bot.study.reading.okurigana import Ruby
from tests.anki import ALWAYS, NEVER, Anki, Imported

SAVED = datetime(2026, 11, 1, 12, tzinfo=UTC)
EAT = Note("食べる", "たべる", "to eat", SAVED, 1358280, level="N5", pitch="た↘べる")
READ = Note("読む", "よむ", "to read", SAVED, 1456360)
OWN = Note("推し活", "おしかつ", "cheering for one's favourite", SAVED)
NOTES = [EAT, READ, OWN]


def later(note: Note, meaning: str) -> Note:
    """A note with another meaning since long after: later than the clock of the tests."""
    return replace(note, meaning=meaning, changed_at=datetime(2100, 1, 1, tzinfo=UTC))


def test_the_same_words_give_the_same_bytes() -> None:
    """Whenever they are asked for."""
    assert package("My words", NOTES, "about") == package("My words", NOTES, "about")


def test_each_word_is_a_note_with_two_cards_in_two_decks(anki: Anki) -> None:
    """Who wants no recall does not study that deck. A word without a meaning has none."""
    assert anki.take(package("N5", [*NOTES, Note("謎", "なぞ", "", SAVED)])) == Imported(new=4)
    assert (anki.deck("食べる", 0), anki.deck("食べる", 1)) == ("Kaiwa::N5", "Kaiwa recall::N5")
    assert len(anki.note("謎").cards()) == 1
    assert anki.note("食べる").tags == ["JLPT::N5", "kaiwa"]
    assert [anki.card(word).due for word in ("食べる", "読む", "推し活")] == [0, 1, 2]


def test_imported_again_nothing_that_did_not_change_is_changed(anki: Anki) -> None:
    """Each note carries the moment of its own last change."""
    anki.take(package("My words", NOTES))
    assert anki.take(package("My words", NOTES)) == Imported(unchanged=3)
    changed = [later(EAT, "to eat, to live on"), READ, OWN]
    assert anki.take(package("My words", changed)) == Imported(updated=1, unchanged=2)
    assert anki.note("食べる")["Meaning"] == "to eat, to live on"


def test_what_the_learner_owns_stays_when_texts_change(anki: Anki) -> None:
    """Schedule, suspension, flag and deck; the card design; tags of notes that did not change."""
    anki.take(package("My words", NOTES))
    anki.study("食べる", 30)
    anki.collection.set_user_flag_for_cards(3, [anki.card("食べる").id])
    anki.collection.sched.suspend_cards([anki.card("食べる", 1).id])
    anki.move("食べる", "Hard ones")
    anki.tag("食べる", "leech-like")
    anki.tag("読む", "bookish")
    anki.restyle(".card { color: teal }")
    before = anki.schedule("食べる"), anki.schedule("食べる", 1)
    changed = [later(EAT, "to dine"), later(READ, "to peruse"), OWN]
    new = Note("聞く", "きく", "to hear", SAVED, 1591110)
    counts = anki.take(package("My words", [*changed, new]))
    assert counts == Imported(new=1, updated=2, unchanged=1)
    assert anki.note("食べる")["Meaning"] == "to dine"
    assert (anki.schedule("食べる"), anki.schedule("食べる", 1)) == before
    assert before[0][2] == 30 and before[0][-1] == 3 and before[1][1] == -1
    assert anki.deck("食べる") == "Hard ones"
    assert anki.style == ".card { color: teal }"
    assert anki.note("食べる").tags == ["JLPT::N5", "kaiwa"]  # an update takes the whole note


@pytest.mark.parametrize(
    ("notes", "counts", "meaning"),
    [(ALWAYS, Imported(updated=1, unchanged=2), "to eat"), (NEVER, Imported(unchanged=3), "mine")],
)
def test_a_note_that_the_learner_changed_is_theirs_unless_they_ask_otherwise(
    anki: Anki, notes: int, counts: Imported, meaning: str
) -> None:
    """Their edit is later than the word's last change; "Update notes: Always" gives it up."""
    anki.take(package("My words", NOTES))
    note = anki.note("食べる")
    note["Meaning"] = "mine"
    anki.collection.update_note(note)
    assert anki.take(package("My words", NOTES)) == Imported(unchanged=3)
    assert anki.note("食べる")["Meaning"] == "mine"
    assert anki.take(package("My words", NOTES), notes=notes) == counts  # type: ignore[arg-type]
    assert anki.note("食べる")["Meaning"] == meaning


def test_the_learners_design_goes_only_where_they_ask_for_it(anki: Anki) -> None:
    """ "Update note types: Always" brings the design of the package back."""
    anki.take(package("My words", NOTES))
    anki.restyle(".card { color: teal }")
    anki.take(package("My words", NOTES), reviews=True)
    assert anki.style == ".card { color: teal }"
    anki.take(package("My words", NOTES), design=ALWAYS)
    assert anki.style == design.STYLE


def test_anki_never_updates_a_note_of_the_same_second(anki: Anki) -> None:
    """Not even with "Always", whatever its texts: hence no two texts of a word share a stamp."""
    anki.take(package("My words", NOTES))
    same = package("My words", [replace(note, meaning="changed") for note in NOTES])
    assert anki.take(same, notes=ALWAYS) == Imported(unchanged=3)


def test_a_word_is_one_note_in_whichever_deck_it_comes(anki: Anki) -> None:
    """In the deck that brought it first, with the texts that changed last."""
    of_a_level = replace(EAT, changed_at=datetime(2021, 4, 17, tzinfo=UTC), meaning="to eat food")
    anki.take(package("N5", [of_a_level]))
    assert anki.take(package("My words", NOTES)) == Imported(new=2, updated=1)
    assert anki.take(package("N5", [of_a_level])) == Imported(unchanged=1)
    assert (anki.deck("食べる"), anki.note("食べる")["Meaning"]) == ("Kaiwa::N5", "to eat")


def test_two_writings_of_an_entry_are_two_notes(anki: Anki) -> None:
    """As two words alike of two entries are."""
    meet = Note("会う", "あう", "to meet", SAVED, 1198180)
    assert anki.take(package("My words", [meet, replace(meet, word="逢う")])) == Imported(new=2)
    assert anki.take(package("My words", [meet])) == Imported(unchanged=1)


def test_a_note_type_that_the_learner_changed_takes_no_updates_unless_merged(anki: Anki) -> None:
    """Whoever adds a field of their own chooses "Merge note types"."""
    anki.take(package("My words", NOTES))
    models = anki.collection.models
    model = models.by_name("Kaiwa")
    assert model is not None
    models.add_field(model, models.new_field("Mine"))
    models.update_dict(model)
    changed = package("My words", [later(EAT, "to dine"), READ, OWN])
    assert anki.take(changed) == Imported(conflicting=3)
    merged = anki.take(changed, merge=True)
    assert (merged.updated, anki.note("食べる")["Meaning"]) == (1, "to dine")
    assert anki.note("食べる").keys() == [*FIELDS, "Mine"]


def test_text_is_shown_as_it_stands_whatever_is_in_it(anki: Anki) -> None:
    """Nothing of it is HTML, sound, LaTeX or a reading."""
    odd = 'A & B < C <b>"x"</b> [1] [sound:a.mp3] 参照[2]\n{{Word}} \ud800\x1f'
    text = (Ruby("お"), Ruby("茶", "ちゃ"), Ruby(" 参照[1] "), Ruby("日本", "にほん"), Ruby(odd))
    anki.take(package("My words", [replace(EAT, meaning=odd, sentence=text, translation=odd)]))
    shown = anki.shown("食べる")
    as_html = (
        'A &amp; B &lt; C &lt;b&gt;"x"&lt;/b&gt; '
        "&#91;1] &#91;sound:a.mp3] 参照&#91;2]<br>{{Word}} ?"
    )
    assert f'<div class="meaning">{as_html}</div>' in shown
    assert (
        "お<ruby><rb>茶</rb><rt>ちゃ</rt></ruby> 参照&#91;1] "
        f"<ruby><rb>日本</rb><rt>にほん</rt></ruby>{as_html}" in shown
    )


def test_ankis_filters_read_the_furigana_right(anki: Anki) -> None:
    """All three of them, kana before, between and after kanji; brackets are no reading."""
    shopping = (Ruby("お"), Ruby("買", "か"), Ruby("い"), Ruby("物", "もの"))
    pieces = (*shopping, Ruby("は[1]"), Ruby("x y", "z"))
    anki.take(package("My words", [replace(EAT, sentence=pieces)]))
    field = anki.note("食べる")["SentenceFurigana"]
    assert field == "お 買[か]い 物[もの]は&#91;1] x&#32;y[z]"
    assert anki.rendered("{{kana:Furigana}}", field) == "おかいものは&#91;1]z"
    assert anki.rendered("{{kanji:Furigana}}", field) == "お買い物は&#91;1]x&#32;y"
    assert anki.rendered("{{furigana:Furigana}}", field) == (
        "お<ruby><rb>買</rb><rt>か</rt></ruby>い<ruby><rb>物</rb><rt>もの</rt></ruby>は&#91;1]"
        "<ruby><rb>x&#32;y</rb><rt>z</rt></ruby>"
    )


def test_thousands_of_words_are_one_package(anki: Anki) -> None:
    """As many as N1 has, well below what a message may carry."""
    words = [
        replace(EAT, word=f"言葉{n}", reading=f"ことば{n}", entry=n, sentence=(Ruby("文", "ぶん"),))
        for n in range(3_100)
    ]
    made = package("N1", words)
    assert len(made) < 2_000_000
    assert anki.take(made) == Imported(new=3_100)


def test_a_changed_design_has_a_later_date() -> None:
    """Whoever changes the cards moves design.CHANGED_AT, and writes both down here: Anki takes a
    design by its date alone. The fields and the cards' names are never changed."""
    shape = (FIELDS, [name for name, _, _ in design.TEMPLATES], design.NUMBER, design.NAME)
    looks = (design.TEMPLATES, design.STYLE)
    digests = [hashlib.sha256(repr(each).encode()).hexdigest()[:12] for each in (shape, looks)]
    assert (design.CHANGED_AT.date().isoformat(), *digests) == (
        "2026-11-28",
        "10f3f3ad30e1",
        "cacb164a183d",
    )
