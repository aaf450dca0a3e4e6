"""Train the built-in model from nothing: `python -m bot.demo.train`, about 75 minutes on 2 cores.

A GPT-NeoX of rinna's build (sequential residual, rotary on the whole head, ユーザー/システム
turns, SentencePiece with byte fallback), 6.5 M parameters. Dialogues are drawn on the fly; the
loss counts the model's own words only. Muon (Jordan et al. 2024, as in torch.optim) moves the
layers' matrices, AdamW the rest: after 250 steps of each its loss was a sixth lower than with
AdamW alone. Deterministic for a seed, a precision, a torch version and a number of threads.
Progress goes to standard error; a checkpoint allows `--resume`.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import sentencepiece
import torch
from torch.nn import functional
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from bot.demo import invented
from bot.demo.dialogues import DialogueSource
from bot.demo.lexicon import load_lexicon

MODEL_FOLDER = Path(__file__).parent / "model"
CONTEXT = 512  # tokens
VOCABULARY = 7_000
DRAWN = 6_000  # dialogues that the vocabulary is learnt from
ROWS = 8  # sequences of CONTEXT tokens a step
STEPS = 4_000
PEAK_LEARNING_RATE = 3e-3
WARM_UP_STEPS = 150
# Words are learnt by repetition, from the start; looking things up in the conversation comes
# late, and takes most of the last part.
LATE = 0.75  # of the steps
LATE_MEMORY_SHARES = (0.4, 0.6, 0.8)
IGNORED = -100
PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
USER, SYSTEM = "ユーザー: ", "システム: "


def train_tokenizer(folder: Path, seed: int) -> sentencepiece.SentencePieceProcessor:
    """Train the SentencePiece model on drawn dialogues, words and sentence pairs.

    Space, newline and tab are symbols of their own, as the model card says of rinna's
    tokenizer: a prompt ends in a space, and no piece may swallow it.
    """
    lexicon = load_lexicon()
    source = DialogueSource(lexicon, random.Random(seed))
    lines = [text for _ in range(DRAWN) for exchange in source.draw() for text in exchange]
    lines += [text for pair in lexicon.pairs() for text in pair]
    lines += [w.form for w in lexicon.words.values()] * 2
    lines += [m for w in lexicon.words.values() for m in w.meanings] * 3
    alphabet = "".join(invented.kanji()) + "".join(chr(c) for c in range(0x21, 0x7F))
    alphabet += "".join(chr(c) for c in (*range(0x3041, 0x3097), *range(0x30A1, 0x30FD)))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="unigram",
        vocab_size=VOCABULARY,
        byte_fallback=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        user_defined_symbols=["▁", "\n", "\t", "ユーザー:", "システム:"],
        required_chars=alphabet,
        character_coverage=0.9995,
        max_sentencepiece_length=12,
        split_digits=True,
        pad_id=PAD,
        unk_id=UNKNOWN,
        bos_id=BEGIN,
        eos_id=END,
        num_threads=1,
        minloglevel=1,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def encode(
    processor: sentencepiece.SentencePieceProcessor, exchanges: list[tuple[str, str]]
) -> tuple[list[int], list[int]]:
    """Token ids of a dialogue and its labels, both at most CONTEXT long, cut between exchanges.

    `labels[i]` is what should follow `ids[i]`; IGNORED where the user speaks. After a reply the
    label is END, although a newline follows in the dialogue: that is what ends a reply.
    """
    ids: list[int] = []
    labels: list[int] = []
    for user, reply in exchanges:
        question = processor.encode(("\n" if ids else "") + USER + user + "\n" + SYSTEM)
        answer = processor.encode(reply)
        if len(ids) + len(question) + len(answer) > CONTEXT:
            break
        ids += question + answer
        labels += [IGNORED] * (len(question) - 1) + answer + [END]
    return ids, labels


def batches(
    processor: sentencepiece.SentencePieceProcessor, source: DialogueSource
) -> Iterator[tuple[torch.Tensor, ...]]:
    """Endless batches: ids, labels, positions [ROWS, CONTEXT], mask [ROWS, 1, CONTEXT, CONTEXT].

    Several dialogues share a row; none sees another's tokens. The mask is added to scores.
    """
    pool: list[tuple[list[int], list[int]]] = []
    while True:
        ids = torch.full((ROWS, CONTEXT), PAD)
        labels = torch.full((ROWS, CONTEXT), IGNORED)
        positions = torch.zeros(ROWS, CONTEXT, dtype=torch.long)
        document = torch.full((ROWS, CONTEXT), -1)
        for row in range(ROWS):
            filled = number = 0
            while True:
                while len(pool) < 32:
                    pool.append(encode(processor, source.draw()))
                # Oldest first, then whatever still fits, so that little is padding.
                fitting = next((d for d in pool if filled + len(d[0]) <= CONTEXT), None)
                if fitting is None:
                    break
                pool.remove(fitting)
                end = filled + len(fitting[0])
                ids[row, filled:end] = torch.tensor(fitting[0])
                labels[row, filled:end] = torch.tensor(fitting[1])
                positions[row, filled:end] = torch.arange(end - filled)
                document[row, filled:end] = number
                filled, number = end, number + 1
        causal = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).tril()
        seen = (document[:, :, None] == document[:, None, :]) & causal
        mask = torch.zeros(seen.shape).masked_fill_(~seen, torch.finfo(torch.float32).min)
        yield ids, labels, positions, mask[:, None]


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to nothing."""
    if step < WARM_UP_STEPS:
        return PEAK_LEARNING_RATE * (step + 1) / WARM_UP_STEPS
    done = (step - WARM_UP_STEPS) / max(1, steps - WARM_UP_STEPS)
    return PEAK_LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * done))


def new_model() -> GPTNeoXForCausalLM:
    """The untrained model."""
    config = GPTNeoXConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        num_hidden_layers=6,
        num_attention_heads=4,
        intermediate_size=1_024,
        max_position_embeddings=CONTEXT,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "partial_rotary_factor": 1.0,
        },
        use_parallel_residual=False,
        tie_word_embeddings=True,
        bos_token_id=BEGIN,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    return GPTNeoXForCausalLM(config)


def loss_of(model: GPTNeoXForCausalLM, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Mean cross-entropy over the labelled tokens; the output layer runs for those only."""
    ids, labels, positions, mask = batch
    hidden = model.gpt_neox(
        input_ids=ids, position_ids=positions, attention_mask=mask, use_cache=False
    ).last_hidden_state
    wanted = labels != IGNORED
    # transformers' methods carry no types.
    logits = cast(Any, model).get_output_embeddings()(hidden[wanted])
    return functional.cross_entropy(logits.float(), labels[wanted])


def optimizers_of(model: GPTNeoXForCausalLM) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices of the layers, AdamW for the embedding, norms and biases.

    Both take the same learning rate: Muon's updates are scaled to the size of AdamW's.
    """
    matrices = {p for p in model.gpt_neox.layers.parameters() if p.dim() == 2}
    others = [p for p in model.parameters() if p not in matrices]
    return (
        torch.optim.Muon(
            [p for p in model.parameters() if p in matrices],
            lr=PEAK_LEARNING_RATE,
            weight_decay=0.1,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(
            others, lr=PEAK_LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=True
        ),
    )


def backward(
    model: GPTNeoXForCausalLM, batch: tuple[torch.Tensor, ...], precision: torch.dtype
) -> float:
    """The loss of a batch; adds its gradients to the model's. Products are in `precision`."""
    with torch.autocast("cpu", torch.bfloat16, enabled=precision is torch.bfloat16):
        loss = loss_of(model, batch)
    loss.backward()  # type: ignore[no-untyped-call]  # torch's stub has no types here
    return loss.item()


def faster_precision(model: GPTNeoXForCausalLM, batch: tuple[torch.Tensor, ...]) -> torch.dtype:
    """bfloat16 or float32, whichever trains faster here: processors differ, by half either way."""

    def seconds(dtype: torch.dtype) -> float:
        started = time.monotonic()
        backward(model, batch, dtype)
        model.zero_grad()
        return time.monotonic() - started

    kinds = (torch.bfloat16, torch.float32)
    return min(kinds, key=lambda kind: min(seconds(kind) for _ in range(3)))


def train(
    folder: Path, checkpoint: Path, steps: int, seed: int, resume: bool, precision: str = "auto"
) -> None:
    """Train tokenizer and model and write both to `folder`."""
    torch.manual_seed(seed)
    model = new_model()
    optimizers = optimizers_of(model)
    first = 0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, its in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(its)
        first = state["step"]
        processor = sentencepiece.SentencePieceProcessor(str(folder / "spiece.model"))
    else:
        processor = train_tokenizer(folder, seed)
    parameters = sum(p.numel() for p in model.parameters())
    source = DialogueSource(load_lexicon(), random.Random(f"{seed} {first}"))
    stream = batches(processor, source)
    if precision == "auto":
        chosen = faster_precision(model, next(stream))
    else:
        chosen = {"bfloat16": torch.bfloat16, "float32": torch.float32}[precision]
    _say(f"{parameters / 1e6:.1f} M parameters, {chosen}, {steps} steps from step {first}")
    started, losses = time.monotonic(), []
    for step in range(first, steps):
        if step >= LATE * steps:
            source.memory_shares = LATE_MEMORY_SHARES
        losses.append(backward(model, next(stream), chosen))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        update(optimizers, learning_rate(step, steps))
        if (step + 1) % 50 == 0:
            pace = (step + 1 - first) / (time.monotonic() - started)
            mean = sum(losses[-50:]) / 50
            left = (steps - step - 1) / pace / 60
            tokens = pace * ROWS * CONTEXT
            _say(f"step {step + 1}: loss {mean:.4f}, {tokens:,.0f} tokens/s, {left:.0f} min left")
        if (step + 1) % 500 == 0 or step + 1 == steps:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            state = {
                "model": model.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                "step": step + 1,
            }
            torch.save(state, checkpoint)
            save(model, folder)
    _say(f"written to {folder}")


def update(optimizers: Sequence[torch.optim.Optimizer], rate: float) -> None:
    """Take one step at this learning rate, and forget the gradients."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()


def save(model: GPTNeoXForCausalLM, folder: Path) -> None:
    """Write a checkpoint folder in bf16, as a Hub repository would hold it."""
    copy: Any = GPTNeoXForCausalLM(model.config)
    copy.load_state_dict(model.state_dict())
    copy.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    settings = {
        "tokenizer_class": "T5Tokenizer",
        "eos_token": "</s>",
        "bos_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "extra_ids": 0,
        "model_max_length": CONTEXT,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train Kaiwa's built-in model.")
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER, help="where to write it")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/demo.pt"))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument(
        "--precision",
        choices=("auto", "bfloat16", "float32"),
        default="auto",
        help="of the products; auto takes whichever is faster here",
    )
    given = parser.parse_args()
    train(given.folder, given.checkpoint, given.steps, given.seed, given.resume, given.precision)


if __name__ == "__main__":
    main()
