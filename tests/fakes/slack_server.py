"""A Slack on the loopback interface, for the unmodified Bolt and slack_sdk to talk to.

It speaks the Web API, Socket Mode and the Events API over HTTP as far as the bot uses them, refuses
what Slack refuses, and can fail as Slack fails (`faults`, `deliveries`). A test plays the people,
and looks at what the bot did. It knows nothing of the bot. The parts are in slack_api/.

slack_sdk is led here by base_url=`api_url`. What the bot sends wrongly is in `complaints`, which is
to be empty at the end of every test.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.shared.listening import listen
from tests.fakes.slack_api.api import PREFIX, Api, Complaint, Request
from tests.fakes.slack_api.assistants import Assistants, Thread
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.chat import Chat
from tests.fakes.slack_api.conversations import Conversations
from tests.fakes.slack_api.deliveries import Deliveries, Delivery
from tests.fakes.slack_api.faults import Faults
from tests.fakes.slack_api.files import Files
from tests.fakes.slack_api.hooks import Hooks
from tests.fakes.slack_api.installs import Installs
from tests.fakes.slack_api.interactions import Interactions
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import Json, User
from tests.fakes.slack_api.pace import Pace
from tests.fakes.slack_api.people import Stage
from tests.fakes.slack_api.places import Places
from tests.fakes.slack_api.pushes import Pushes
from tests.fakes.slack_api.sockets import Sockets
from tests.fakes.slack_api.streams import Streams
from tests.fakes.slack_api.views import View, Views
from tests.fakes.slack_api.world import Ping, World


class SlackServer(Places):
    """An asynchronous context manager that serves from its entry to its exit.

    There is one workspace, `team`, from the start.

    signing_secret, client_id, client_secret, app_token: the app's
    scopes: what its tokens are told to have
    events: what it is subscribed to, as "app_mention" and "message.im"; None is everything
    echoes: whether it hears of its own messages, as apps on Slack do
    seed: of all chances
    keep: how many requests, and how many deliveries, are kept; None keeps all
    """

    def __init__(
        self,
        *,
        signing_secret: str = "signing-secret",
        client_id: str = "client.id",
        client_secret: str = "client-secret",
        app_token: str = "xapp-token",
        scopes: str = "app_mentions:read,chat:write,files:read,im:history",
        events: Iterable[str] | None = None,
        echoes: bool = True,
        seed: int = 0,
        keep: int | None = None,
    ) -> None:
        subscribed = None if events is None else set(events)
        self.world = World("A0000000000", app_token, subscribed, echoes)
        self.faults = Faults(seed)
        self.pace = Pace(self.world.clock.now)
        self.deliveries = Deliveries(self.world, seed, keep=keep)
        self.world.emit = self.deliveries.emit
        self.sockets = Sockets(self.world, self.deliveries)
        self.pushes = Pushes(self.world, self.deliveries, signing_secret)
        self.deliveries.carriers = {"socket": self.sockets.carry, "http": self.pushes.carry}
        self.api = Api(self.world, self.faults, self.pace, scopes, keep)
        chat = Chat(self.world, self.api)
        self.assistants = Assistants(self.world, self.api)
        self.streams = Streams(self.world, self.api, chat, self.assistants)
        self.views = Views(self.world, self.api)
        self.hooks = Hooks(self.world, chat)
        self.installs = Installs(
            self.world, self.api, self.sockets.ticket, client_id, client_secret
        )
        self.files = Files(self.world, self.api)
        Conversations(self.world, self.api)
        interactions = Interactions(self.world, self.hooks, self.views)
        self.stage = Stage(self.world, interactions, self.streams)
        self.signing_secret = signing_secret
        self.client_id = client_id
        self.client_secret = client_secret
        self.app_token = app_token
        self.team = self.world.team("職場")

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/link/", self.sockets.handle)
        app.router.add_post("/hooks/{id}", self.hooks.handle)
        app.router.add_route("*", PREFIX + "{method}", self.api.handle)
        app.add_routes(self.files.routes())
        self._runner, port = await listen(app, now=self.world.clock.now)
        self.world.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.deliveries.close()
        self.sockets.open = False
        self.drop_sockets()
        await self.until(lambda: not self.sockets.connected)
        await self.pushes.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """The base of the Web API."""
        return self.world.url + PREFIX

    @property
    def token(self) -> str:
        """The bot's token in the first workspace."""
        return self.team.token

    @property
    def bot(self) -> User:
        """The bot in the first workspace."""
        return self.team.bot

    def listen_at(self, url: str) -> None:
        """Deliver everything by requests to this address, from now on, not through sockets."""
        self.pushes.url = url
        self.deliveries.over = ("http",)

    def deliver_again(self, delivery: Delivery) -> None:
        """Deliver something once more, with the same event_id, however long ago it was."""
        self.deliveries.emit(delivery.notice)

    def drop_sockets(self) -> None:
        """End all connections abruptly."""
        for socket in self.sockets.connected:
            socket.abort()

    def advance(self, seconds: float) -> None:
        """Move the server's clock: streams, triggers, response_urls, limits, and every ts."""
        self.world.clock.ahead += seconds

    async def ready(self, connections: int = 1) -> None:
        """Wait until the bot has so many connections."""
        await self.until(lambda: len(self.sockets.connected) >= connections)

    async def settled(self, within: float = 200.0) -> None:
        """Wait until nothing is under way: all is acknowledged, or lost after its retries."""
        await self.until(lambda: not self.deliveries.pending, within)

    async def until(self, holds: Callable[[], object], within: float = 200.0) -> None:
        """Wait until something holds; raises TimeoutError after so many seconds."""
        await self.world.until(holds, within)

    def bot_messages(self, channel: Channel, thread_ts: str | None = None) -> list[Message]:
        """The bot's own messages in a channel, or in one of its threads, oldest first."""
        found = channel.messages() if thread_ts is None else channel.thread(thread_ts)
        return [each for each in found if each.user is channel.team.bot and not each.deleted]

    async def replies(
        self, channel: Channel, count: int = 1, thread_ts: str | None = None
    ) -> list[Message]:
        """Wait until the bot has that many messages in a channel, none of them streaming."""

        def enough() -> bool:
            found = self.bot_messages(channel, thread_ts)
            return len(found) >= count and not any(each.streaming for each in found)

        await self.until(enough)
        return self.bot_messages(channel, thread_ts)

    def thread(self, channel: Channel, thread_ts: str = "") -> Thread:
        """The status, title and suggestions that the bot has set for a thread."""
        return self.assistants.thread(channel, thread_ts)

    def home(self, user: User) -> View | None:
        """What the bot has published as someone's home."""
        return self.views.homes.get(user)

    @property
    def modals(self) -> list[View]:
        """The modals that are open, oldest first."""
        return [each for each in self.views.modals if each.open]

    @property
    def counts(self) -> Counter[str]:
        """How often each method was called."""
        return self.api.counts

    @property
    def requests(self) -> deque[Request]:
        """The requests, oldest first, as far as they are kept."""
        return self.api.requests

    @property
    def complaints(self) -> list[Complaint]:
        """Requests with arguments that their methods do not take."""
        return self.api.complaints

    @property
    def pings(self) -> list[Ping]:
        """Messages of the bot that notify people."""
        return self.world.pings

    @property
    def late_acks(self) -> list[Delivery]:
        """What was acknowledged later than Slack waits."""
        return self.deliveries.late_acks

    @property
    def lost(self) -> list[Delivery]:
        """What was given up, unacknowledged."""
        return self.deliveries.lost

    @property
    def answers(self) -> list[Json]:
        """Everything that was sent to a response_url."""
        return self.hooks.answers
