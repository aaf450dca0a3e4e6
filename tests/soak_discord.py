"""A soak of the bot on Discord: `python -m tests.soak_discord`, some minutes.

The real client, store and engine with the built-in model, on a Discord that drops sockets,
limits rates and fails. In each channel somebody asks one question after the other; each must
get exactly one reply. Prints how that went and what memory it took; exit code 1 if not.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter

from bot.app import open_app
from tests.adapters.discord.serving import serving
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.objects import User
from tests.fakes.discord_server import DiscordServer
from tests.soaking import FIRST, QUESTIONS, command, megabytes, settings_in


async def soak(messages: int, channels: int) -> bool:
    """Run it; whether everything was answered exactly once in steady memory."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(folder)
        async with (
            DiscordServer(privileged=["message_content"], seed=1, keep=100) as server,
            open_app(settings, print) as parts,
            serving(server, parts.chat, edit_seconds=0.2, catch_up_minutes=60),
        ):
            return await _run(server, messages, channels)


async def _run(server: DiscordServer, messages: int, channels: int) -> bool:
    tanaka = server.user("tanaka")
    guild = server.guild("soak", tanaka)
    places = [server.channel(guild, f"c{number}") for number in range(channels)]
    faults = server.faults
    faults.dropped, faults.rate_limited, faults.server_error = 0.05, 0.05, 0.02
    started, answered = time.monotonic(), Counter[int]()
    early = 0.0

    async def talk(place: Channel, number: int) -> None:
        nonlocal early
        for turn in range(number):
            await _ask(server, place, tanaka, QUESTIONS[turn % len(QUESTIONS)])
            answered[place.id] += 1
            count = answered.total()
            if count == FIRST:
                early = megabytes()
            if count % FIRST == 0:
                print(f"{count} answered, {megabytes():.0f} MB", flush=True)

    share, rest = divmod(messages, channels)
    await asyncio.gather(*(talk(p, share + (n < rest)) for n, p in enumerate(places)))
    took, late = time.monotonic() - started, megabytes()
    replies = Counter(
        message.reply_to.id
        for place in places
        for message in server.bot_messages(place)
        if message.reply_to is not None
    )
    asked = [m for place in places for m in server.messages(place) if m.author is tanaka]
    exactly_once = sum(replies[m.id] == 1 for m in asked)
    strays = sum(m.reply_to is None for place in places for m in server.bot_messages(place))
    growth = late / early - 1 if early else 0.0
    print(f"{exactly_once} of {len(asked)} answered exactly once, {strays} stray messages")
    print(f"memory {early:.0f} MB after {FIRST}, {late:.0f} MB at the end: {growth:+.1%}")
    print(f"{server.gateway.resumes} resumes, {server.counts.total()} requests, {took:.0f} s")
    return exactly_once == len(asked) == messages and not strays and growth <= 0.1


async def _ask(server: DiscordServer, place: Channel, user: User, text: str) -> None:
    question = server.user_says(place, user, f"{server.bot.mention} {text}")

    def complete() -> bool:
        return any(
            m.reply_to is question and "kaiwa:good" in m.custom_ids
            for m in reversed(server.bot_messages(place)[-3:])
        )

    await server.until(complete, within=300)


if __name__ == "__main__":
    command("Soak the bot on a Discord that fails.", soak)
