#!/usr/bin/env bash
# transformers 5.23.0: of a GGUF file's model, what the reader does not know is left out, unsaid.
#
# A Llama's file that scales its positions (`rope.scaling.*`, or the tensor `rope_freqs.weight`, by
# which every Llama 3.1 does) and whose attention has biases is loaded with plain positions and no
# biases: no warning, no missing and no unexpected keys. The model answers, and is another one. The
# keys and tensors are listed at log level INFO at most; of tensors nothing is said there either.
#
# Its tokenizer splits text as GPT-2 does wherever `tokenizer.ggml.pre` is a name that it does not
# know, unsaid as well.
#
# Seen with gguf 0.19.0, torch 2.13.0, Python 3.11.7. What helps: read the header with gguf, and
# refuse what transformers.integrations.ggml.GGUF_CONFIG_MAPPING has no name for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet \
    torch==2.13.0 transformers==5.23.0 gguf==0.19.0 accelerate==1.15.0
cat >show.py <<'PY'
import gguf
import numpy as np
from transformers import AutoModelForCausalLM, AutoTokenizer

writer = gguf.GGUFWriter("model.gguf", "llama")
writer.add_context_length(256)
writer.add_embedding_length(32)
writer.add_block_count(1)
writer.add_feed_forward_length(64)
writer.add_head_count(2)
writer.add_head_count_kv(2)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_rope_dimension_count(16)
writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
writer.add_rope_scaling_factor(4.0)
writer.add_rope_scaling_orig_ctx_len(64)
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("smollm")  # each digit by itself
writer.add_token_list(["<s>", "1", "2", "12"])
writer.add_token_types([3, 1, 1, 1])
writer.add_token_merges(["1 2"])
writer.add_eos_token_id(0)
shapes = {"token_embd": (4, 32), "output_norm": (32,), "output": (4, 32), "rope_freqs": (8,)}
layer = {"attn_norm": (32,), "ffn_norm": (32,)}
layer |= dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (32, 32))
layer |= {"ffn_gate": (64, 32), "ffn_up": (64, 32), "ffn_down": (32, 64)}
for name, shape in (shapes | {f"blk.0.{part}": shape for part, shape in layer.items()}).items():
    writer.add_tensor(f"{name}.weight", np.full(shape, 2.0, np.float32))
for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
    writer.add_tensor(f"blk.0.{part}.bias", np.ones(32, np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

given = {"pretrained_model_name_or_path": ".", "gguf_file": "model.gguf"}
model, report = AutoModelForCausalLM.from_pretrained(**given, output_loading_info=True)
print(model.config.rope_parameters["rope_type"], model.config.attention_bias)
print(*(f"{kind} {len(report[kind])}" for kind in ("missing_keys", "unexpected_keys")))
print(AutoTokenizer.from_pretrained(**given)("12")["input_ids"])
PY
venv/bin/python show.py 2>errors | tee shown
if grep -qi "scaling\|rope_freqs\|bias\|smollm" errors; then exit 1; fi
diff shown - <<'TEXT'
default False
missing_keys 0 unexpected_keys 0
[3]
TEXT
