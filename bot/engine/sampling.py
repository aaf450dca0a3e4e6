"""From logits to tokens: each row by its own request's sampling, all rows at once.

The meaning of the settings, and their order, is that of transformers' logits processors:
repetition penalty over prompt and reply, temperature, top_k, top_p.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from random import Random
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from bot.engine.batch import to_device
from bot.engine.sequence import Sequence
from bot.messages import Sampling

# Sorting a vocabulary of 65,536 costs ten times as much as finding its largest 1,024, which
# nearly always hold more probability than top_p asks for.
CANDIDATES = 1024

# float32 has no differences between logits that a smaller temperature would not make infinite.
GREEDY_BELOW = 1e-6

# In place of a token: the row's logits are no numbers; it needs more than CANDIDATES; it was
# computed from a token that is none.
BROKEN, WIDER, VOID = -1, -2, -3
REMEMBERED = 4  # steps that may be on their way, or run again


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Tokens of `sequences`, or what stands in their places, perhaps still to be computed.

    With what drawing a row again takes: its logits and, of those that are drawn, its key.
    """

    tokens: Tensor  # [rows] int64
    logits: Tensor  # [rows, vocabulary]
    sequences: Rows[Sequence]
    keys: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Following:
    """The rows of the step before that these follow; none of its tokens is read yet.

    `places`: which of their sequence's tokens are drawn here.
    """

    places: Rows[int]
    rows: Rows[int]
    drawn: Tensor | None  # None: follows nothing


class Sampler:
    """Draws the next token of each sequence, and keeps what that needs between steps.

    A request with a seed has a random number generator of its own, and rows do not see each
    other: the draw does not depend on what else is in the batch.
    """

    def __init__(self) -> None:
        self._random: WeakKeyDictionary[Sequence, Random] = WeakKeyDictionary()
        self._keys: WeakKeyDictionary[Sequence, dict[int, int]] = WeakKeyDictionary()
        self._seen: WeakKeyDictionary[Sequence, Tensor] = WeakKeyDictionary()

    def sample(self, logits: Tensor, sequences: Rows[Sequence]) -> list[int]:
        """One token for each row of `logits`, `[sequences, vocabulary]`.

        Reading the tokens is the one time that the host waits for the device, but for rows of
        which `CANDIDATES` are not enough. Raises ValueError where the model computed no number.
        """
        drawn = self.draw(logits, sequences)
        return [token for token in self.read(drawn, drawn.tokens.tolist()) if token is not None]

    def draw(
        self, logits: Tensor, sequences: Rows[Sequence], following: Following | None = None
    ) -> Drawn:
        """The same, nothing of which is waited for.

        `following`: for steps that may be begun before their tokens are known, in order.
        """
        logits = logits.float()
        broken = logits.isnan().any(-1)
        logits = self._penalised(logits, sequences)
        tokens = logits.argmax(-1)
        drawn = [i for i, s in enumerate(sequences) if s.sampling.temperature >= GREEDY_BELOW]
        places = following.places if following else [None] * len(sequences)
        keys = {i: self._key(sequences[i], places[i]) for i in drawn}
        if drawn:
            rows = to_device(drawn, logits.device)
            settings = [sequences[i].sampling for i in drawn]
            chosen = _draw(logits[rows], settings, [keys[i] for i in drawn], CANDIDATES)
            tokens = tokens.index_copy(0, rows, chosen)
        tokens = tokens.masked_fill(broken, BROKEN)
        if following and following.drawn is not None:
            known = following.drawn.index_select(0, to_device(following.rows, logits.device)) >= 0
            tokens = tokens.where(known, VOID)
        if any(sequence in self._seen for sequence in sequences):
            seen = tokens.where(tokens >= 0, logits.shape[1])  # what is no token goes behind them
            for row, sequence in enumerate(sequences):
                if sequence in self._seen:
                    self._seen[sequence].index_fill_(0, seen[row : row + 1], True)
        return Drawn(tokens, logits, sequences, keys)

    def read(self, drawn: Drawn, tokens: Rows[int]) -> list[int | None]:
        """The tokens of what was drawn, of which these numbers were read.

        None where it was drawn from nothing. Raises ValueError where the model computed no number.
        """
        if BROKEN in tokens:
            raise ValueError("the model's logits are not numbers")
        result: list[int | None] = list(tokens)
        for row, token in enumerate(tokens):
            sequence = drawn.sequences[row]
            if token == WIDER:
                one, every = drawn.logits[row : row + 1], drawn.logits.shape[1]
                again = int(_draw(one, [sequence.sampling], [drawn.keys[row]], every))
                result[row] = again
                if sequence in self._seen:
                    self._seen[sequence].select(0, again).fill_(True)  # `[again] = ` would wait
            elif token == VOID:
                result[row] = None
        return result

    def _penalised(self, logits: Tensor, sequences: Rows[Sequence]) -> Tensor:
        rows = [i for i, s in enumerate(sequences) if s.sampling.repetition_penalty != 1]
        if not rows:
            return logits
        device = logits.device
        for i in rows:
            if sequences[i] not in self._seen:  # [vocabulary + 1]
                seen = torch.zeros(logits.shape[1] + 1, dtype=torch.bool, device=device)
                seen[to_device(sequences[i].prompt, device)] = True
                self._seen[sequences[i]] = seen
        seen = torch.stack([self._seen[sequences[i]][:-1] for i in rows])  # [rows, vocabulary]
        penalties = [[sequences[i].sampling.repetition_penalty] for i in rows]
        penalty = to_device(penalties, device, torch.float32)
        which = to_device(rows, device)
        chosen = logits[which]
        punished = torch.where(chosen < 0, chosen * penalty, chosen / penalty)
        return logits.index_copy(0, which, torch.where(seen, punished, chosen))

    def _key(self, sequence: Sequence, place: int | None = None) -> int:
        """The request's next random number, of 63 bits; for a token's place always the same."""
        if sequence not in self._random:
            self._random[sequence] = Random(sequence.sampling.seed)
        if place is None:
            return self._random[sequence].getrandbits(63)
        keys = self._keys.setdefault(sequence, {})
        if place not in keys:
            keys[place] = self._random[sequence].getrandbits(63)
            keys.pop(place - REMEMBERED, None)
        return keys[place]


def _draw(logits: Tensor, settings: Rows[Sampling], keys: Rows[int], width: int) -> Tensor:
    """A token for each row, `[rows]`; `WIDER` where the `width` likeliest are not enough."""
    device = logits.device
    numbers = [[s.temperature, s.top_p, s.top_k] for s in settings]
    temperature, top_p, top_k = to_device(numbers, device, torch.float64).unbind(1)
    scores = logits / temperature.float()[:, None]
    width = min(width, scores.shape[1])
    probabilities, ids, enough = candidates(scores, top_k.long(), top_p.float(), width)
    return torch.where(enough, _pick(probabilities, ids, to_device(keys, device)), WIDER)


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


def _pick(probabilities: Tensor, ids: Tensor, keys: Tensor) -> Tensor:
    """A token of each row, `[rows]`, drawn with these probabilities.

    Each token has a waiting time, exponential at the rate of its probability, and the first one
    wins. A token's own chance comes of its id and the row's key. So where logits differ in their
    last digits, as they do with what else is in a batch, hardly a draw does: tokens that are
    about as likely as each other would else change places, and all that come after them.
    """
    waits = -_uniform(ids, keys[:, None]).log()
    first = (probabilities.double() / waits).argmax(-1, keepdim=True)
    return ids.gather(1, first).flatten()


def _uniform(ids: Tensor, keys: Tensor) -> Tensor:
    """For each id and key a number in (0, 1), as if drawn anew: SplitMix64, on any device."""
    x = (ids + 1) * -0x61C8864680B583EB + keys
    x = (x ^ (x >> 30 & (1 << 34) - 1)) * -0x40A7B892E31B1A47
    x = (x ^ (x >> 27 & (1 << 37) - 1)) * -0x6B2FB644ECCEEE15
    x = x ^ (x >> 31 & (1 << 33) - 1)
    return ((x >> 11 & (1 << 53) - 1).double() + 0.5) * 2.0**-53
