"""A word of a text, with how it is read: what readings.py makes and furigana.py shows."""

from __future__ import annotations

from dataclasses import dataclass

from bot.study.reading.okurigana import Ruby


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in the text. Joined, the texts of all words are the text.

    `reading`: hiragana as it is written, "" where there is none (Latin words, punctuation, what
    was gone around). `spoken`: the same as it sounds, with わ え お for particles. `ruby`: the
    pieces of `text`, each with what stands above it. `pos`, `detail`, `base`: the part of speech
    as IPADIC names it and the plain form; empty where nothing was analysed.
    """

    text: str
    reading: str = ""
    spoken: str = ""
    ruby: tuple[Ruby, ...] = ()
    pos: str = ""
    detail: str = ""
    base: str = ""

    @property
    def is_particle(self) -> bool:
        """は が を に …"""
        return self.pos == "助詞"

    @property
    def has_ruby(self) -> bool:
        """Whether anything stands above it."""
        return any(piece.reading for piece in self.ruby)
