"""What is wrong with a GGUF file is one line that says what to do, at a start and by the check."""

from __future__ import annotations

import struct
from pathlib import Path
from random import Random

import pytest

from bot.engine.checkpoint import find_folder
from bot.engine.errors import LoadError
from bot.engine.gguf_reader.folder import folder_of
from bot.errors import BotError
from bot.tokenizer import load_tokenizer
from tests.bot.engine.test_refused import refusal

SPOILT = {  # what of a good file becomes what, and what is said of it
    b"GGUF\x03": (b"GGML\x03", "is no GGUF file"),
    b"\x03\x00\x00\x00": (b"\x01\x00\x00\x00", "is no GGUF file"),
    b"\x05\x00\x00\x00\x00\x00\x00\x00llama": (
        b"\x05\x00\x00\x00\x00\x00\x00\x00lxama",
        "it is a model of the kind lxama, and known are gemma, gemma2",
    ),
    b"llama.rope.freq_base": (b"llama.rope.freq_bxse", "it tells rope.freq_bxse"),
    b"llama.block_count": (b"llama.block_cxunt", "it does not tell block_count"),
    b"blk.1.ffn_up.weight": (b"blk.1.ffn_up.weighs", "blk.1.ffn_up.weighs is a tensor"),
    b"blk.2.attn_v.weight": (b"blk.9.attn_v.weight", "blk.9.attn_v.weight is a tensor"),
    b"token_embd.weight": (b"token_emxd.weight", "token_embd.weight is missing"),
    b"tokenizer.ggml.tokens": (b"tokenizer.ggml.txkens", "it has no vocabulary"),
    b"tokenizer.ggml.scores": (b"tokenizer.ggml.sxores", "its vocabulary has no scores"),
}


@pytest.mark.parametrize("found", SPOILT)
def test_each_thing_that_is_not_known_is_named(found: bytes, llama: Path, tmp_path: Path) -> None:
    """A model that is read otherwise than it was made would answer, and not be itself."""
    good = llama.with_suffix(".gguf").read_bytes()
    other, said = SPOILT[found]
    assert found in good
    file = tmp_path / "model.gguf"
    file.write_bytes(good.replace(found, other, 1))
    told = refusal(file, quantization="none")
    assert str(file) in told and said in told
    assert "Name the folder" in told or "ownload it again" in told


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("block_count", 0, "block_count is 0"),
        ("block_count", 1, ".weight is a tensor that is not known in llama with 1 layers"),
        ("block_count", 5, "9 of its weights are missing"),
        ("context_length", 0, "context_length is 0"),
        ("attention.head_count", 0, "attention.head_count is 0"),
    ],
)
def test_a_number_that_the_file_does_not_keep_to_is_told(
    name: str, number: int, said: str, llama: Path, tmp_path: Path
) -> None:
    """Of its layers, which would be left out, and of sizes that no model has."""
    good = llama.with_suffix(".gguf").read_bytes()
    named = f"llama.{name}".encode()
    at = good.index(named) + len(named)
    assert struct.unpack_from("<I", good, at) == (4,)  # an unsigned number of 32 bits
    file = tmp_path / "model.gguf"
    file.write_bytes(good[: at + 4] + struct.pack("<I", number) + good[at + 8 :])
    assert said in refusal(file, quantization="none")


@pytest.mark.parametrize("part", [0.0001, 0.01, 0.05, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_told(part: float, llama: Path, tmp_path: Path) -> None:
    """Wherever: in the first bytes, the vocabulary, the list of tensors, the last of them."""
    good = llama.with_suffix(".gguf").read_bytes()
    file = tmp_path / "model.gguf"
    file.write_bytes(good[: int(len(good) * part)])
    assert "cut off or damaged. Download it again." in refusal(file)


def test_lengths_that_cannot_be_take_no_memory(llama: Path, tmp_path: Path) -> None:
    """A damaged header may ask for an exabyte."""
    good = llama.with_suffix(".gguf").read_bytes()
    at = good.index(b"tokenizer.ggml.tokens") + len(b"tokenizer.ggml.tokens") + 8
    file = tmp_path / "model.gguf"
    file.write_bytes(good[:at] + struct.pack("<Q", 1 << 60) + good[at + 8 :])
    assert "cut off or damaged" in refusal(file)


def test_lists_of_lists_are_a_damaged_file_however_deep(tmp_path: Path) -> None:
    """No format has them, and each would be read within the other."""
    file = tmp_path / "model.gguf"
    name = struct.pack("<Q", 9) + b"general.x"
    nested = struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 5_000
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + name + nested + bytes(100))
    assert "cut off or damaged" in refusal(file)


def test_a_damaged_header_is_one_line_wherever_it_is_damaged(llama: Path, tmp_path: Path) -> None:
    """Or it is a file that can be read: some bytes matter to nobody."""
    good = llama.with_suffix(".gguf").read_bytes()
    chance = Random(1)
    end = good.index(b"blk.3.ffn_up.weight")
    refused = 0
    for place in chance.sample(range(end), 100):
        file = tmp_path / f"{place}.gguf"
        file.write_bytes(good[:place] + chance.randbytes(1) + good[place + 1 :])
        try:
            load_tokenizer(folder_of(file))
        except BotError as error:
            refused += 1
            assert "\n" not in error.english
    assert refused > 10


def test_a_repository_of_files_is_not_downloaded_as_a_model() -> None:
    """Which of its files is to be taken, nobody has said."""
    with pytest.raises(LoadError, match=r"hf download someone/Model-GGUF FILE\.gguf"):
        find_folder("someone/Model-GGUF", None, print)


def test_a_kind_of_numbers_that_is_not_read_is_named(llama: Path, tmp_path: Path) -> None:
    """A tensor's kind stands behind its name, its number of dimensions and these."""
    good = llama.with_suffix(".gguf").read_bytes()
    name = b"blk.0.ffn_up.weight"
    at = good.index(name) + len(name) + 4 + 2 * 8
    file = tmp_path / "model.gguf"
    for kind, said in ((39, "MXFP4"), (99, "type 99")):
        file.write_bytes(good[:at] + struct.pack("<I", kind) + good[at + 4 :])
        assert f"some of its weights are stored as {said}" in refusal(file)


def test_a_part_of_a_model_and_a_choice_of_several_are_told(llama: Path, tmp_path: Path) -> None:
    """With what to do: join them, or name one."""
    good = llama.with_suffix(".gguf").read_bytes()
    file = tmp_path / "model-00001-of-00003.gguf"
    file.write_bytes(good)
    assert "llama-gguf-split --merge" in refusal(file)
    assert "llama-gguf-split --merge" in refusal(tmp_path)
    (tmp_path / "other.gguf").write_bytes(good)
    assert "holds several .gguf files" in refusal(tmp_path)
    assert "There is no file" in refusal(tmp_path / "third.gguf")
    (tmp_path / "circle.gguf").symlink_to(tmp_path / "circle.gguf")
    assert "There is no file" in refusal(tmp_path / "circle.gguf")
