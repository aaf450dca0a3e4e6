"""A soak of the bot on Slack: `python -m tests.soak_slack`, some minutes.

The real client, store and engine with the built-in model, on a Slack that delivers each event one
to four times, in random order and in both its shapes, by Socket Mode and by HTTP at once, drops
sockets and limits rates. In each channel somebody asks one question after the other, in the
channel, in a thread or in direct messages; each must get exactly one reply. Prints how that went
and what memory it took; exit code 1 if not.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from adapters.slack.outlet import PART
from bot.app import open_app
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import is_finished
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer
from tests.soaking import FIRST, QUESTIONS, command, megabytes, settings_in

WAYS = (("socket",), ("http",), ("socket", "http"))


@dataclass
class Soak:
    """One run: who asks what, and what came of it."""

    server: SlackServer
    messages: int
    places: list[tuple[Channel, Person]]
    random: random.Random = field(default_factory=lambda: random.Random(1))
    asked: list[tuple[Channel, Message]] = field(default_factory=list)
    answered: int = 0
    delivered: Counter[int] = field(default_factory=Counter)
    early: float = 0.0

    async def run(self) -> bool:
        """Ask everything; whether all was answered exactly once."""
        started = time.monotonic()
        share, rest = divmod(self.messages, len(self.places))
        talks = [self._talk(*place, share + (n < rest)) for n, place in enumerate(self.places)]
        await asyncio.gather(*talks)
        await self.server.settled(300)
        took, late = time.monotonic() - started, megabytes()
        once = sum(self._replies(*each) == 1 for each in self.asked)
        strays = self._strays()
        server, growth = self.server, late / self.early - 1 if self.early else 0.0
        print(f"{once} of {len(self.asked)} answered exactly once, {strays} stray messages")
        times = ", ".join(f"{number} x {n}" for n, number in sorted(self.delivered.items()))
        print(f"events were delivered: {times} times; {server.sockets.connects} sockets")
        print(f"{server.counts.total()} requests; {took:.0f} s")
        streamed = server.counts["chat.startStream"]
        print(f"{streamed} streams; {len(server.complaints)} requests that Slack would refuse")
        print(f"memory {self.early:.0f} MB after {FIRST}, {late:.0f} MB at the end: {growth:+.1%}")
        return once == len(self.asked) == self.messages and not strays and not server.complaints

    async def _talk(self, channel: Channel, person: Person, number: int) -> None:
        thread: str | None = None
        for turn in range(number):
            follow_up = thread if turn % 4 == 3 else None
            text = QUESTIONS[turn % len(QUESTIONS)]
            mention = "" if channel.is_dm or follow_up else f"{self.server.bot.mention} "
            question = self._says(person, channel, mention + text, follow_up)
            self.asked.append((channel, question))
            await self.server.until(partial(self._finished, channel, question), within=600)
            thread = question.thread_ts or question.ts
            self.answered += 1
            if self.answered == FIRST:
                self.early = megabytes()
            if self.answered % FIRST == 0:
                print(f"{self.answered} answered, {megabytes():.0f} MB", flush=True)

    def _says(self, person: Person, channel: Channel, text: str, thread: str | None) -> Message:
        """Say something whose events come one to four times, over one transport or both."""
        deliveries = self.server.deliveries
        deliveries.over = self.random.choice(WAYS)
        deliveries.copies = self.random.randint(1, 4 // len(deliveries.over))
        self.server.stage.mention_first = self.random.random() < 0.5
        self.delivered[deliveries.copies * len(deliveries.over)] += 1
        message = person.says(channel, text, thread)
        deliveries.over, deliveries.copies = ("socket",), 1  # of the bot's own echoes
        return message

    def _finished(self, channel: Channel, question: Message) -> bool:
        after = [m for m in self._thread(channel, question) if m.ts > question.ts]
        return any(is_finished(message) for message in after)

    def _replies(self, channel: Channel, question: Message) -> int:
        """How many replies stand between a question and the next one in its thread."""
        said = sorted(channel.thread(question.thread_ts or question.ts), key=lambda m: m.ts)
        behind = [m for m in said if m.ts > question.ts]
        count = 0
        for message in behind:
            if message.user is not self.server.bot:
                break
            count += is_finished(message)
        return count

    def _thread(self, channel: Channel, question: Message) -> list[Message]:
        return self.server.bot_messages(channel, question.thread_ts or question.ts)

    def _strays(self) -> int:
        """Messages of the bot that are no part of a finished reply."""
        found = 0
        for channel, _ in self.places:
            for message in self.server.bot_messages(channel):
                part = (message.metadata or {}).get("event_type") == PART
                found += not (part and is_finished(message))
        return found


async def soak(messages: int, channels: int) -> bool:
    """Run it; whether everything was answered exactly once."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(folder)
        async with SlackServer(seed=1, keep=100) as server, open_app(settings, print) as parts:
            by_socket = serving(server, parts.chat, mode="socket", edit_seconds=0.2)
            by_http = serving(server, parts.chat, mode="http", edit_seconds=0.2)
            async with by_socket, by_http:
                server.deliveries.shuffled, server.deliveries.drop = True, 0.05
                server.faults.rate_limited = 0.05
                places = []
                for number in range(channels):
                    person = server.person(f"u{number}")
                    in_dm = number % 10 == 9
                    place = person.dm if in_dm else server.channel(f"c{number}", person)
                    places.append((place, person))
                return await Soak(server, messages, places).run()


if __name__ == "__main__":
    command("Soak the bot on a Slack that fails.", soak)
