"""What a quiz says, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.learning.ports.quizzes import Given, Outcome, Quiz, Score, Standing
from bot.learning.quiz import scores
from bot.learning.quiz.answers import written
from bot.learning.quiz.game import answers_to, missed
from bot.learning.quiz.question import Kind, Question
from bot.learning.quiz.wanted import Wanted
from bot.notices import Notice, Offer, Span, bold, either, lines, spans

MOST_SAVED = 3  # words that are offered to be saved
STREAK = 3  # right answers in a row that are worth a word
MOST_NAMED = 15  # people in a result
LONGEST_LABEL = 70  # characters of a button

_ASKED = {
    Kind.READING: ("How is this read?", "読みは？"),
    Kind.MEANING: ("What does this mean?", "意味は？"),
    Kind.CLOZE: ("Which word is missing?", "＿＿＿に入る言葉は？"),
    Kind.KANJI: ("How is this written in kanji?", "漢字でどう書きますか？"),
}
_SOURCES = {
    "saved": ("words that were saved here", "ここで保存された言葉"),
    "talk": ("words of this conversation", "この会話の言葉"),
    "mistakes": ("mistakes", "まちがえた言葉"),
}
_SOMEBODY = either("somebody", "参加者")


def begins(wanted: Wanted, count: int) -> Notice:
    """A quiz begins."""
    english, japanese = _SOURCES.get(
        wanted.source,
        (
            f"{wanted.source.upper()} (by an unofficial list)",
            f"{wanted.source.upper()}（非公式のリスト）",
        ),
    )
    kinds = "" if len(wanted.kinds) > 1 else f", {wanted.kinds[0].value}"
    few = "" if count == wanted.count else " I found no more."
    return Notice(
        f"A quiz: {english}{kinds}. Questions: {count}, {wanted.seconds} seconds each."
        f"{few} /quiz stop ends it.",
        f"クイズを始めます：{japanese}"
        f"{'' if len(wanted.kinds) > 1 else f'・{wanted.kinds[0].japanese}'}、"
        f"{count}問、1問{wanted.seconds}秒。{'（これ以上は見つかりませんでした）' if few else ''}"
        "/quiz stop で終わります。",
    )


def asks(quiz: Quiz, position: int, questions: Sequence[Question], wanted: Wanted) -> Notice:
    """A question, with its choices as buttons."""
    question = questions[position]
    english, japanese = _ASKED[question.kind]
    alike = [place for place, each in enumerate(questions) if each.again == question.again]
    number, of = alike.index(position) + 1, len(alike)
    again = ("Once more: ", "もう一度：") if question.again else ("", "")
    how = ("Type it. ", "入力してください。") if question.typed else ("", "")
    shown = [spans(bold(question.asked))]
    shown += [spans(question.hint)] if question.hint else []
    shown += [spans(f"{place}. {choice}") for place, choice in enumerate(question.choices, 1)]
    return Notice(
        f"{again[0]}{number}/{of} {english} {how[0]}({wanted.seconds} s)",
        f"{again[1]}第{number}問（全{of}問）{japanese}{how[1]}（{wanted.seconds}秒）",
        lines(shown),
        offers=tuple(
            _choice(place, choice, f"={quiz.id}.{position}.{place}")
            for place, choice in enumerate(question.choices, 1)
        ),
    )


def _choice(place: int, choice: str, text: str) -> Offer:
    label = f"{place}. {choice}"
    label = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    return Offer(label, label, "quiz", text)


def tells(standing: Standing, position: int, question: Question, *, alone: bool) -> Notice:
    """The right answer, and who had it, in order."""
    right = [each for each in answers_to(standing, position) if each.right]
    reading = f"【{question.reading}】" if question.reading != question.word else ""
    shown = [spans(bold(question.word), f"{reading} {question.meaning}")]
    if question.choices and question.answer not in (
        question.word,
        question.reading,
        question.meaning,
    ):
        shown.append(spans("→ ", question.answer))
    if alone:
        head = ("Right!", "正解！") if right else ("The answer:", "答え：")
        note = written(question, right[0].answer) if right else ""
        shown += [spans(*_written(note))] if note else []
        return Notice(*head, lines(shown))
    shown += [_who(standing, each, question) for each in right[:MOST_NAMED]]
    if len(right) > MOST_NAMED:
        shown.append(spans(f"… +{len(right) - MOST_NAMED}"))
    if right:
        return Notice("The answer, and who was right:", "答えと正解者：", lines(shown))
    return Notice("The answer; nobody was right:", "答え（正解者なし）：", lines(shown))


def _who(standing: Standing, given: Given, question: Question) -> tuple[Span, ...]:
    row = scores.streak(standing, given.position, given.user_id)
    in_a_row = spans(" ", either(f"{row} in a row", f"{row}問連続")) if row >= STREAK else ()
    note = written(question, given.answer)
    return spans(
        "○ ",
        _name(given.name),
        f" +{given.points}" if given.points else "",
        *in_a_row,
        *_written(note),
    )


def _written(note: str) -> tuple[Span, ...]:
    if not note:
        return ()
    said = either(f"(counted; written: {note})", f"（正解扱い。つづりは {note}）")
    return spans(" ", said)


def _name(name: str) -> Span:
    return Span(name) if name else _SOMEBODY


def ends(standing: Standing, questions: Sequence[Question], *, stopped: bool = False) -> Notice:
    """How it went, and what one may want next."""
    words = [questions[place] for place in missed(standing, questions)]
    offers = [Offer("Again", "もう一度", "quiz", "again")]
    offers += [Offer("Scores", "成績", "quiz", "scores")]
    offers += [
        Offer(f"Save {each.word}", f"{each.word}を保存", "save", f"={each.entry}")
        for each in {word.entry: word for word in words}.values()
    ][:MOST_SAVED]
    shown = [_line(place, score) for place, score in enumerate(scores.table(standing), 1)]
    english, japanese = ("Stopped.", "クイズを終わります。") if stopped else ("The end.", "終了！")
    if not shown:
        return Notice(
            f"{english} Nobody answered.",
            f"{japanese}回答はありませんでした。",
            offers=tuple(offers[:1]),
        )
    if words:
        english += " What was wrong can be asked again tomorrow: /quiz mistakes."
        japanese += "まちがえた問題は、明日 /quiz mistakes でもう一度できます。"
    return Notice(english, japanese, lines(shown[: scores.MOST_SHOWN]), offers=tuple(offers))


def _line(place: int, score: Score) -> tuple[Span, ...]:
    return spans(
        f"{place}. ",
        _name(score.name),
        " ",
        either(
            f"{score.points} points ({score.right} right)",
            f"{score.points}点（{score.right}問正解）",
        ),
    )


def leaders(found: Sequence[Score]) -> Notice:
    """Who did best in a channel."""
    if not found:
        return Notice(
            "Nobody played here in the last seven days. /quiz begins one.",
            "この7日間、ここではまだだれもクイズをしていません。/quiz で始められます。",
        )
    return Notice(
        "Here, in the last seven days:",
        "この7日間のここでの成績：",
        lines(_line(place, score) for place, score in enumerate(found, 1)),
    )


def noted(question: Question, choice: int, outcome: Outcome, *, alone: bool) -> Notice | None:
    """What is said to who pressed a button; nothing where the result says it at once."""
    if outcome is Outcome.LATE:
        return TOO_LATE
    if outcome is Outcome.ALREADY:
        return Notice("Your first answer is the one that counts.", "数えるのは最初の答えだけです。")
    if alone:
        return Notice("Noted.", "受けつけました。")
    shown = question.choices[choice]
    return Notice(
        f"Noted: {shown}. Whether it is right is said when the question closes.",
        f"受けつけました：{shown}。正解は締め切りのあとで発表します。",
    )


TOO_LATE = Notice("Too late: this question is closed.", "この問題はもう締め切りました。")
OVER = Notice(
    "This quiz is over. /quiz begins another.", "このクイズは終わりました。/quiz で始められます。"
)
NOT_IT = Notice(
    "Not that. Try again, or type pass.",
    "ちがいます。もう一度どうぞ。「パス」と書くと答えが出ます。",
)
NO_QUIZ = Notice("There is no quiz here now.", "いまここではクイズをしていません。")
