"""Small vocabularies, made in a moment by the real libraries."""

from __future__ import annotations

import io
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import sentencepiece
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

SENTENCES = (
    "こんにちは、世界。",
    "私の名前は田中です。",
    "What does 猫 mean?",
    "It means cat.",
    "ユーザー: Hello",
    "システム: はい、そうです。",
    "VRはなんですか。",
    "世界で一番高い山は?",
    "エベレストです。",
    "Thank you very much.",
    "I don't know that word yet.",
    "「猫」は英語で何ですか。",
)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@cache
def sentences(count: int = 400) -> tuple[str, ...]:
    """Lines of Japanese and English."""
    draw = random.Random(1)
    return tuple(" ".join(draw.choices(SENTENCES, k=2)) for _ in range(count))


def pieces(**settings: Any) -> bytes:
    """A SentencePiece model as rinna's: unigram, byte fallback, nothing normalised.

    Space, newline and tab are symbols of their own. `settings` override the trainer's.
    """
    options: dict[str, Any] = {
        "model_type": "unigram",
        "vocab_size": 420,
        "hard_vocab_limit": False,
        "byte_fallback": True,
        "user_defined_symbols": ["▁", "\n", "\t"],
        "add_dummy_prefix": False,
        "remove_extra_whitespaces": False,
        "normalization_rule_name": "identity",
        "pad_id": 0,
        "unk_id": 1,
        "bos_id": 2,
        "eos_id": 3,
        "num_threads": 1,
        "minloglevel": 2,
    }
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences()), model_writer=model, **options | settings
    )
    return model.getvalue()


def write_byte_level(folder: Path, template: str | None = CHATML) -> None:
    """A byte-level BPE with ChatML's marks, as Qwen's models have."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(sentences(), trainer)
    tokenizer.add_tokens(["<think>"])
    _write(folder, tokenizer, {"eos_token": "<|im_end|>", "chat_template": template})


def write_metaspace(folder: Path) -> None:
    """A BPE with `▁`, byte fallback and a dummy prefix, as Llama 2's has."""
    alphabet = sorted({c for line in sentences() for c in line if c not in " 猫"} | {"▁"})
    listed = ["<unk>", "<s>", "</s>", *(f"<0x{n:02X}>" for n in range(256)), *alphabet, "▁H"]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={piece: n for n, piece in enumerate(listed)},
            merges=[("▁", "H")],
            unk_token="<unk>",
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(Regex(" "), "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    _write(folder, tokenizer, {"eos_token": "</s>"})


def write_unigram(folder: Path) -> None:
    """A Unigram model with byte fallback in a tokenizer.json, of which marks are pieces too."""
    library = sentencepiece.SentencePieceProcessor()
    library.LoadFromSerializedProto(pieces(user_defined_symbols=["▁", "\n", "\t", "<|end|>"]))
    listed = range(library.vocab_size())
    tokenizer = Tokenizer(
        models.Unigram(
            [(library.id_to_piece(n), library.get_score(n)) for n in listed],
            unk_id=library.unk_id(),
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" "), "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens(["<pad>", "<unk>", "<s>", "</s>", "<|end|>"])
    _write(folder, tokenizer, {"eos_token": "</s>", "unk_token": "<unk>"})


def write_added(folder: Path) -> None:
    """The vocabulary of `write_metaspace` with tokens added that are not special."""
    write_metaspace(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_tokens(["<think>", "</think>", AddedToken("[TOOL]", lstrip=True, rstrip=True)])
    tokenizer.add_tokens(["  ", "\n\n", AddedToken("user says", normalized=True), "猫耳"])
    _write(folder, tokenizer, {"eos_token": "</s>"})


def write_pieces(folder: Path, template: str | None = CHATML) -> None:
    """A SentencePiece model with a chat template, whose marks its trainer defined or were added."""
    symbols = ["▁", "\n", "\t", "<|im_start|>", "<|im_end|>", "ユーザー:"]
    serialised = pieces(user_defined_symbols=symbols)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(serialised)
    library = sentencepiece.SentencePieceProcessor()
    library.LoadFromSerializedProto(serialised)
    added = {"content": "<think>", "special": False}
    settings = {
        "tokenizer_class": "T5Tokenizer",
        "chat_template": template,
        "eos_token": "</s>",
        "added_tokens_decoder": {str(library.vocab_size()): added},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")


def _write(folder: Path, tokenizer: Tokenizer, settings: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast"} | settings
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
