"""From logits to tokens: each row by its own request's sampling, all rows at once.

The meaning of the settings, and their order, is that of transformers' logits processors:
repetition penalty over prompt and reply, temperature, top_k, top_p.
"""

from __future__ import annotations

from collections.abc import Sequence as Rows
from random import Random
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from bot.engine.sequence import Sequence

# Sorting a vocabulary of 65,536 costs ten times as much as finding its largest 1,024, which
# nearly always hold more probability than top_p asks for.
CANDIDATES = 1024


class Sampler:
    """Draws the next token of each sequence, and keeps what that needs between steps.

    A request with a seed has a random number generator of its own, and rows do not see each
    other: its text does not depend on what else is in the batch.
    """

    def __init__(self) -> None:
        self._random: WeakKeyDictionary[Sequence, Random] = WeakKeyDictionary()
        self._seen: WeakKeyDictionary[Sequence, Tensor] = WeakKeyDictionary()

    def sample(self, logits: Tensor, sequences: Rows[Sequence]) -> list[int]:
        """One token for each row of `logits`, `[sequences, vocabulary]`.

        Raises ValueError where the model computed no number.
        """
        logits = logits.float()
        if bool(logits.isnan().any()):
            raise ValueError("the model's logits are not numbers")
        logits = self._penalised(logits, sequences)
        tokens: list[int] = logits.argmax(-1).tolist()
        drawn = [i for i, s in enumerate(sequences) if s.sampling.temperature > 0]
        if drawn:
            chosen = self._draw(logits[drawn], [sequences[i] for i in drawn])
            for row, token in zip(drawn, chosen, strict=True):
                tokens[row] = token
        for sequence, token in zip(sequences, tokens, strict=True):
            if sequence in self._seen:
                self._seen[sequence][token] = True
        return tokens

    def _penalised(self, logits: Tensor, sequences: Rows[Sequence]) -> Tensor:
        rows = [i for i, s in enumerate(sequences) if s.sampling.repetition_penalty != 1]
        if not rows:
            return logits
        for i in rows:
            if sequences[i] not in self._seen:  # [vocabulary]
                seen = torch.zeros(logits.shape[1], dtype=torch.bool, device=logits.device)
                seen[torch.tensor(sequences[i].prompt, device=logits.device)] = True
                self._seen[sequences[i]] = seen
        seen = torch.stack([self._seen[sequences[i]] for i in rows])  # [rows, vocabulary]
        penalty = logits.new_tensor([[sequences[i].sampling.repetition_penalty] for i in rows])
        chosen = logits[rows]
        punished = torch.where(chosen < 0, chosen * penalty, chosen / penalty)
        logits = logits.clone()
        logits[rows] = torch.where(seen, punished, chosen)
        return logits

    def _draw(self, logits: Tensor, sequences: Rows[Sequence]) -> list[int]:
        settings = [s.sampling for s in sequences]
        scores = logits / logits.new_tensor([[s.temperature] for s in settings])
        top_k = torch.tensor([s.top_k for s in settings], device=logits.device)
        top_p = logits.new_tensor([s.top_p for s in settings])
        points = logits.new_tensor([self._point(s) for s in sequences], dtype=torch.float64)

        width = min(CANDIDATES, scores.shape[1])
        probabilities, ids, enough = candidates(scores, top_k, top_p, width)
        tokens = _pick(probabilities, ids, points)
        for row in (~enough).nonzero().flatten().tolist():
            one = slice(row, row + 1)
            every = candidates(scores[one], top_k[one], top_p[one], scores.shape[1])
            tokens[row] = _pick(every[0], every[1], points[one])[0]
        return tokens

    def _point(self, sequence: Sequence) -> float:
        """The request's next random number in [0, 1)."""
        if sequence not in self._random:
            self._random[sequence] = Random(sequence.sampling.seed)
        return self._random[sequence].random()


def candidates(
    scores: Tensor, top_k: Tensor, top_p: Tensor, width: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The `width` likeliest tokens of each row and what top_k and top_p leave of them.

    scores: [rows, vocabulary]; top_k (0 is off) and top_p: [rows]. Returns probabilities,
    likeliest first and 0 where left out, `[rows, width]` (they need not sum to 1); their ids,
    `[rows, width]`; and for each row whether `width` was enough, `[rows]`.
    """
    values, ids = scores.topk(width, dim=-1)
    limited = top_k > 0
    smallest = values.gather(1, (top_k[:, None] - 1).clamp(0, width - 1))
    values = values.masked_fill(limited[:, None] & (values < smallest), -torch.inf)
    total = torch.where(limited, values.logsumexp(-1), scores.logsumexp(-1))
    probabilities = (values - total[:, None]).exp()
    before = probabilities.cumsum(-1) - probabilities
    outside = (before >= top_p[:, None]) & (top_p[:, None] < 1)
    outside[:, 0] = False
    mass = probabilities.sum(-1)
    enough = torch.where(limited, top_k <= width, mass >= top_p) | (width == scores.shape[1])
    return probabilities.masked_fill(outside, 0), ids, enough


def _pick(probabilities: Tensor, ids: Tensor, points: Tensor) -> list[int]:
    """The token of each row at which its share `points` of the probability is reached."""
    reached = probabilities.double().cumsum(-1)
    place = torch.searchsorted(reached, (points * reached[:, -1])[:, None], right=True)
    last = (probabilities > 0).sum(-1, keepdim=True) - 1
    chosen: list[int] = ids.gather(1, torch.minimum(place, last)).flatten().tolist()
    return chosen
