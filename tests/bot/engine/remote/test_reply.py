"""A remote reply ends where the model ended it, whoever knows of it."""

from __future__ import annotations

from bot.engine.remote.reply import RemoteReply
from bot.engine.remote.wire import Piece
from bot.messages import FinishReason
from tests.fakes.letters import CharacterTokenizer


def test_a_token_ends_a_reply_that_its_server_would_write_on() -> None:
    """Where the checkpoint does not name it, only its template."""
    reply = RemoteReply(CharacterTokenizer(), (), ends={ord("|")})
    assert reply.push(Piece(tokens=tuple(map(ord, "ab|user")))) == "ab"
    assert reply.stopped and not reply.finished
    assert reply.end(3).reason is FinishReason.END


def test_a_reply_that_its_server_ends_is_read_to_its_counts() -> None:
    """They come after its last token."""
    reply = RemoteReply(CharacterTokenizer(), (), ends={ord("|")})
    assert reply.push(Piece(tokens=(ord("a"), ord("|")), finished="stop")) == "a"
    assert not reply.stopped
    reply.push(Piece(usage={"completion_tokens": 7}))
    assert reply.end(3).generated_tokens == 7
