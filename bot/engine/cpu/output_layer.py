"""The output layer in 8 bits, for a 4-bit model on a CPU.

bitsandbytes leaves this layer in bfloat16, where reading it takes more of a decode step than
any other part. One scale for each token of the vocabulary keeps the logits within 1 % of those
in bfloat16 (docs/engine-log.md), where the 4-bit layers below have moved them by far more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ROWS = 8  # quantised at once: in a cache, and too little for a second thread to pay


class Int8OutputLayer(nn.Module):
    """A linear layer without bias: int8 weights, `[vocabulary, hidden]`, bfloat16 in and out."""

    weight: Tensor
    scales: Tensor  # [vocabulary]

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        quantised = torch.empty_like(weight, dtype=torch.int8)
        scales = weight.new_empty(weight.shape[0])
        for begin in range(0, weight.shape[0], ROWS):
            rows = weight[begin : begin + ROWS].float()
            scale = (rows.abs().amax(1) / 127).clamp(min=1e-12).to(weight.dtype)
            scales[begin : begin + ROWS] = scale
            quantised[begin : begin + ROWS] = (
                (rows / scale.float()[:, None]).round().clamp(-127, 127)
            )
        self.register_buffer("weight", quantised)
        self.register_buffer("scales", scales)

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits, `[..., vocabulary]`, of hidden states, `[..., hidden]`."""
        rows = hidden.reshape(-1, hidden.shape[-1])
        logits = torch._weight_int8pack_mm(rows, self.weight, self.scales)
        return logits.reshape(*hidden.shape[:-1], -1)


def quantize_output_layer(model: PreTrainedModel) -> None:
    """Replace a model's output layer, where it is one that this serves.

    That is a plain layer in bfloat16 on a CPU. An embedding that shares its weights stays.
    """
    untyped: Any = model
    layer = untyped.get_output_embeddings()
    if type(layer) is not nn.Linear or layer.bias is not None:
        return
    weight = layer.weight
    if weight.device.type == "cpu" and weight.dtype == torch.bfloat16:
        untyped.set_output_embeddings(Int8OutputLayer(weight.data))
