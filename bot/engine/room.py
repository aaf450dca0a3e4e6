"""How the memory for conversations is divided: the longest context, and the tokens kept in all.

A model of 131,072 tokens would take all memory for one conversation: where nobody has set a
length, a context is at most a quarter of what there is room for. Knows no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.engine.errors import LoadError

LEAST = 2048  # tokens of context that are tried for, whatever is free, where a model has them
CONVERSATIONS = 4  # of the longest kind, that are kept side by side


@dataclass(frozen=True, slots=True)
class Room:
    """`context` is the longest prompt and reply, `cache` what is kept in all; both in tokens."""

    context: int
    cache: int


def divide(
    model: int, fits: int, places: int, context_length: int | None, cache_tokens: int | None
) -> Room:
    """The room for a model of so many tokens, where `fits` of them fit and `places` are served.

    `context_length` and `cache_tokens` are what is set, None: nothing. What is set holds; a
    context is never longer than the model's, nor than the cache.
    """
    longest = min(model, context_length or model)
    if cache_tokens is not None:
        return Room(min(longest, cache_tokens), cache_tokens)
    if context_length is None:
        longest = min(longest, max(LEAST, fits // CONVERSATIONS))
    return Room(longest, max(longest, min(fits, 2 * places * longest)))


def no_room(
    room: Room, size: int, device: str, context_length: int | None, cache_tokens: int | None
) -> LoadError:
    """The error where a device has no memory for it; it names the setting that mends it."""
    if cache_tokens is not None:
        english = "Lower [engine] cache_tokens"
        japanese = "[engine] cache_tokens を小さくするか"
    elif context_length is not None:
        english = "Lower [engine] context_length"
        japanese = "[engine] context_length を小さくするか"
    else:
        english = f"Set [engine] context_length to less than {room.context}"
        japanese = f"[engine] context_length を {room.context} より小さく設定するか"
    return LoadError(
        f"The conversations' cache of {room.cache:,} tokens needs {size / 1e9:.1f} GB on "
        f"{device}, which is not free. {english}, or close other programs.",
        f"会話のキャッシュ（{room.cache:,}トークン）に {device} で{size / 1e9:.1f}GB必要ですが、"
        f"空きがありません。{japanese}、他のプログラムを終了してください。",
    )
