#!/usr/bin/env bash
# llama.cpp (xllamacpp 2026.10.11549): a space that a vocabulary defines is written as `▁`.
#
# SentencePiece stores a space as `▁`, and whoever wants each space as a piece of its own trains with
# `▁` as a user-defined symbol. A GGUF file has the same kinds of pieces as SentencePiece, so that
# the piece goes there as USER_DEFINED. Tokenising is right then. But llama.cpp writes a piece of
# that kind as it stands, and turns `▁` into a space only in one of the kind NORMAL: /detokenize and
# what is generated have `I▁am▁fine`, and a grammar that asks for a space cannot be followed
# (status 500). Shown with the tokenizer "t5" (unigram); "llama" did the same.
#
# Seen with sentencepiece 0.2.3, gguf 0.19.0, Python 3.11.7, and a model of zeros. What helps: store
# the piece as NORMAL, or as USER_DEFINED with a space as its text; both tokenise the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet \
  xllamacpp==2026.10.11549 gguf==0.19.0 sentencepiece==0.2.3
cat >store.py <<'PY'
import io
import json

import gguf
import numpy as np
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

TEXT = "I am fine"
model = io.BytesIO()
SentencePieceTrainer.train(
    sentence_iterator=iter([TEXT, "how are you", "you are fine"] * 5), model_writer=model,
    vocab_size=32, hard_vocab_limit=False, user_defined_symbols=["▁"],
    normalization_rule_name="identity", add_dummy_prefix=False, minloglevel=2,
)  # fmt: skip
pieces = SentencePieceProcessor(model_proto=model.getvalue())
size = len(pieces)
kinds = gguf.TokenType


def store(name, space, space_kind):
    texts, types = [], []
    for number in range(size):
        text, kind = pieces.id_to_piece(number), kinds.NORMAL
        if text == "▁":
            text, kind = space, space_kind
        elif pieces.is_unknown(number):
            kind = kinds.UNKNOWN
        elif pieces.is_control(number):
            kind = kinds.CONTROL
        texts.append(text)
        types.append(kind)
    writer = gguf.GGUFWriter(name, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("t5")
    writer.add_token_list(texts)
    writer.add_token_scores([pieces.get_score(number) for number in range(size)])
    writer.add_token_types(types)
    writer.add_unk_token_id(pieces.unk_id())
    writer.add_bos_token_id(pieces.bos_id())
    writer.add_eos_token_id(pieces.eos_id())
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_remove_extra_whitespaces(False)
    shapes = {"token_embd": (size, 32), "output_norm": (32,), "output": (size, 32)}
    shapes |= {f"blk.0.{part}_norm": (32,) for part in ("attn", "ffn")}
    for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        shapes[f"blk.0.{part}"] = (32, 32)
    for tensor, shape in shapes.items():
        writer.add_tensor(f"{tensor}.weight", np.zeros(shape, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


store("defined.gguf", "▁", kinds.USER_DEFINED)
store("normal.gguf", "▁", kinds.NORMAL)
store("space.gguf", " ", kinds.USER_DEFINED)
ids = pieces.encode(TEXT)
assert pieces.decode(ids) == TEXT
with open("ids.json", "w") as file:
    json.dump({"text": TEXT, "ids": ids, "space": pieces.piece_to_id("▁")}, file)
PY
cat >ask.py <<'PY'
import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import xllamacpp

with open("ids.json") as file:
    known = json.load(file)
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.port = 0
params.n_ctx = 64
params.cpuparams.n_threads = 1
server = xllamacpp.Server(params)


def ask(path, **body):
    body = json.dumps(body).encode()
    request = Request(server.listening_address + path, body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except HTTPError as error:
        return {"content": f"status {error.code}"}


told = {"prompt": known["ids"], "n_predict": 12, "temperature": 0}
print("tokenised as by sentencepiece:", ask("/tokenize", content=known["text"])["tokens"] == known["ids"])
print("detokenised:", ask("/detokenize", tokens=known["ids"])["content"])
bias = [[known["space"], 100]]
spaces = ask("/completion", **{**told, "n_predict": 3}, logit_bias=bias)["content"]
print("three spaces generated:", repr(spaces))
print("by a grammar:", ask("/completion", **told, grammar=f'root ::= "{known["text"]}"')["content"])
sys.stdout.flush()
os._exit(0)
PY
venv/bin/python store.py
for name in defined normal space; do
  echo "$name:"
  venv/bin/python ask.py "$name.gguf" 2>told || { cat told; exit 1; }
done | tee shown
diff shown - <<'TEXT'
defined:
tokenised as by sentencepiece: True
detokenised: I▁am▁fine
three spaces generated: '▁▁▁'
by a grammar: status 500
normal:
tokenised as by sentencepiece: True
detokenised: I am fine
three spaces generated: '   '
by a grammar: I am fine
space:
tokenised as by sentencepiece: True
detokenised: I am fine
three spaces generated: '   '
by a grammar: I am fine
TEXT
