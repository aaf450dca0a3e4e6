"""Words as tables of text, CSV and TSV: written for spreadsheets, read from wherever they come.

Text and words only: it knows no dictionary and no store. What is written is read back the same.
Read are also tables of spreadsheets and Anki ("Notes in Plain Text"), with names of columns in
English or Japanese or none, whatever the separator.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.errors import repeated
from bot.learning.ports.words import Word
from bot.study.kana import has_japanese, is_kana, seen

SEPARATORS = {"csv": ",", "tsv": "\t"}
COLUMNS = ("word", "reading", "meaning", "sentence")
LONGEST = {"word": 60, "reading": 60, "meaning": 500, "sentence": 500}  # characters
MOST_ROWS = 2_000
_NAMES = {
    "word": "word expression vocabulary vocab kanji front term japanese 単語 言葉 ことば 語 漢字 "
    "表記 見出し 見出し語 日本語 表面",
    "reading": "reading kana furigana hiragana pronunciation 読み 読みかた 読み方 よみ かな 仮名 "
    "ふりがな ひらがな 発音",
    "meaning": "meaning english definition translation gloss glosses back 意味 英語 訳 訳語 語義 "
    "英訳 裏面",
    "sentence": "sentence example context 例文 文 用例",
}
_COLUMN = {name: column for column, names in _NAMES.items() for name in names.split()}
_ANKI = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "pipe": "|", "colon": ":"}
_GUESSED, _GUESSED_BY = "\t,;|", 50  # lines
# What spreadsheets run as a formula, in Japanese ones also in full width; and what was put before.
_FORMULA = re.compile("'*[=+\\-@＝＋－＠]")
_HIDDEN_FORMULA = re.compile("\\A'(?='*[=+\\-@＝＋－＠])")
_LINE_BREAKS = re.compile("[\\x0b\\x0c\\x1c-\\x1e\\x85\\u2028\\u2029]")  # that few know for such
_NEVER = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")  # no database takes all of them
_DIRECTIVE = re.compile(r"#([a-z ]+):(.*)", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|</(?:div|p|li)>", re.IGNORECASE)
_MARKUP = re.compile(r"<rt>.*?</rt>|<[^<>]*>|\[sound:[^\]]*\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its number, from 1, and the word there. `reading` may be empty."""

    line: int
    word: Word


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that gives no word: what is wrong with it, and what to do."""

    line: int
    english: str
    japanese: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a text gave. `repeated`: how many of its words stood in it before."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    repeated: int = 0


def written(words: Iterable[Word], separator: str) -> str:
    """Words as a table, with names of columns above. What a spreadsheet would run as a formula
    has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for word in words:
        texts = (
            _LINE_BREAKS.sub(" ", text)
            for text in (word.word, word.reading, word.meaning, word.sentence)
        )
        writer.writerow(f"'{text}" if _FORMULA.match(text) else text for text in texts)
    return out.getvalue()


def read(text: str) -> Table:
    """The words of a table, each once. What is wrong with a line is told, and the others read."""
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    directives = _directives(lines)
    before = len(directives)
    separator = _separator(directives.get("separator", ""), lines[before:])
    names = directives.get("columns")
    columns = _columns(next(csv.reader([names], delimiter=separator))) if names else None
    rows: list[Row] = []
    problems: list[Problem] = []
    known: set[tuple[str, str]] = set()
    twice = 0
    for line, cells in _cells(lines[before:], separator, problems):
        line += before
        cells = [_plain(cell, as_html=directives.get("html") == "true") for cell in cells]
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells)
            if columns is not None:
                continue
            columns = _unnamed(cells, directives)
        found = _word(line, dict(zip(columns, cells, strict=False)))
        if isinstance(found, Problem):
            problems.append(found)
        elif (found.word, found.reading) in known:
            twice += 1
        elif len(rows) == MOST_ROWS:
            problems.append(_too_many(line))
            break
        else:
            known.add((found.word, found.reading))
            rows.append(Row(line, found))
    return Table(tuple(rows), tuple(sorted(problems, key=lambda each: each.line)), twice)


def _directives(lines: Sequence[str]) -> dict[str, str]:
    """What Anki says above a table: "#separator:tab". One a line, each once."""
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.rstrip("\r\n"))
        if match is None or match[1].lower() in found:
            break
        found[match[1].lower()] = match[2] if match[1].lower() == "columns" else match[2].strip()
    return {key: value.lower() if key == "html" else value for key, value in found.items()}


def _separator(named: str, lines: Sequence[str]) -> str:
    """What stands between cells: as it is named, as the names of columns have it, or what is in
    most lines."""
    if named:
        return _ANKI.get(named.lower(), named if len(named) == 1 and named != '"' else "\t")
    outside = [re.sub(r'"[^"]*"', '""', line) for line in lines if line.strip()][:_GUESSED_BY]
    first = next((line for line in lines if line.strip()), "")
    for each in _GUESSED:
        cells = [cell.strip().strip('"') for cell in first.split(each)]
        if len(cells) > 1 and _columns(cells) is not None:
            return each
    return max(_GUESSED, key=lambda each: sum(each in line for line in outside))


def _cells(
    lines: Sequence[str], separator: str, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, with the line in which it begins."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            problems.append(
                Problem(
                    line,
                    'a quotation mark (") does not fit here: put cells that have one between '
                    "quotation marks, and write it twice inside. What follows was not read",
                    '引用符（"）の使い方が正しくありません。引用符を含むセルは全体を"で囲み、中の'
                    "引用符は2つ重ねてください。ここから後は読んでいません",
                )
            )
            return


def _columns(cells: Sequence[str]) -> list[str] | None:
    """Which column each cell names; None where it is no header (単語, たんご, word)."""
    names = [_COLUMN.get(cell.strip().lower(), "") for cell in cells]
    known = [name for name in names if name]
    plain = len(known) == len(set(known)) and (len(known) > 1 or len(cells) == 1)
    return names if "word" in known and plain else None


def _unnamed(cells: Sequence[str], directives: dict[str, str]) -> list[str]:
    """The columns of a table without a header: word, reading, meaning, sentence, where the second
    is kana, else without reading. Columns that Anki names are other things: tags, decks."""
    other = {
        int(value) - 1
        for key, value in directives.items()
        if key.endswith(" column") and re.fullmatch("[0-9]{1,3}", value)
    }
    most = len(cells) + len(COLUMNS)  # rows below may be longer
    free = [at for at in range(most) if at not in other]
    second = "".join(cells[free[1] : free[1] + 1]) if len(free) > 1 else ""
    order = COLUMNS if not second or is_kana(second) else ("word", "meaning", "sentence")
    columns = [""] * most
    for at, column in zip(free, order, strict=False):
        columns[at] = column
    return columns


def _plain(cell: str, *, as_html: bool) -> str:
    """A cell's text, in a line, as it was before it was written."""
    if as_html:
        cell = html.unescape(_MARKUP.sub("", _BREAK.sub("\n", cell)))
    return _HIDDEN_FORMULA.sub("", _NEVER.sub("", " ".join(cell.split())))


def _word(line: int, cells: dict[str, str]) -> Word | Problem:
    texts = {column: cells.get(column, "") for column in COLUMNS}
    for column, text in texts.items():
        if len(text) > LONGEST[column]:
            return Problem(
                line,
                f"the {column} has {len(text):,} characters; shorten it to {LONGEST[column]}",
                f"{_JAPANESE[column]}が{len(text):,}文字あります。"
                f"{LONGEST[column]}文字までにしてください",
            )
    word, reading = seen(texts["word"]), seen(texts["reading"])
    if not has_japanese(word) and not reading:
        return Problem(
            line,
            f"I see no Japanese word in {repeated(word)!r}; columns are {', '.join(COLUMNS)}, "
            "unless the first line names them",
            f"「{repeated(word)}」に日本語の言葉がありません。列の順は単語、読み、意味、例文です"
            "（1行目に列の名前を書けば変えられます）",
        )
    if reading and not is_kana(reading.replace(" ", "")):
        return Problem(
            line,
            f"write the reading {repeated(reading)!r} in kana",
            f"読み「{repeated(reading)}」はかなで書いてください",
        )
    return Word(word, reading, texts["meaning"], sentence=texts["sentence"])


_JAPANESE = {"word": "言葉", "reading": "読み", "meaning": "意味", "sentence": "文"}


def _too_many(line: int) -> Problem:
    return Problem(
        line,
        f"I take {MOST_ROWS:,} words at a time: send the others in another table",
        f"一度に読み込めるのは{MOST_ROWS:,}語までです。残りは別の表にして送ってください",
    )
