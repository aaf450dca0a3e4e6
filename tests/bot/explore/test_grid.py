"""Which settings are tried."""

from __future__ import annotations

import pytest

from bot.decoding import BadSetting
from bot.errors import BotError
from bot.explore.grid import MOST, NAMES, grid
from bot.messages import Sampling

CARD = Sampling()
NOTHING = dict.fromkeys(NAMES)


def test_without_values_the_grid_is_around_the_model_card() -> None:
    """And holds what is set now, once."""
    cells = grid(NOTHING, CARD)
    assert len(cells) == 8 and [cell.number for cell in cells] == [*range(1, 9)]
    assert [cell.sampling for cell in cells if cell.now] == [CARD]


def test_values_are_combined_and_the_rest_stays_as_it_is_set() -> None:
    """What is set now comes last where no value is that."""
    base = Sampling(top_p=0.5, repetition_penalty=1.2)
    cells = grid(NOTHING | {"temperature": "0.5, 0.8", "top_k": "0、40"}, base)
    assert [(c.sampling.temperature, c.sampling.top_k) for c in cells] == [
        (0.5, 0), (0.5, 40), (0.8, 0), (0.8, 40), (1.0, 0),
    ]  # fmt: skip
    assert {c.sampling.top_p for c in cells} == {0.5} and cells[-1].now
    assert {c.sampling.repetition_penalty for c in cells} == {1.2}


def test_settings_that_choose_the_same_words_are_one_cell() -> None:
    """With temperature 0, or top_k 1, nothing else of what is drawn matters."""
    cells = grid(NOTHING | {"temperature": "0,1", "top_p": "0.5,0.9"}, CARD)
    assert [cell.greedy for cell in cells] == [True, False, False, False]
    same = grid(NOTHING | {"temperature": "0,1", "top_k": "1"}, CARD)
    assert len(same) == 2 and same[0].greedy


@pytest.mark.parametrize("values", ["warm", "9", "1,-1", "nan"])
def test_a_value_that_cannot_be_is_refused(values: str) -> None:
    """With the range, as /settings says it."""
    with pytest.raises(BadSetting, match="temperature must be a number from 0 to 5"):
        grid(NOTHING | {"temperature": values}, CARD)


def test_more_combinations_than_anybody_reads_are_refused() -> None:
    """Before a model is loaded."""
    many = ",".join(f"{n / 100}" for n in range(1, MOST + 2))
    with pytest.raises(BotError, match="too many"):
        grid(NOTHING | {"temperature": many}, CARD)
