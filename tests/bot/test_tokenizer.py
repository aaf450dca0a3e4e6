"""Vocabularies are exact about bytes, and a stream shows what the whole would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BotError
from bot.tokenizer import (
    HuggingFaceTokenizer,
    SentencePieceTokenizer,
    StreamingDetokenizer,
    Tokenizer,
    load_tokenizer,
)
from tests.fakes.vocabularies import pieces, write_byte_level, write_metaspace

PIECES = SentencePieceTokenizer(pieces())
TRICKY = [
    "",
    "ユーザー: Hello\nシステム: はい、そうです。\n",
    "a\n\n\nb\r\nc\rd",
    "\ttab\t\ttabs",
    "   runs   of    spaces   ",
    "\u3000全角\u3000空白\u3000",
    "😀👨\u200d👩\u200d👧🇯🇵☝🏽",
    "𠮷野家で𩸽と葛󠄀を食べる",
    "zero\u200bwidth\u200dand\ufeffmarks\u0301",
    "literal ▁ and ▁▁ marks▁",
    "</s>",
    "a</s><s><unk><pad>b",
    "<0xE3><0x81>",
    "<|im_end|><|endoftext|>",
    "\x00\x1b[0m\x7f",
    "\u2028\u2029\x85",
]
TEXT = st.text() | st.text(alphabet=" ▁\n\tab猫</s>ー", max_size=30)
MODEST = settings(max_examples=100, deadline=None)


class ByteTokenizer:
    """Tokens that are any bytes at all, to split text where no vocabulary would."""

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self._tokens = tokens

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of a token."""
        return self._tokens[token_id]


@pytest.fixture(scope="session")
def byte_level(tmp_path_factory: pytest.TempPathFactory) -> HuggingFaceTokenizer:
    """A byte-level BPE, read from its folder."""
    folder = tmp_path_factory.mktemp("byte-level")
    write_byte_level(folder)
    return HuggingFaceTokenizer(folder)


@pytest.fixture(scope="session")
def metaspace(tmp_path_factory: pytest.TempPathFactory) -> HuggingFaceTokenizer:
    """A vocabulary with `▁`, byte fallback and a dummy prefix, read from its folder."""
    folder = tmp_path_factory.mktemp("metaspace")
    write_metaspace(folder)
    return HuggingFaceTokenizer(folder)


def stream(tokenizer: Tokenizer, ids: Sequence[int], stop: Sequence[str] = ()) -> str:
    """What a reader sees of `ids`, in the end."""
    detokenizer = StreamingDetokenizer(tokenizer, stop)
    return "".join([detokenizer.push(token_id) for token_id in ids]) + detokenizer.finish()


def cut(text: str, stop: Sequence[str]) -> str:
    """`text` up to the stop string that is complete first, the longest of those: by definition."""
    for end in range(1, len(text) + 1):
        complete = [s for s in stop if s and text[:end].endswith(s)]
        if complete:
            return text[: end - max(map(len, complete))]
    return text


@pytest.mark.parametrize("text", TRICKY)
def test_sentencepiece_gives_back_every_text(text: str) -> None:
    """Newlines, tabs, runs of spaces, emoji, rare kanji and marks survive encoding."""
    assert PIECES.decode(PIECES.encode(text)) == text


@MODEST
@given(TEXT)
def test_sentencepiece_gives_back_any_text(text: str) -> None:
    """The same for whatever text there is."""
    assert PIECES.decode(PIECES.encode(text)) == text


def test_the_space_of_a_marker_is_a_token_of_its_own() -> None:
    """A prompt ends in a space, and no piece may swallow it."""
    space, newline = PIECES.encode(" ")[0], PIECES.encode("\n")[0]
    ids = PIECES.encode("\nシステム: You")
    assert ids[0] == newline
    assert ids == PIECES.encode("\nシステム: ") + PIECES.encode("You")
    assert PIECES.token_bytes(space) == b" "


def test_a_token_is_the_bytes_that_it_contributes() -> None:
    """A byte piece is its byte; special ids and an embedding's padding rows are nothing."""
    ids = PIECES.encode("𠮷")
    assert [PIECES.token_bytes(token_id) for token_id in ids] == [
        b"\xf0",
        b"\xa0",
        b"\xae",
        b"\xb7",
    ]
    assert [PIECES.token_bytes(token_id) for token_id in (0, 1, 2, 3)] == [b""] * 4
    assert PIECES.token_bytes(PIECES.vocab_size) == b"" == PIECES.token_bytes(-1)


def test_decoding_leaves_out_half_a_character() -> None:
    """No U+FFFD comes into being."""
    assert PIECES.decode(PIECES.encode("猫𠮷")[:-1]) == "猫"


def test_text_that_spells_the_end_token_is_text() -> None:
    """Not even where the end token is a user-defined symbol, which the library parses."""
    model = pieces(user_defined_symbols=["▁", "\n", "<|end|>"])
    user_defined = 6
    for tokenizer in (SentencePieceTokenizer(model), SentencePieceTokenizer(model, user_defined)):
        ids = tokenizer.encode("a</s>b<|end|>c")
        assert tokenizer.eos_id not in ids
        assert tokenizer.decode(ids) == "a</s>b<|end|>c"
        assert tokenizer.token_bytes(tokenizer.eos_id) == b""


def test_a_dummy_prefix_is_kept_and_the_removal_of_spaces_is_turned_off() -> None:
    """A model that has seen a space before every text gets one; text keeps its spaces."""
    tokenizer = SentencePieceTokenizer(
        pieces(add_dummy_prefix=True, remove_extra_whitespaces=True, user_defined_symbols=["\n"])
    )
    for text in ("Hello", "  Hello   a\n b  "):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert b"".join(map(tokenizer.token_bytes, ids)).decode() == f" {text}"


def test_a_vocabulary_keeps_its_own_normalisation() -> None:
    """A model that has only seen folded text gets folded text."""
    tokenizer = SentencePieceTokenizer(pieces(normalization_rule_name="nfkc"))
    assert tokenizer.decode(tokenizer.encode("ＶＲは  何?\n")) == "VRは  何?\n"


def test_without_byte_fallback_an_unknown_character_is_left_out() -> None:
    """The unknown token contributes nothing, and a literal ▁ is a space as it must be."""
    tokenizer = SentencePieceTokenizer(pieces(byte_fallback=False))
    assert tokenizer.decode(tokenizer.encode("a𠮷▁t")) == "a t"


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("generation_config.json", {"eos_token_id": [2, 3]}, 2),
        ("config.json", {"eos_token_id": 2}, 2),
        ("tokenizer_config.json", {"eos_token": "<s>"}, 2),
        ("tokenizer_config.json", {"eos_token": {"content": "<s>"}}, 2),
        ("tokenizer_config.json", {"eos_token": "<nowhere>"}, 3),
        ("config.json", {}, 3),
    ],
)
def test_the_end_token_is_the_one_that_the_checkpoint_names(
    tmp_path: Path, file: str, content: object, expected: int
) -> None:
    """Its settings come before the vocabulary's own."""
    (tmp_path / "spiece.model").write_bytes(pieces())
    (tmp_path / file).write_text(json.dumps(content))
    assert load_tokenizer(tmp_path).eos_id == expected


@pytest.mark.parametrize("name", ["spiece.model", "tokenizer.model"])
def test_a_sentencepiece_model_wins_over_hugging_face_files(tmp_path: Path, name: str) -> None:
    """transformers would drop newlines of rinna's checkpoints."""
    write_byte_level(tmp_path, template=None)
    (tmp_path / name).write_bytes(pieces())
    assert isinstance(load_tokenizer(tmp_path), SentencePieceTokenizer)


def test_a_checkpoint_with_a_chat_template_uses_its_own_tokenizer(tmp_path: Path) -> None:
    """The template's marks are special tokens, which a SentencePiece model alone cannot make."""
    write_byte_level(tmp_path)
    (tmp_path / "tokenizer.model").write_bytes(pieces())
    assert isinstance(load_tokenizer(tmp_path), HuggingFaceTokenizer)


def test_a_folder_without_a_tokenizer_says_what_was_looked_for(tmp_path: Path) -> None:
    """The operator reads what is missing, in both languages."""
    with pytest.raises(BotError, match=r"spiece\.model") as caught:
        load_tokenizer(tmp_path)
    assert "spiece.model" in caught.value.japanese


def test_broken_files_are_a_clear_error(tmp_path: Path) -> None:
    """A download that was cut short is said to be one."""
    (tmp_path / "spiece.model").write_bytes(pieces()[:100])
    with pytest.raises(BotError, match="SentencePiece model could not be read"):
        load_tokenizer(tmp_path)
    (tmp_path / "spiece.model").write_bytes(pieces())
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(BotError, match=r"config\.json could not be read"):
        load_tokenizer(tmp_path)
    (tmp_path / "spiece.model").unlink()
    (tmp_path / "config.json").unlink()
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(BotError, match="tokenizer could not be read"):
        load_tokenizer(tmp_path)


def test_a_vocabulary_that_loses_line_breaks_is_refused(tmp_path: Path) -> None:
    """Its model could not tell turns apart, and nobody would see why."""
    model = pieces(normalization_rule_name="nmt_nfkc", user_defined_symbols=["▁"])
    (tmp_path / "spiece.model").write_bytes(model)
    with pytest.raises(BotError, match="loses line breaks"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize("text", TRICKY)
@pytest.mark.parametrize("kind", ["byte_level", "metaspace"])
def test_hugging_face_gives_back_every_text(
    kind: str, text: str, request: pytest.FixtureRequest
) -> None:
    """No special token, no prefix, no loss, whichever kind of vocabulary it is."""
    tokenizer: HuggingFaceTokenizer = request.getfixturevalue(kind)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.eos_id not in ids


def test_a_hugging_face_token_is_the_bytes_that_it_contributes(
    byte_level: HuggingFaceTokenizer, metaspace: HuggingFaceTokenizer
) -> None:
    """GPT-2's alphabet, byte pieces and added tokens are read; special ones are nothing."""
    assert b"".join(map(byte_level.token_bytes, byte_level.encode(" 𠮷\n"))) == " 𠮷\n".encode()
    cat = [b" ", b"\xe7", b"\x8c", b"\xab"]  # with the space that Llama's kind puts before
    assert list(map(metaspace.token_bytes, metaspace.encode("猫"))) == cat
    assert list(map(metaspace.token_bytes, metaspace.encode("H"))) == [b" H"]
    thought = byte_level.encode_prompt([("<think>", True)])
    assert [byte_level.token_bytes(token_id) for token_id in thought] == [b"<think>"]
    for tokenizer in (byte_level, metaspace):
        assert tokenizer.token_bytes(tokenizer.eos_id) == b""
        assert tokenizer.token_bytes(tokenizer.vocab_size) == b""


def test_only_text_of_our_own_makes_special_tokens(byte_level: HuggingFaceTokenizer) -> None:
    """Templates have marks, and what users write has none."""
    assert byte_level.encode_prompt([("<|im_end|>", True)]) == [byte_level.eos_id]
    assert byte_level.eos_id not in byte_level.encode_prompt([("<|im_end|>", False)])
    assert byte_level.eos_id not in byte_level.encode("<|im_end|>")


def test_a_vocabulary_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Better than showing its spelling for text."""
    write_metaspace(tmp_path)
    spec = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    spec["decoder"] = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec), "utf-8")
    with pytest.raises(BotError, match="kind of vocabulary"):
        load_tokenizer(tmp_path)


def test_the_end_token_of_a_hugging_face_checkpoint_may_be_in_its_settings(
    tmp_path: Path,
) -> None:
    """Where the tokenizer names none; none at all is an error."""
    write_metaspace(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast"}'
    )
    with pytest.raises(BotError, match="end-of-sequence"):
        load_tokenizer(tmp_path)
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [2, 1]}')
    assert load_tokenizer(tmp_path).eos_id == 2


@MODEST
@given(TEXT)
def test_a_stream_of_a_vocabulary_is_its_text(text: str) -> None:
    """Pushed token by token, with any bytes between, every text comes out whole."""
    assert stream(PIECES, PIECES.encode(text)) == text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"abあ猫😀\n: ", "\nユーザー:", "ab", "ユー", "\ufffd"]), max_size=20
    ),
    st.lists(st.text(alphabet="ab\nあ:ユ", max_size=4) | st.just("\nユーザー:"), max_size=3),
    st.data(),
)
def test_the_stream_equals_the_text_computed_at_once(
    parts: list[str], stop: list[str], data: st.DataObject
) -> None:
    """However the bytes are split into tokens, broken ones among them, and whatever the stops."""
    raw = "".join(parts).encode()
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(raw)))
        raw = raw[:at] + data.draw(st.binary(max_size=3)) + raw[at:]
    at_splits = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    tokens = [raw[a:b] for a, b in zip([0, *at_splits], [*at_splits, len(raw)], strict=True)]
    expected = cut(raw.decode("utf-8", "ignore"), stop)

    detokenizer = StreamingDetokenizer(ByteTokenizer(tokens), stop)
    seen = ""
    for token_id in range(len(tokens)):
        seen += detokenizer.push(token_id)
        assert expected.startswith(seen), "nothing that was shown is taken back"
    assert seen + detokenizer.finish() == expected
    assert detokenizer.stopped == (expected != raw.decode("utf-8", "ignore"))


def test_a_character_is_shown_when_it_is_whole() -> None:
    """Half a character waits; it does not wait for the next one."""
    detokenizer = StreamingDetokenizer(PIECES)
    assert [detokenizer.push(token_id) for token_id in PIECES.encode("𠮷")] == ["", "", "", "𠮷"]


def test_kana_is_shown_at_once() -> None:
    """Without stop strings nothing is held back that is whole."""
    detokenizer = StreamingDetokenizer(PIECES)
    ids = PIECES.encode("はい、そうです。")
    assert "".join(detokenizer.push(token_id) for token_id in ids) == "はい、そうです。"
    assert detokenizer.finish() == ""


def test_what_could_become_a_stop_string_is_held_back() -> None:
    """And only that; it is shown once it cannot."""
    detokenizer = StreamingDetokenizer(ByteTokenizer([b"a\n", b"b", b"\n\n", b"c"]), ["\nc"])
    assert [detokenizer.push(n) for n in range(3)] == ["a", "\nb", "\n"]
    assert not detokenizer.stopped
    assert detokenizer.push(3) == ""
    assert detokenizer.stopped
    assert detokenizer.push(1) == detokenizer.finish() == ""


def test_an_unfinished_stop_string_is_text_in_the_end() -> None:
    """A reply that ends in what might have been a marker keeps it."""
    detokenizer = StreamingDetokenizer(ByteTokenizer([b"a\n"]), ["\nb"])
    assert detokenizer.push(0) == "a"
    assert detokenizer.finish() == "\n"
    assert detokenizer.finish() == ""


def test_a_reply_cut_inside_a_character_shows_no_replacement_character() -> None:
    """The end may come at any token; what is left of a character is left out."""
    assert stream(PIECES, PIECES.encode("猫𠮷")[:-1]) == "猫"
