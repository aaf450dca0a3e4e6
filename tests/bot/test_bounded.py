from __future__ import annotations

from bot.bounded import Bounded


def test_the_oldest_is_forgotten() -> None:
    """What is set anew is the newest again; reading changes nothing."""
    entries: Bounded[str, int] = Bounded(3)
    for number, key in enumerate("abcad"):
        entries[key] = number
        assert entries.get("b", number) is not None
    assert list(entries.items()) == [("c", 2), ("a", 3), ("d", 4)]


def test_what_is_kept_is_bounded_by_its_weight() -> None:
    """Of long texts fewer are kept; one that is too long alone is not, nor does it push out
    the others."""
    texts: Bounded[int, str] = Bounded(10, lambda key, text: len(text))
    for number, length in enumerate([4, 4, 4, 1]):
        texts[number] = "x" * length
    assert list(texts) == [1, 2, 3]
    texts[9] = "x" * 11
    assert list(texts) == [1, 2, 3]
    texts[1] = "x" * 11  # what stood there is outdated
    assert list(texts) == [2, 3]
    del texts[2]
    texts[4] = "x" * 9
    assert list(texts) == [3, 4]


def test_it_is_a_dictionary() -> None:
    """With what dictionaries do."""
    entries: Bounded[str, int] = Bounded(9)
    entries.update(a=1, b=2)
    assert (entries.pop("a"), entries.pop("a", None), entries.get("b")) == (1, None, 2)
    assert "b" in entries and len(entries) == 1 and next(iter(entries)) == "b"
    entries.clear()
    assert not entries
