"""What a message's files say, and how it stands in the message."""

from __future__ import annotations

import codecs
import io
import zipfile

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.reading import (
    MOST_FILES,
    Fetch,
    FileRef,
    Reading,
    Unreadable,
    attached,
    cannot_read,
    decoded,
    with_files,
)

# Short and long, with and without kana.
JAPANESE = [
    *("あ\n", "はい。\n", "こんにちは", "テスト", "日本語", "猫が好き。", "会議は3月9日です\n"),
    *(
        "買い物：牛乳、卵\n",
        "株式会社テスト\r\n東京都",
        "コーヒー ￥500\n",
        "ＡＢＣ　１２３",
        "憂鬱な薔薇\n",
    ),
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n" * 20,
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp"]
MARKED = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


@pytest.mark.parametrize("encoding", [*ENCODINGS, "iso2022_jp"])
@pytest.mark.parametrize("text", JAPANESE)
def test_a_text_is_read_in_any_common_encoding(text: str, encoding: str) -> None:
    """Also one of a few characters, and without a mark that tells which it is."""
    raw = text.encode(encoding)
    assert decoded(raw) == text
    assert decoded(MARKED.get(encoding, b"") + raw) == text


@pytest.mark.parametrize("text", ["ﾃｽﾄ", "ﾔﾏﾀﾞ ﾀﾛｳ,1000\r\n", "ﾊﾟｿｺﾝ", "ｶﾌﾞｼｷｶﾞｲｼﾔ", "ﾊﾝｶｸ"])
def test_half_width_kana_are_no_broken_kanji(text: str) -> None:
    """As banks and older programs write them."""
    assert decoded(text.encode("cp932")) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "café",
        "é",
        "Müller & Söhne",
        "Привет",
        "ελληνικά",
        "中文",
        "한국어",
        "🎉",
        "①②",
        "\x1b[31mred",
    ],
)
def test_other_languages_are_read_in_utf_8(text: str) -> None:
    """None is taken for Japanese in an older encoding."""
    assert decoded(text.encode()) == text


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))))
def test_letters_stay_letters(text: str) -> None:
    """Any ASCII text but one that is kana in UTF-16, letter for letter."""
    read = decoded(text.encode())
    assert (
        read == text
        or (read or "").encode("utf-16-le") == text.encode()
        or ((read or "").encode("utf-16-be") == text.encode())
    )


@given(st.binary(max_size=200), st.booleans())
def test_whatever_bytes_there_are_they_are_text_or_not(raw: bytes, cut: bool) -> None:
    """No bytes end in an exception, and no text has control characters that none types."""
    text = decoded(raw, cut=cut)
    assert text is None or not set(text) & set("\x00\x01\x07\x7f\x85")


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("memo.txt", "猫")
    return packed.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a\x01\0\x01\0\x80\0\0",
        b"\xff\xd8\xff\xe0\0\x10JFIF\0",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"%PDF-1.4\nall of it is ASCII\n",
        b"\x7fELF\x02\x01\x01\0",
        b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0",
        b"\xca\xfe\xba\xbe\0\0\x004",
        b"\0\0\0\x20ftypisom\0\0\x02\0",
        b"OggS\0\x02\0\0",
        b"ID3\x03\0\0\0\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"text, and then\0none",
        _zip(),
        bytes(range(256)),
    ],
)
def test_what_is_no_text_is_none_whatever_its_name(raw: bytes) -> None:
    """Pictures, archives, documents, programs, sounds: told by their bytes."""
    assert decoded(raw) is None


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_text_whose_end_was_not_fetched_is_read_as_far_as_it_goes(
    encoding: str, missing: int
) -> None:
    """Its last character may be half there."""
    text = "吾輩は猫である。名前はまだ無い。"
    read = decoded(text.encode(encoding)[:-missing], cut=True)
    assert read and text.startswith(read) and len(read) >= len(text) - 3


class Files:
    """Serves contents by name, and counts."""

    def __init__(self, **contents: bytes | Exception) -> None:
        self.contents = contents
        self.fetched: list[tuple[str, int]] = []

    def refs(self) -> tuple[FileRef, ...]:
        """All of them, with their true sizes."""
        return tuple(
            FileRef(f"{name}.txt", len(c) if isinstance(c, bytes) else 9, f"https://files/{name}")
            for name, c in self.contents.items()
        )

    async def fetch(self, file: FileRef, most: int) -> bytes:
        """As much of one as is asked for."""
        self.fetched.append((file.name, most))
        content = self.contents[file.name.removesuffix(".txt")]
        if isinstance(content, Exception):
            raise content
        return content[:most]


async def text_with(reading: Reading, fetch: Fetch, most: int) -> str:
    """The text of a message with those of its files."""
    return (await with_files(reading, fetch, most)).text


async def test_a_files_text_stands_under_its_name() -> None:
    """Each is fetched once; what was quoted is quoted with all its lines."""
    files = Files(a="一\r\n二\n".encode(), b="三".encode("cp932"), c="四".encode("utf-16"))
    text = "これは？\n（添付ファイル：a.txt）\n> （添付ファイル：b.txt）"
    said = await text_with(Reading(text, files.refs()), files.fetch, 100)
    assert said == (
        "これは？\n（添付ファイル：a.txt）\n一\n二\n> （添付ファイル：b.txt）\n> 三\n"
        "（添付ファイル：c.txt）\n四"  # one that the text does not name comes last
    )
    assert files.fetched == [("a.txt", 100), ("b.txt", 100), ("c.txt", 100)]


async def test_files_of_one_name_stand_in_their_order() -> None:
    """As phones name what they send."""
    refs = (FileRef("memo.txt", 1, "1"), FileRef("memo.txt", 1, "2"))

    async def fetch(file: FileRef, most: int) -> bytes:
        return file.url.encode()

    text = "\n".join([attached("memo.txt")] * 2)
    assert await text_with(Reading(text, refs), fetch, 9) == (
        "（添付ファイル：memo.txt）\n1\n（添付ファイル：memo.txt）\n2"
    )


async def test_what_does_not_fit_says_so_with_the_figures() -> None:
    """A long file is read from its beginning; of very many only the first."""
    files = Files(long="あ".encode() * 1_000)
    said = await text_with(Reading("", files.refs()), files.fetch, 100)
    assert said.startswith("（添付ファイル：long.txt）\n" + "あ" * 33 + "\n（")
    assert "100 / 3,000" in said and files.fetched == [("long.txt", 100)]
    files = Files(**{f"f{n}": b"x" for n in range(MOST_FILES + 2)})
    said = await text_with(Reading("", files.refs()), files.fetch, 100)
    assert len(files.fetched) == MOST_FILES and said.count(f"more than {MOST_FILES} files") == 2


@pytest.mark.parametrize("error", [OSError("gone"), TimeoutError(), aiohttp.ClientError("refused")])
async def test_a_file_that_cannot_be_fetched_says_so(error: Exception) -> None:
    """The message is answered all the same."""
    files = Files(a=error, b=b"two")
    said = await text_with(Reading("見て", files.refs()), files.fetch, 100)
    assert said.startswith("見て\n（添付ファイル：a.txt）\n（取得できない")
    assert said.endswith("（添付ファイル：b.txt）\ntwo")


async def test_a_file_that_is_no_text_says_so() -> None:
    """A picture by the name of a text, beside what can be read."""
    files = Files(a=b"\x89PNG\r\n\x1a\n\0")
    said = await text_with(Reading("見て", files.refs()), files.fetch, 100)
    assert said.startswith("見て\n（添付ファイル：a.txt）\n（テキストではない")


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0", b"", b"\n", OSError("gone")])
async def test_nothing_readable_at_all_is_no_text(content: bytes | Exception) -> None:
    """Only a name is left, which asks nothing."""
    files = Files(a=content)
    for text in (
        "",
        "（添付ファイル：a.txt）",
        "> （添付ファイル：a.txt）\n（添付ファイル：b.png）",
    ):
        assert await text_with(Reading(text, files.refs()), files.fetch, 100) == ""
    assert await text_with(Reading("猫"), files.fetch, 100) == "猫"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n\0", "a file that is no text"),
        (b"", "an empty file"),
        (OSError("gone"), "a file that cannot be fetched"),
    ],
)
async def test_a_file_that_turns_out_unreadable_is_told_by_name(
    content: bytes | Exception, name: str
) -> None:
    """Beside what was known to be; by its kind where that is known, or where none is fetched."""
    files = Files(a=content)
    reading = Reading(attached("a.txt"), files.refs(), (Unreadable("a sticker", "スタンプ"),))
    found = await with_files(reading, files.fetch, 100)
    assert [each.english for each in found.unreadable] == ["a sticker", name]
    (unfetched,) = (await with_files(Reading("", files.refs()), files.fetch, 0)).unreadable
    assert unfetched.english == "a file"
    picture = FileRef("a.txt", 0, "", "image/png", Unreadable("a picture", "画像"))
    assert (await with_files(Reading("", (picture,)), files.fetch, 9)).unreadable == (picture.kind,)


def test_a_files_name_is_one_line() -> None:
    """Whatever somebody called it."""
    assert attached("a\n  b.txt") == "（添付ファイル：a b.txt）" and "file" in attached(" ")
    assert len(attached("あ" * 5_000)) < 300


def test_what_cannot_be_read_is_said_by_name() -> None:
    """Each kind once, in both languages."""
    voice = Unreadable("a voice message", "ボイスメッセージ")
    picture = Unreadable("a picture", "画像")
    notice = cannot_read([voice])
    assert "cannot read a voice message." in notice.english
    assert "ボイスメッセージは読めません" in notice.japanese
    notice = cannot_read([voice, picture, voice])
    assert "cannot read a voice message or a picture." in notice.english
    assert "ボイスメッセージや画像は読めません" in notice.japanese
    assert "that file" in cannot_read([]).english and "ファイル" in cannot_read([]).japanese
