"""A Discord on the loopback interface, for the unmodified discord.py client to talk to.

It speaks the gateway and the REST API that the bot uses, refuses what Discord refuses, and can
fail as Discord fails (`faults`). A test plays the users, and looks at what the bot did. It knows
nothing of the bot. The parts are in discord_api/.

discord.py is led here by setting discord.http.Route.BASE to `api_url` and
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY to yarl.URL(`gateway_url`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.discord_api.callbacks import Callbacks
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.faults import Faults
from tests.fakes.discord_api.gateway import INVALID_SESSION, RECONNECT, Gateway
from tests.fakes.discord_api.http import PREFIX, Api, Request
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_api.objects import Json
from tests.fakes.discord_api.posts import Ping, Posts
from tests.fakes.discord_api.routes import Routes
from tests.fakes.discord_api.users import Users
from tests.fakes.discord_api.world import World
from tests.fakes.shared.listening import listen


class DiscordServer(Users):
    """An asynchronous context manager that serves from its entry to its exit.

    token: the bot's; others are refused with 401 and, at the gateway, 4004
    privileged: the intents that are switched on: "message_content", "guild_members", "presences"
    limited: show them in the application's flags as those of a small bot are shown
    shards: how many GET /gateway/bot asks for
    heartbeat_interval: in seconds
    seed: of the chances in `faults`
    keep: how many are kept of requests, pings, users' files, a message's earlier texts, and
        interactions, of which the others cannot be answered any more; None keeps all
    keep_messages: how many messages a channel keeps; None keeps all
    """

    def __init__(
        self,
        *,
        token: str = "token",
        privileged: Iterable[str] = (),
        limited: bool = True,
        shards: int = 1,
        heartbeat_interval: float = 41.25,
        seed: int = 0,
        keep: int | None = None,
        keep_messages: int | None = None,
    ) -> None:
        self.faults = Faults(seed)
        self._world = World(token, set(privileged), limited, shards, keep, keep_messages)
        self.gateway = Gateway(self._world, self.faults, heartbeat_interval)
        self._world.emit = self.gateway.emit
        self._api = Api(self._world, self.faults)
        self._posts = Posts(self._world)
        self._callbacks = Callbacks(self._world, self._posts, self._api)
        Routes(self._world, self._posts, self.gateway, self._api)
        self._api.add_unknown()
        self.token = token
        self.bot = self._world.bot
        self.application_id = self._world.application_id

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/attachments/{id}/{name}", self._file)
        app.add_routes(self._api.routes)
        self._runner, port = await listen(app, now=self._world.clock.now)
        self._world.api_url = f"http://127.0.0.1:{port}{PREFIX}"
        self._world.gateway_url = f"ws://127.0.0.1:{port}/gateway"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gateway.open = False
        self.drop_sockets()
        await self.until(lambda: not self.gateway.sockets)
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """The base of the REST API."""
        return self._world.api_url

    @property
    def gateway_url(self) -> str:
        """Where the gateway is."""
        return self._world.gateway_url

    def drop_sockets(self, code: int | None = None) -> None:
        """End all connections of the gateway: with a close code, or abruptly without one."""
        for socket in self.gateway.sockets:
            socket.abort() if code is None else socket.close(code)

    def fall_silent(self) -> None:
        """Say nothing more by the connections that there are, which stay open: neither an event nor
        that a heartbeat came."""
        for socket in self.gateway.sockets:
            socket.silent = True

    def lose_shard(self, shard: int) -> None:
        """Forget a shard's sessions and end its connections abruptly."""
        lost = [s for s in self.gateway.sockets if s.session and s.session.shard == shard]
        for id, session in list(self.gateway.sessions.items()):
            if session.shard == shard:
                del self.gateway.sessions[id]
        for socket in lost:
            socket.abort()

    def ask_reconnect(self) -> None:
        """Ask all connections to reconnect and resume."""
        for socket in self.gateway.sockets:
            socket.send(RECONNECT)

    def invalidate_sessions(self, *, quiet: bool = False) -> None:
        """Forget all sessions; unless `quiet`, their clients learn it now, not at their RESUME."""
        self.gateway.sessions.clear()
        for socket in self.gateway.sockets:
            if socket.session is not None and not quiet:
                socket.send(INVALID_SESSION, False)

    def advance(self, seconds: float) -> None:
        """Move the server's clock: the deadlines of interactions, nonces, and the times of ids.

        Backwards only before the first message: ids never fall.
        """
        self._world.clock.ahead += seconds

    async def ready(self) -> None:
        """Wait until all shards of the bot are connected."""
        await self.until(self.gateway.ready)

    async def until(self, holds: Callable[[], object], within: float = 200.0) -> None:
        """Wait until something holds; raises TimeoutError after so many seconds.

        It is looked at after every change here, and every so often for changes elsewhere.
        """
        await self._world.until(holds, within)

    def messages(self, channel: Channel) -> list[Message]:
        """A channel's messages as they stand, oldest first."""
        return channel.messages()

    def bot_messages(self, channel: Channel) -> list[Message]:
        """The bot's own messages in a channel, oldest first."""
        return [message for message in channel.messages() if message.author is self.bot]

    async def replies(self, channel: Channel, count: int = 1) -> list[Message]:
        """Wait until the bot has posted so many messages in a channel."""
        await self.until(lambda: len(self.bot_messages(channel)) >= count)
        return self.bot_messages(channel)

    @property
    def commands(self) -> dict[int | None, list[Json]]:
        """The registered commands by guild; None has the global ones."""
        return self._world.commands

    @property
    def counts(self) -> Counter[str]:
        """How often each route was asked: `counts["POST /channels/{channel}/messages"]`."""
        return self._api.counts

    @property
    def requests(self) -> deque[Request]:
        """The requests, oldest first, as far as they are kept."""
        return self._api.requests

    @property
    def pings(self) -> deque[Ping]:
        """Sends and edits that leave Discord free to ping users, roles or everyone."""
        return self._posts.pings

    @property
    def reply_pings(self) -> deque[Ping]:
        """Sends and edits of replies that ping the author of what they reply to."""
        return self._posts.reply_pings

    async def _file(self, request: web.Request) -> web.Response:
        for file in self._world.files:
            if str(file.id) == request.match_info["id"]:
                return web.Response(body=file.content)
        raise web.HTTPNotFound
