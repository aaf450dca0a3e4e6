"""Attention of a packed batch part by part, in torch's own operations.

Right on any device, in any number type and for every rule; what is faster somewhere lies beside
it (`varlen.py`, `cpu/attention.py`).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from bot.engine.batch import Batch, Part
from bot.engine.kv_cache import KVCache
from bot.engine.rule import Rule

ROWS = 64  # that are computed at once where torch has no kernel: their scores take memory


def attend_in_turn(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
    """One part after the other; see `attention.Attend`."""
    output = chunks_in_turn(cache, batch, layer, query, rule)
    for part in batch.parts:
        if part.rows == 1:
            k, v, _ = _seen(cache, part, layer, rule)
            output[part.begin] = _attend_one(query[:, part.begin : part.end], k, v, rule)
    return output


def chunks_in_turn(cache: KVCache, batch: Batch, layer: int, query: Tensor, rule: Rule) -> Tensor:
    """`[T, heads, head_dim]`, in which only the parts of more than one row are filled."""
    heads, total, _ = query.shape
    output = query.new_empty(total, heads, cache.shape.width)
    for part in batch.parts:
        if part.rows > 1:
            k, v, past = _seen(cache, part, layer, rule)
            rows = query[:, part.begin : part.end]
            usual = rule.softcap is None and rule.sinks is None
            attend = _attend_rows if usual else _attend_exactly
            output[part.begin : part.end] = attend(rows, k, v, rule, past)
    return output


def _seen(cache: KVCache, part: Part, layer: int, rule: Rule) -> tuple[Tensor, Tensor, int]:
    """The keys and values that a part's rows see, `[kv_heads, past + rows, head_dim]`, and how
    many of them are `past`: of the tokens before its rows."""
    past = part.past if rule.window is None else min(part.past, rule.window - 1)
    first, length = part.first + part.past - past, past + part.rows
    return (
        cache.keys[layer].narrow(1, first, length),
        cache.values[layer].narrow(1, first, length),
        past,
    )


def _attend_one(q: Tensor, k: Tensor, v: Tensor, rule: Rule) -> Tensor:
    """One query, `[heads, 1, head_dim]`, over all keys; `[heads, value_dim]`.

    Two matrix-vector products, keys times query: a third of the time of torch's fused kernel.
    """
    heads, _, head_dim = q.shape
    groups = q.reshape(k.shape[0], -1, head_dim)  # [kv_heads, queries of a group, head_dim]
    scores = torch.bmm(k, groups.transpose(1, 2)).float() * rule.scale  # [kv_heads, length, …]
    sinks = None if rule.sinks is None else rule.sinks.reshape(k.shape[0], 1, -1)
    weights = _weights(scores, rule, sinks, 1).to(v.dtype).transpose(1, 2)
    return torch.bmm(weights, v).reshape(heads, -1)


def _attend_rows(q: Tensor, k: Tensor, v: Tensor, rule: Rule, past: int) -> Tensor:
    """A chunk of a prompt, `[heads, rows, head_dim]`, by torch's kernel; `[rows, heads, …]`."""
    rows = q.shape[1]
    windowed = rule.window is not None and rows + past > rule.window
    mask = _visible(range(past, past + rows), 0, rule, q.device) if past or windowed else None
    attended = scaled_dot_product_attention(
        q[None],
        k[None],
        v[None],
        attn_mask=mask,
        is_causal=mask is None,
        scale=rule.scale,
        enable_gqa=q.shape[0] != k.shape[0],
    )
    return attended[0].transpose(0, 1)


def _attend_exactly(q: Tensor, k: Tensor, v: Tensor, rule: Rule, past: int) -> Tensor:
    """The same for every rule, written out, in float32: some rows at a time."""
    heads, total, head_dim = q.shape
    groups = q.float().reshape(
        k.shape[0], -1, total, head_dim
    )  # [kv_heads, queries, rows, head_dim]
    sinks = None if rule.sinks is None else rule.sinks.reshape(k.shape[0], -1, 1, 1)
    output = []
    for begin in range(0, total, ROWS):
        end = min(begin + ROWS, total)
        first = 0 if rule.window is None else max(0, past + begin + 1 - rule.window)
        keys, values = (seen[:, None, first : past + end].float() for seen in (k, v))
        scores = groups[:, :, begin:end] @ keys.transpose(-1, -2) * rule.scale
        visible = _visible(range(past + begin, past + end), first, rule, q.device)
        weights = _weights(scores, rule, sinks, -1, visible)
        output.append((weights @ values).view(heads, end - begin, -1))
    return torch.cat(output, 1).transpose(0, 1).to(q.dtype)


def _visible(rows: range, first: int, rule: Rule, device: torch.device) -> Tensor:
    """Which of the tokens from `first` to the last row each row sees, `[rows, tokens]`."""
    row = torch.arange(rows.start, rows.stop, device=device)[:, None]
    token = torch.arange(first, rows.stop, device=device)
    seen = token <= row
    return seen if rule.window is None else seen & (token > row - rule.window)


def _weights(
    scores: Tensor, rule: Rule, sinks: Tensor | None, dim: int, visible: Tensor | None = None
) -> Tensor:
    """The softmax of scores along `dim`, capped, with what is not visible and the sinks."""
    if rule.softcap is not None:
        scores = (scores / rule.softcap).tanh() * rule.softcap
    if visible is not None:
        scores = scores.masked_fill(~visible, -torch.inf)
    if sinks is None:
        return scores.softmax(dim)
    total = torch.logaddexp(scores.logsumexp(dim, keepdim=True), sinks.float())
    return (scores - total).exp()
