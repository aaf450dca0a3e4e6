from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import OptedOut
from bot.limits import RateLimiter, TooFast
from bot.messages import ConversationKey, FinishReason, IncomingMessage
from bot.policy import MODE, Mode, Policy
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, SENT_AT, incoming

EARLIER, LATER = SENT_AT - timedelta(hours=1), SENT_AT + timedelta(microseconds=1)
THREAD = replace(CHANNEL, thread="t")
ANSWERED, KEPT, IGNORED = "answered", "kept", "ignored"


async def outcome(
    store: SqlStore,
    message: IncomingMessage,
    mode: Mode | None = None,
    policy: Policy | None = None,
) -> str:
    """What becomes of a message."""
    settings = {} if mode is None else {MODE: mode.value}
    known = replace(await store.known(message), settings=settings)
    answered = (policy or Policy()).decide(message, known)
    if answered is None:
        return IGNORED
    return ANSWERED if answered else KEPT


async def begin_reply(store: SqlStore, conversation: ConversationKey, shown: str = "p1") -> int:
    """Have the bot begin a reply in a conversation; the reply's id."""
    stored = await store.add_message(incoming("m1", conversation=conversation))
    reply = await store.start_reply(stored.conversation_id, stored.message_id)
    assert reply is not None
    await store.record_sent(reply.id, [shown])
    return reply.id


@pytest.mark.parametrize(
    ("mode", "to_bot", "to_nobody", "to_others"),
    [
        (Mode.MENTION, ANSWERED, IGNORED, IGNORED),
        (Mode.ALWAYS, ANSWERED, ANSWERED, KEPT),
        (Mode.OFF, IGNORED, IGNORED, IGNORED),
    ],
)
async def test_what_is_answered_and_kept_in_each_mode(
    store: SqlStore, mode: Mode, to_bot: str, to_nobody: str, to_others: str
) -> None:
    """`mention`: what is for the bot; `always`: all but what is for others; `off`: nothing."""
    assert await outcome(store, incoming("m"), mode) == to_bot
    assert await outcome(store, incoming("m", addressed=False), mode) == to_nobody
    others = incoming("m", addressed=False, to_others=True)
    assert await outcome(store, others, mode) == to_others


async def test_a_mention_of_the_bot_and_of_others_is_answered(store: SqlStore) -> None:
    """It is for the bot, too."""
    assert await outcome(store, incoming("m", to_others=True)) == ANSWERED


async def test_a_direct_message_is_answered_whatever_the_mode(store: SqlStore) -> None:
    """There is no channel that could be set to off."""
    assert await outcome(store, incoming("m", private=True), Mode.OFF) == ANSWERED


async def test_a_channel_that_says_nothing_has_the_operators_mode(store: SqlStore) -> None:
    """The channel's own wins."""
    always = Policy(Mode.ALWAYS)
    message = incoming("m", addressed=False)
    assert await outcome(store, message, policy=always) == ANSWERED
    assert await outcome(store, message, Mode.MENTION, always) == IGNORED
    assert (Policy().mode_in({}), Policy().mode_in({MODE: "off"})) == (Mode.MENTION, Mode.OFF)


async def test_a_follow_up_in_a_thread_in_which_the_bot_spoke_is_answered(store: SqlStore) -> None:
    """Not in another thread, not in the channel, not what is said to somebody else."""
    reply = await begin_reply(store, THREAD)
    await store.finish_reply(reply, "はい", FinishReason.END)
    follow_up = incoming("m2", conversation=THREAD, addressed=False)
    assert await outcome(store, follow_up) == ANSWERED
    assert await outcome(store, replace(follow_up, to_others=True)) == IGNORED
    elsewhere = (CHANNEL, replace(CHANNEL, thread="t2"))
    for conversation in elsewhere:
        assert await outcome(store, replace(follow_up, conversation=conversation)) == IGNORED


async def test_a_follow_up_while_the_threads_first_reply_is_written_is_answered(
    store: SqlStore,
) -> None:
    """Its first words can be read already, so what is added is for the bot."""
    await begin_reply(store, THREAD)
    follow_up = incoming("m2", conversation=THREAD, addressed=False)
    assert await outcome(store, follow_up) == ANSWERED


async def test_what_was_said_in_a_thread_before_the_bot_was_asked_is_not_answered(
    store: SqlStore,
) -> None:
    """Though it comes in afterwards, as what was said while the bot was away does."""
    await begin_reply(store, THREAD)
    before = incoming("m0", conversation=THREAD, addressed=False, sent_at=EARLIER)
    assert await outcome(store, before) == IGNORED
    assert await outcome(store, replace(before, sent_at=LATER)) == ANSWERED


@pytest.mark.parametrize(
    ("thread", "root"), [("p1", None), ("t", "p1")], ids=["named after it", "begun at it"]
)
async def test_a_thread_that_began_at_a_reply_is_a_thread_with_the_bot(
    store: SqlStore, thread: str, root: str | None
) -> None:
    """Its first message needs no mention."""
    await begin_reply(store, CHANNEL, shown="p1")
    key = replace(CHANNEL, thread=thread)
    first = incoming("m2", conversation=key, addressed=False, thread_root=root)
    assert await outcome(store, first) == ANSWERED


async def test_of_who_opted_out_nothing_is_kept(store: SqlStore) -> None:
    """They are told only where they speak to the bot; silence where they do not."""
    await store.opt_out("console", "u1", True)
    with pytest.raises(OptedOut):
        await outcome(store, incoming("m"))
    assert await outcome(store, incoming("m", addressed=False), Mode.ALWAYS) == IGNORED
    others = incoming("m", addressed=False, to_others=True)
    assert await outcome(store, others, Mode.ALWAYS) == IGNORED
    assert await outcome(store, incoming("m", author="u2")) == ANSWERED


async def test_a_person_may_ask_so_often_and_a_channel_too(store: SqlStore) -> None:
    """A person's limit holds over all channels, a channel's over all people and threads."""
    policy = Policy(per_user=RateLimiter(1), per_channel=RateLimiter(2))
    assert await outcome(store, incoming("m"), policy=policy) == ANSWERED
    elsewhere = incoming("m", conversation=replace(CHANNEL, channel="other"))
    with pytest.raises(TooFast, match="1 messages"):
        await outcome(store, elsewhere, policy=policy)
    thread = incoming("m", conversation=THREAD, author="u2")
    assert await outcome(store, thread, policy=policy) == ANSWERED
    with pytest.raises(TooFast, match="2 messages"):
        await outcome(store, incoming("m", author="u3"), policy=policy)


async def test_what_is_not_answered_counts_for_no_limit(store: SqlStore) -> None:
    """People who talk among themselves use nothing up."""
    policy = Policy(per_user=RateLimiter(1), per_channel=RateLimiter(1))
    others = incoming("m", addressed=False, to_others=True)
    for mode in (Mode.MENTION, Mode.ALWAYS, Mode.OFF):
        for _ in range(3):
            await outcome(store, others, mode, policy)
    assert await outcome(store, incoming("m"), policy=policy) == ANSWERED


async def test_too_much_talk_in_an_always_channel_is_kept_and_not_scolded(
    store: SqlStore,
) -> None:
    """Nobody there asked the bot; who mentions it is told."""
    policy = Policy(Mode.ALWAYS, per_channel=RateLimiter(1))
    talk = incoming("m", addressed=False)
    assert await outcome(store, talk, policy=policy) == ANSWERED
    assert await outcome(store, talk, policy=policy) == KEPT
    with pytest.raises(TooFast):
        await outcome(store, incoming("m"), policy=policy)


async def test_what_was_forgotten_is_not_taken_in_again(store: SqlStore) -> None:
    """Though a platform delivers it once more; what is said later is."""
    message = incoming("m1")
    await store.add_message(message)
    await store.forget_member(CHANNEL.platform, message.author_id)
    assert await outcome(store, message) == IGNORED
    assert await outcome(store, replace(message, id="m0", sent_at=EARLIER)) == IGNORED
    assert await outcome(store, replace(message, id="m2", sent_at=LATER)) == ANSWERED
