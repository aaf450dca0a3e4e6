"""The gateway: sockets, sessions, and the events that they are sent and sent again.

Speaks HELLO, IDENTIFY, heartbeats, RESUME, RECONNECT, INVALID_SESSION and REQUEST_GUILD_MEMBERS
over WebSocket, with or without compression. What the events say is World's.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_api.faults import Faults
from tests.fakes.discord_api.objects import Guild, Json
from tests.fakes.discord_api.sessions import HEARTBEAT, Session, Socket
from tests.fakes.discord_api.world import (
    GUILD_MEMBERS,
    GUILDS,
    MESSAGE_CONTENT,
    PRIVILEGED,
    Event,
    World,
)

IDENTIFY, PRESENCE, RESUME, RECONNECT = 2, 3, 6, 7
REQUEST_MEMBERS, INVALID_SESSION, HELLO, ACK = 8, 9, 10, 11


class Gateway:
    """The gateway's one endpoint, and what tests do to it."""

    def __init__(self, world: World, faults: Faults, heartbeat_interval: float) -> None:
        self.faults = faults
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.open = True
        self.identifies = 0
        self.resumes = 0
        self.heartbeats = 0
        self.presence: Json | None = None
        self._world = world
        self._heartbeat_ms = round(heartbeat_interval * 1000)

    def emit(self, event: Event) -> None:
        """Send an event to the sessions of its shard that have its intent."""
        for session in self.sessions.values():
            if session.owns(event.guild) and (not event.intent or session.intents & event.intent):
                payload = event.payload(bool(session.intents & MESSAGE_CONTENT))
                session.dispatch(event.name, self.faults.spoiled(event.name, payload))
                if session.socket is not None and self.faults.breaks_socket():
                    session.socket.abort()

    def ready(self) -> bool:
        """Whether every shard of some session has a socket."""
        live = {(each.shard, each.shards) for each in self.sessions.values() if each.socket}
        return any(all((shard, of) in live for shard in range(of)) for _, of in live)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, from HELLO to its end."""
        if not self.open:
            raise web.HTTPServiceUnavailable
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        socket = Socket(ws, request)
        self.sockets.add(socket)
        writer = asyncio.create_task(socket.write())
        socket.send(HELLO, {"heartbeat_interval": self._heartbeat_ms})
        ended = False
        try:
            while (message := await ws.receive()).type is WSMsgType.TEXT:
                self._receive(socket, json.loads(message.data))
            # Of the codes that a client may close with, these two end its session.
            ended = message.type is WSMsgType.CLOSE and message.data in (1000, 1001)
        finally:
            self.sockets.discard(socket)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._detach(socket, ended=ended)
        return ws

    def _detach(self, socket: Socket, *, ended: bool) -> None:
        session = socket.session
        if session is not None and session.socket is socket:
            session.socket = None
            if ended:
                self.sessions.pop(session.id, None)
        self._world.touch()

    def _receive(self, socket: Socket, payload: Json) -> None:
        op: int = payload["op"]
        data: Any = payload.get("d")
        if op == HEARTBEAT:
            self.heartbeats += 1
            if socket.session is not None and data is not None:
                socket.session.received(data)
            socket.send(ACK)
        elif op in (IDENTIFY, RESUME) and data["token"] != self._world.token:
            socket.close(4004)
        elif op == IDENTIFY:
            self._identify(socket, data)
        elif op == RESUME:
            self._resume(socket, data)
        elif socket.session is None:
            socket.close(4003)
        elif op == PRESENCE:
            self.presence = data
        elif op == REQUEST_MEMBERS:
            self._send_members(socket.session, data)
        self._world.touch()

    def _identify(self, socket: Socket, data: Json) -> None:
        self.identifies += 1
        shard, shards = data.get("shard") or (0, 1)
        asked = data["intents"]
        if not 0 <= shard < shards:
            return socket.close(4010)
        granted = sum(PRIVILEGED[name] for name in self._world.privileged)
        if asked & sum(PRIVILEGED.values()) & ~granted:
            return socket.close(4014)
        for old in list(self.sessions.values()):
            if old.socket is None and (old.shard, old.shards) == (shard, shards):
                del self.sessions[old.id]  # whoever identifies anew has forgotten it
        session = Session(f"session-{self.identifies}", shard, shards, asked, socket)
        self.sessions[session.id] = socket.session = session
        self.presence = data.get("presence")
        guilds = [g for g in self._world.guilds.values() if g.has_bot and session.owns(g)]
        application = {
            "id": str(self._world.application_id),
            "flags": application_flags(self._world),
        }
        ready = {
            "v": 10,
            "user": self._world.bot.payload(),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._world.gateway_url,
            "shard": [shard, shards],
            "application": application,
        }
        session.dispatch("READY", self.faults.spoiled("READY", ready))
        if asked & GUILDS:
            for guild in guilds:
                payload = guild_payload(self._world, guild, asked)
                session.dispatch("GUILD_CREATE", self.faults.spoiled("GUILD_CREATE", payload))

    def _resume(self, socket: Socket, data: Json) -> None:
        session = self.sessions.get(data["session_id"])
        first = session.backlog[0][0] if session and session.backlog else 0
        seq = data["seq"] or 0
        if session is None or not first - 1 <= seq <= session.seq:
            return socket.send(INVALID_SESSION, False)
        self.resumes += 1
        if session.socket is not None:
            session.socket.close(4000)
        session.socket, socket.session = socket, session
        session.received(seq)
        for _, text in session.backlog:
            socket.send_text(text)
        session.dispatch("RESUMED", {})

    def _send_members(self, session: Session, data: Json) -> None:
        guild = self._world.guilds[int(data["guild_id"])]
        ids = data.get("user_ids")
        members = [
            member.payload()
            for member in guild.members.values()
            if (str(member.user.id) in map(str, ids) if ids else True)
            and member.user.name.startswith(data.get("query") or "")
        ]
        chunk = {"guild_id": str(guild.id), "members": members, "chunk_index": 0, "chunk_count": 1}
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"nonce": data.get("nonce")})


def guild_payload(world: World, guild: Guild, intents: int) -> Json:
    """A guild as GUILD_CREATE has it: with all members only for those who may know them."""
    everyone = guild.members.values()
    known = [each for each in everyone if intents & GUILD_MEMBERS or each.user is world.bot]
    return guild.payload(known)


def application_flags(world: World) -> int:
    """The application's flags, of which those of the privileged intents are set as switched on."""
    bits = {"presences": 12, "guild_members": 14, "message_content": 18}
    return sum(1 << (bits[name] + world.limited) for name in world.privileged)
