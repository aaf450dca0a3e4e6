"""How replies that are held to a level are measured; the figures themselves are the model's."""

from __future__ import annotations

from bot.prompt import RinnaFormat
from bot.study.evaluation.held import PROMPTS, SEEDS, Examiner, Figures
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer


def judge(level: str, text: str) -> tuple[int, int]:
    """A character is a word, 難 one above the level, Latin letters none."""
    assert level == "n5"
    return text.count("難"), sum(not letter.isascii() for letter in text)


async def test_the_figures_are_those_of_the_chosen_candidates() -> None:
    """The one with the least share above the level; one without Japanese is no easy one."""
    generator = FakeGenerator([["難難"], ["難い"], ["please"]] * SEEDS)
    examiner = Examiner(generator, RinnaFormat(CharacterTokenizer()), judge)
    figures = await examiner.figures("n5", 3, ("はい。",))
    assert (figures.words, figures.above) == (2 * SEEDS, SEEDS)
    assert (figures.replies, figures.clean) == (SEEDS, 0)
    assert len({request.sampling.seed for request in generator.requests}) == 3 * SEEDS


def test_a_line_says_the_shares() -> None:
    """In percent, with how many there were."""
    line = Figures(words=8, above=2, replies=4, clean=3, seconds=0.2).line(4)
    assert " 75.0% of 8 words" in line and " 75.0% of 4 replies" in line and "200 ms" in line


def test_there_are_enough_prompts() -> None:
    """Thirty at the least, all different."""
    prompts = [prompt for kind in PROMPTS.values() for prompt in kind]
    assert len(set(prompts)) == len(prompts) >= 30
