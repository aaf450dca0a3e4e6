"""The random model's shape as a GGUF file, for llama.cpp as a peer.

`python -m bot.bench.gguf FILE`, or `kaiwa bench --write-gguf FILE`. The types are those that
llama.cpp's own quantisation to Q4_0 chooses: matrices and the embedding in Q4_0, the output layer
in Q6_K, vectors in float32. Blocks are drawn at random as they are stored. It needs the package
`gguf`, which only developers have.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.bench.random_model import PART
from bot.bench.shape import EOS, OUTPUT_STD, RINNA, STD, UNK, Shape, pieces
from bot.errors import BotError
from bot.private import not_written

NAMES = {  # transformers' names of a layer's matrices, and GGUF's
    "attention.query_key_value": "attn_qkv",
    "attention.dense": "attn_output",
    "mlp.dense_h_to_4h": "ffn_up",
    "mlp.dense_4h_to_h": "ffn_down",
}
Array = NDArray[Any]
Drawn = tuple[str, tuple[int, ...], str]  # name, shape, type


def write_gguf(shape: Shape, file: Path, progress: Callable[[str], None]) -> Path:
    """Write a model of this shape to `file`, where there is none yet. Raises BotError."""
    if file.is_file():
        return file
    gguf = development_package("gguf")
    part = file.with_name(file.name + PART)
    progress(f"Making a Q4_0 model of {shape.parameters / 1e9:.3f} B random weights in {file} …")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(gguf, shape, part)
        part.rename(file)
    except OSError as error:
        raise not_written(file, error) from error
    finally:
        part.unlink(missing_ok=True)
    return file


def development_package(name: str) -> Any:
    """A package that only developers install. Raises BotError where it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise BotError(
            f"This needs the package {name}: pip install {name}",
            f"パッケージ {name} が必要です: pip install {name}",
        ) from error


def _write(gguf: Any, shape: Shape, file: Path) -> None:
    writer = gguf.GGUFWriter(file, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.GPTNEOX])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.mlp)
    writer.add_head_count(shape.heads)
    writer.add_rope_dimension_count(shape.hidden // shape.heads)
    writer.add_rope_freq_base(10_000.0)
    writer.add_parallel_residual(False)
    writer.add_layer_norm_eps(1e-5)
    _add_vocabulary(writer, shape)
    kinds = gguf.GGMLQuantizationType
    for name, size, kind in _tensors(shape):
        if kind == "F32":
            stored, number = size, "float32"
        else:
            stored, number = gguf.quant_shape_to_byte_shape(size, kinds[kind]), "uint8"
        dtype: np.dtype[Any] = np.dtype(number)
        total = math.prod(stored) * dtype.itemsize
        writer.add_tensor_info(name, stored, dtype, total, raw_dtype=kinds[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    random = np.random.default_rng(0)
    for name, size, kind in _tensors(shape):
        writer.write_tensor_data(_draw(random, name, size, kind))
    writer.close()


def _add_vocabulary(writer: Any, shape: Shape) -> None:
    """The random model's pieces; llama.cpp calls a unigram vocabulary "t5".

    Bytes are words here: the server tells nothing of a token that is half a character.
    """
    byte, word = 6, 1
    listed = [(piece, word if kind == byte else kind) for piece, kind in pieces(shape.vocabulary)]
    writer.add_tokenizer_model("t5")
    writer.add_token_list([piece for piece, _ in listed])
    writer.add_token_scores([-1.0] * len(listed))
    writer.add_token_types([kind for _, kind in listed])  # SentencePiece's numbers are GGUF's
    writer.add_eos_token_id(EOS)
    writer.add_unk_token_id(UNK)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_remove_extra_whitespaces(False)


def _tensors(shape: Shape) -> Iterator[Drawn]:
    """Every tensor, in the order of the file."""

    def norm(name: str) -> Iterator[Drawn]:
        yield f"{name}.weight", (shape.hidden,), "F32"
        yield f"{name}.bias", (shape.hidden,), "F32"

    yield "token_embd.weight", (shape.vocabulary, shape.hidden), "Q4_0"
    for layer in range(shape.layers):
        yield from norm(f"blk.{layer}.attn_norm")
        yield from norm(f"blk.{layer}.ffn_norm")
        for theirs, size in shape.linears().items():
            yield f"blk.{layer}.{NAMES[theirs]}.weight", size, "Q4_0"
            yield f"blk.{layer}.{NAMES[theirs]}.bias", size[:1], "F32"
    yield from norm("output_norm")
    yield "output.weight", (shape.vocabulary, shape.hidden), "Q6_K"


def _draw(random: np.random.Generator, name: str, size: tuple[int, ...], kind: str) -> Array:
    if kind == "Q4_0":
        return _q4_0(random, size)
    if kind == "Q6_K":
        return _q6_k(random, size)
    if name.endswith("norm.weight"):
        return np.ones(size, dtype=np.float32)
    return random.normal(0, STD, size).astype(np.float32)


def _q4_0(random: np.random.Generator, size: tuple[int, ...]) -> Array:
    """Blocks of 32 weights: a scale in float16 and 32 codes, which stand for -8 to 7."""
    blocks = random.integers(0, 256, (size[0], size[1] // 32, 18), dtype=np.uint8)
    scale = STD / 4.63 * random.uniform(0.8, 1.2, (*blocks.shape[:2], 1))
    blocks[:, :, :2] = scale.astype(np.float16).view(np.uint8)
    return blocks.reshape(size[0], -1)


def _q6_k(random: np.random.Generator, size: tuple[int, ...]) -> Array:
    """Blocks of 256 weights: 192 bytes of codes (-32 to 31), 16 small scales, one large."""
    blocks = random.integers(0, 256, (size[0], size[1] // 256, 210), dtype=np.uint8)
    blocks[:, :, 192:208] = random.integers(48, 73, (*blocks.shape[:2], 16), dtype=np.uint8)
    scale = np.full((*blocks.shape[:2], 1), OUTPUT_STD / (18.5 * 60), dtype=np.float16)
    blocks[:, :, 208:] = scale.view(np.uint8)
    return blocks.reshape(size[0], -1)


def main(arguments: list[str]) -> int:
    """Write the file that is named."""
    if len(arguments) != 1:
        print("usage: python -m bot.bench.gguf FILE", file=sys.stderr)
        return 2
    try:
        print(write_gguf(RINNA, Path(arguments[0]), lambda line: print(line, file=sys.stderr)))
    except BotError as error:
        print(error.both(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
