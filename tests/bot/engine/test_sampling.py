"""The rules of `bot/engine/sampling.py`, against transformers' own processors."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from bot.engine.sampling import CANDIDATES, GREEDY_BELOW, Sampler, candidates
from bot.engine.sequence import Sequence
from bot.messages import Sampling

VOCABULARY = 5_000


def sequence(sampling: Sampling, prompt: tuple[int, ...] = (1, 2, 3)) -> Sequence:
    """A sequence with this sampling."""
    return Sequence(prompt, sampling, "c", 100)


def ours(scores: Tensor, top_k: int, top_p: float, width: int) -> tuple[Tensor, bool]:
    """Our distribution over the vocabulary, and whether `width` was enough."""
    probabilities, ids, enough = candidates(
        scores, torch.tensor([top_k]), torch.tensor([top_p]), width
    )
    full = torch.zeros_like(scores).scatter(1, ids, probabilities)
    return full / full.sum(), bool(enough[0])


@pytest.mark.parametrize("top_k", [0, 1, 40, 2_000])
@pytest.mark.parametrize("top_p", [0.1, 0.85, 1.0])
@pytest.mark.parametrize("spread", [0.1, 4.0])
def test_top_k_and_top_p_mean_what_they_mean_in_transformers(
    top_k: int, top_p: float, spread: float
) -> None:
    """The same distribution, by the short way where that is enough and by the full sort."""
    scores = torch.randn(1, VOCABULARY, generator=torch.Generator().manual_seed(1)) * spread
    warpers = LogitsProcessorList()
    if top_k:
        warpers.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        warpers.append(TopPLogitsWarper(top_p))
    theirs = warpers(torch.LongTensor([[0]]), scores).softmax(-1)

    full, enough = ours(scores, top_k, top_p, VOCABULARY)
    assert enough
    # A token exactly on the edge may fall either way: the sums are made in other orders.
    assert (full - theirs).abs().sum() < 2e-3
    short, enough = ours(scores, top_k, top_p, CANDIDATES)
    if enough:
        assert (short - full).abs().sum() < 1e-5
    else:
        assert spread == 0.1 or top_p == 1 or top_k > CANDIDATES


def test_a_greedy_token_is_the_largest_after_the_repetition_penalty() -> None:
    """The penalty covers prompt and reply, exactly as transformers applies it."""
    logits = torch.randn(1, 50, generator=torch.Generator().manual_seed(2)) * 3
    penalty = RepetitionPenaltyLogitsProcessor(1.8)
    q = sequence(Sampling(temperature=0, repetition_penalty=1.8), prompt=(4, 9))
    sampler, seen = Sampler(), [4, 9]
    for _ in range(20):
        expected = int(penalty(torch.tensor([seen]), logits.clone()).argmax())
        (token,) = sampler.sample(logits, [q])
        assert token == expected
        seen.append(token)
    assert len(set(seen)) > 4


def test_drawn_tokens_follow_the_distribution() -> None:
    """Frequencies of many draws match temperature, top_k and top_p as in transformers."""
    logits = torch.tensor([[2.0, 1.0, 0.5, 0.0, -1.0, -3.0]])
    warpers = LogitsProcessorList(
        [TemperatureLogitsWarper(1.5), TopKLogitsWarper(4), TopPLogitsWarper(0.9)]
    )
    expected = warpers(torch.LongTensor([[0]]), logits.clone()).softmax(-1)[0]
    q = sequence(Sampling(temperature=1.5, top_k=4, top_p=0.9, seed=3))
    sampler, draws = Sampler(), 4_000
    counts = Counter(sampler.sample(logits, [q])[0] for _ in range(draws))
    for token, probability in enumerate(expected.tolist()):
        assert counts[token] / draws == pytest.approx(probability, abs=0.04)
        assert counts[token] == 0 or probability > 0


def test_a_seeded_request_does_not_depend_on_its_neighbours() -> None:
    """Alone or in a batch, before or after others: the same tokens."""
    generator = torch.Generator().manual_seed(4)
    steps = [torch.randn(4, VOCABULARY, generator=generator) for _ in range(10)]
    settings = Sampling(temperature=1.0, top_p=0.85, seed=11)
    alone, q = Sampler(), sequence(settings)
    expected = [alone.sample(logits[2:3], [q])[0] for logits in steps]
    batch = [
        sequence(Sampling(temperature=0)),
        sequence(Sampling(temperature=2.0, top_p=1.0)),
        sequence(settings),
        sequence(Sampling(seed=11, repetition_penalty=1.2)),
    ]
    together = Sampler()
    assert [together.sample(logits, batch)[2] for logits in steps] == expected


@pytest.mark.parametrize("temperature", [1e-300, 1e-45, 1e-38, 1e-12])
def test_a_temperature_that_overflows_is_greedy(temperature: float) -> None:
    """Dividing by it would make every logit infinite, and any token as good as another."""
    logits = 30 * torch.randn(4, VOCABULARY, generator=torch.Generator().manual_seed(5))
    drawn = Sampler().sample(logits, [sequence(Sampling(temperature=temperature, top_p=1.0))] * 4)
    assert drawn == logits.argmax(-1).tolist()


def test_a_small_temperature_draws_what_is_nearly_sure() -> None:
    """The smallest that is no zero."""
    logits = torch.randn(4, VOCABULARY, generator=torch.Generator().manual_seed(5))
    drawn = Sampler().sample(logits, [sequence(Sampling(temperature=GREEDY_BELOW, top_p=1.0))] * 4)
    assert drawn == logits.argmax(-1).tolist()


def test_a_draw_outlives_the_last_digits_of_logits() -> None:
    """What a batch's other rows do to them changes no text, though likely tokens change places."""
    generator = torch.Generator().manual_seed(6)
    logits = torch.randn(1, 2000, generator=generator) / 10  # many are about as likely
    noise = torch.randn(200, 2000, generator=generator) * 1e-6
    settings = Sampling(temperature=1.3, top_p=1.0, seed=9)
    alone = [Sampler().sample(logits, [sequence(replace(settings, seed=n))]) for n in range(200)]
    others = [
        Sampler().sample(logits + row, [sequence(replace(settings, seed=n))])
        for n, row in enumerate(noise)
    ]
    assert alone == others


def test_without_a_seed_every_reply_is_drawn_anew() -> None:
    """Two requests with the same settings differ."""
    logits = torch.zeros(1, VOCABULARY)
    sampler, a, b = Sampler(), sequence(Sampling(top_p=1)), sequence(Sampling(top_p=1))
    assert [sampler.sample(logits, [a]) for _ in range(8)] != [
        sampler.sample(logits, [b]) for _ in range(8)
    ]


def test_a_top_p_of_nothing_leaves_the_likeliest_token() -> None:
    """There is always something to draw."""
    logits = torch.randn(1, VOCABULARY, generator=torch.Generator().manual_seed(5))
    assert Sampler().sample(logits, [sequence(Sampling(top_p=0.0))]) == [int(logits.argmax())]


def test_logits_that_are_not_numbers_fail() -> None:
    """A broken step is an error, not a reply of nonsense."""
    with pytest.raises(ValueError, match="not numbers"):
        Sampler().sample(torch.tensor([[1.0, float("nan")]]), [sequence(Sampling())])
