#!/usr/bin/env bash
# transformers 5.23.0: BART's decoder takes position_ids and does not use them.
#
# BartForCausalLM.forward has no such parameter, but `**kwargs`, so that position_ids are taken
# without a word; the decoder numbers positions by the cache's length, padding on the left included.
# A prompt that is padded on the left, as generate() wants it in a batch, therefore gets other logits
# than alone: with the attention mask, with position_ids, and in generate(). OPT, which has learned
# positions of the same kind, gives the same logits in all of these.
#
# Seen with torch 2.13.0, Python 3.11.7, with a small model of random weights. What helps: only
# prompts of one length in a batch.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet torch==2.13.0 transformers==5.23.0
cat >show.py <<'PY'
import torch
from transformers import BartConfig, BartForCausalLM, OPTConfig, OPTForCausalLM

common = {"vocab_size": 32, "max_position_embeddings": 64}
common |= {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
bart = BartConfig(d_model=32, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=32, **common)
opt = OPTConfig(
    hidden_size=32, word_embed_proj_dim=32, num_hidden_layers=1, num_attention_heads=2, ffn_dim=32,
    **common,
)  # fmt: skip
alone = {"input_ids": torch.tensor([[5, 6, 7, 8]])}
padded = {
    "input_ids": torch.tensor([[1, 1, 5, 6, 7, 8]]),
    "attention_mask": torch.tensor([[0, 0, 1, 1, 1, 1]]),
}
positions = torch.tensor([[0, 0, 0, 1, 2, 3]])


def generated(model, given):
    found = model.generate(
        **given, max_new_tokens=1, do_sample=False, output_logits=True, return_dict_in_generate=True
    )
    return found.logits[0]


for kind, config in ((BartForCausalLM, bart), (OPTForCausalLM, opt)):
    torch.manual_seed(0)
    model = kind(config).eval()
    with torch.no_grad():
        right = model(**alone).logits
        by = {
            "other positions": model(**alone, position_ids=torch.tensor([[10, 11, 12, 13]])).logits - right,
            "padded, with a mask": model(**padded).logits[:, 2:] - right,
            "padded, with positions": model(**padded, position_ids=positions).logits[:, 2:] - right,
            "padded, generate": generated(model, padded) - generated(model, alone),
        }
    for what, difference in by.items():
        apart = difference.abs().max().item()
        assert apart < 1e-5 or apart > 1e-2, apart
        print(f"{kind.__name__}, {what}: {'other' if apart > 1e-2 else 'the same'} logits")
PY
venv/bin/python show.py 2>told | tee shown || { cat told; exit 1; }
if grep -i 'position' told; then echo "it is told now"; exit 1; fi
diff shown - <<'TEXT'
BartForCausalLM, other positions: the same logits
BartForCausalLM, padded, with a mask: other logits
BartForCausalLM, padded, with positions: other logits
BartForCausalLM, padded, generate: other logits
OPTForCausalLM, other positions: other logits
OPTForCausalLM, padded, with a mask: the same logits
OPTForCausalLM, padded, with positions: the same logits
OPTForCausalLM, padded, generate: the same logits
TEXT
