#!/usr/bin/env bash
# transformers 5.23.0: Aya Vision and Cohere 2 Vision leave out their language model's logit_scale.
#
# Their language model is a Cohere 2, whose logits are multiplied by logit_scale (0.0625 by default).
# AyaVisionForConditionalGeneration and Cohere2VisionForConditionalGeneration have an output layer of
# their own and do not multiply: given text alone, their logits are those of Cohere2ForCausalLM with
# the same weights divided by logit_scale. The likeliest token is the same, so greedy replies are; the
# probabilities are those of a temperature sixteen times lower, so sampling hardly samples.
#
# Seen with torch 2.13.0, Python 3.11.7, with small models of random weights. What helps: a
# temperature divided by logit_scale.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet torch==2.13.0 transformers==5.23.0
cat >show.py <<'PY'
import torch
from transformers import (
    AyaVisionConfig, AyaVisionForConditionalGeneration, Cohere2Config, Cohere2ForCausalLM,
    Cohere2VisionConfig, Cohere2VisionForConditionalGeneration, SiglipVisionConfig,
)  # fmt: skip

sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
sizes |= {"num_attention_heads": 2}
text = Cohere2Config(vocab_size=64, num_key_value_heads=2, head_dim=16, **sizes)
eyes = SiglipVisionConfig(image_size=28, patch_size=14, **sizes)
print("logit_scale:", text.logit_scale)
ids = torch.arange(8, 24)[None]
for config, kind in (
    (AyaVisionConfig, AyaVisionForConditionalGeneration),
    (Cohere2VisionConfig, Cohere2VisionForConditionalGeneration),
):
    torch.manual_seed(0)
    whole = kind(config(text_config=text, vision_config=eyes, image_token_id=63)).eval()
    alone = Cohere2ForCausalLM(text).eval()
    alone.model.load_state_dict(whole.model.language_model.state_dict())
    alone.lm_head.weight = whole.lm_head.weight
    with torch.no_grad():
        got, scaled = whole(ids).logits, alone(ids).logits
    ratio = got.norm() / scaled.norm()
    assert torch.allclose(got, scaled * ratio, atol=1e-4)
    print(f"{kind.__name__}: logits {ratio:.4g} times those of Cohere2ForCausalLM")
PY
venv/bin/python show.py 2>told | tee shown || { cat told; exit 1; }
diff shown - <<'TEXT'
logit_scale: 0.0625
AyaVisionForConditionalGeneration: logits 16 times those of Cohere2ForCausalLM
Cohere2VisionForConditionalGeneration: logits 16 times those of Cohere2ForCausalLM
TEXT
