from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from bot.demo import evaluate, train
from bot.demo.lexicon import load_lexicon
from bot.messages import Sampling
from bot.tokenizer import SentencePieceTokenizer, load_tokenizer


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model after two steps: useless, and made by the whole path."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "ROWS", 1)
        patch.setattr(train, "DRAWN", 600)
        train.train(folder / "model", folder / "checkpoint.pt", steps=2, seed=1, resume=False)
    return folder


def test_the_trained_folder_is_a_checkpoint_like_rinnas(trained: Path) -> None:
    """GPT-NeoX with rotary on the whole head, bf16 safetensors, SentencePiece."""
    model = AutoModelForCausalLM.from_pretrained(trained / "model")
    assert model.config.model_type == "gpt_neox"
    assert model.config.rope_parameters["partial_rotary_factor"] == 1.0
    assert not model.config.use_parallel_residual
    assert model.dtype == torch.bfloat16
    assert sum(p.numel() for p in model.parameters()) < 10_000_000
    assert isinstance(load_tokenizer(trained / "model"), SentencePieceTokenizer)


@pytest.mark.parametrize(
    "text",
    [
        "ユーザー: VRはなんですか。\nシステム: ",
        "a  b\t\n\n c ",
        "齋藤さん 😀 👩‍👩‍👧 ｶﾞ",
        "名前は龘です",
    ],
)
def test_the_vocabulary_keeps_every_character(text: str) -> None:
    """Also the vocabulary that is shipped."""
    tokenizer = load_tokenizer(train.MODEL_FOLDER)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_the_space_before_a_reply_is_a_token_of_its_own() -> None:
    """A prompt ends in it, and no piece may swallow it."""
    tokenizer = load_tokenizer(train.MODEL_FOLDER)
    prompt = tokenizer.encode("システム: ")
    assert tokenizer.encode("システム: You are")[: len(prompt)] == prompt


def test_only_the_models_own_words_are_learnt(trained: Path) -> None:
    """After each reply the label is the end token, whatever follows in the dialogue."""
    from sentencepiece import SentencePieceProcessor

    pieces = SentencePieceProcessor(str(trained / "model" / "spiece.model"))
    ids, labels = train.encode(pieces, [("猫", "cat"), ("犬", "dog")])
    assert len(ids) == len(labels)
    learnt = [label for label in labels if label != train.IGNORED]
    assert learnt == [*pieces.encode("cat"), train.END, *pieces.encode("dog"), train.END]
    assert train.END not in ids


def test_training_can_be_resumed(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the checkpoint, with the same vocabulary."""
    monkeypatch.setattr(train, "ROWS", 1)
    options = ["--folder", str(trained / "model"), "--checkpoint", str(trained / "checkpoint.pt")]
    monkeypatch.setattr(sys, "argv", ["train", *options, "--steps", "3", "--resume"])
    before = (trained / "model" / "spiece.model").read_bytes()
    train.main()
    assert torch.load(trained / "checkpoint.pt", weights_only=True)["step"] == 3
    assert (trained / "model" / "spiece.model").read_bytes() == before


def test_the_learning_rate_rises_and_falls() -> None:
    """Warm-up, peak, nothing."""
    rates = [train.learning_rate(step, 1000) for step in range(1000)]
    assert rates[0] < rates[100] < max(rates) == train.PEAK_LEARNING_RATE
    assert rates[-1] < 1e-7


def test_the_examination_fails_a_model_that_knows_nothing(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And shows its mistakes. It babbles to the limit, so that is low here."""
    monkeypatch.setattr(evaluate, "GREEDY", Sampling(max_new_tokens=4, temperature=0))
    options = ["--folder", str(trained / "model"), "--sample", "1", "--mistakes", "1"]
    monkeypatch.setattr(sys, "argv", ["evaluate", *options])
    with pytest.raises(SystemExit) as ended:
        evaluate.main()
    assert ended.value.code == 1
    assert "✗    0.0% of    1  N5: What does 猫 mean?  (goal 98%)" in capsys.readouterr().out


def test_the_shipped_model_is_small_and_passes_a_sample_of_its_examination(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most 20 MB with everything; words, memory and the card's questions under NF4."""
    assert sum(f.stat().st_size for f in train.MODEL_FOLDER.iterdir()) <= 20_000_000
    assert (train.MODEL_FOLDER / "NOTICE.md").exists()
    assert load_lexicon()
    monkeypatch.setattr(sys, "argv", ["evaluate", "--sample", "12"])
    with pytest.raises(SystemExit):
        evaluate.main()
    scores = {
        line[18:].partition("  (")[0].strip(): float(line[2:9].strip(" %"))
        for line in capsys.readouterr().out.splitlines()
        if " of " in line[:16]
    }
    assert scores["the model card's two questions"] == 100
    for name in ("N5: 「猫」は英語で何ですか。", "memory: a name, others' names between"):
        assert scores[name] > 75, scores
