#!/usr/bin/env bash
# transformers 5.23.0: Gemma 3's attn_logit_softcapping is read and never applied.
#
# Gemma3TextConfig documents it ("Scaling factor when applying tanh softcapping on the attention
# scores"), Gemma3Attention keeps it, and its forward does not hand it on: every value gives the
# logits of none, bit for bit. Gemma 2, from which the class is derived, does apply it, and Gemma 3's
# own final_logit_softcapping works. Google's checkpoints have null there, so they are right; a
# checkpoint that was trained with a value is computed without it, and nothing says so.
#
# Seen with torch 2.13.0, Python 3.11.7, with small models of random weights. What helps: nothing in
# the configuration; an attention function of one's own can apply module.attn_logit_softcapping.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet torch==2.13.0 transformers==5.23.0
cat >show.py <<'PY'
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig

common = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
common |= {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16}
common |= {"query_pre_attn_scalar": 1, "initializer_range": 0.5}
ids = torch.arange(2, 20)[None]
no_caps = {"attn_logit_softcapping": None, "final_logit_softcapping": None}
for config, kind in ((Gemma2Config, Gemma2ForCausalLM), (Gemma3TextConfig, Gemma3ForCausalLM)):
    logits = {}
    for name, caps in {
        "none": {},
        "attn": {"attn_logit_softcapping": 0.5},
        "final": {"final_logit_softcapping": 0.5},
    }.items():
        torch.manual_seed(0)
        model = kind._from_config(
            config(**common | no_caps | caps), attn_implementation="eager"
        ).eval()
        with torch.no_grad():
            logits[name] = model(ids).logits
    for name in ("attn", "final"):
        same = torch.equal(logits["none"], logits[name])
        print(f"{kind.__name__}, {name}_logit_softcapping=0.5: {'no' if same else 'an'} effect")
PY
venv/bin/python show.py | tee shown
diff shown - <<'TEXT'
Gemma2ForCausalLM, attn_logit_softcapping=0.5: an effect
Gemma2ForCausalLM, final_logit_softcapping=0.5: an effect
Gemma3ForCausalLM, attn_logit_softcapping=0.5: no effect
Gemma3ForCausalLM, final_logit_softcapping=0.5: an effect
TEXT
