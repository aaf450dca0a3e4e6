"""Files: the three steps of an upload, and what the app can load."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.slack_api import events
from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.chat import writable
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import File, Json
from tests.fakes.slack_api.world import World


@dataclass(slots=True)
class Files:
    """The methods, and the addresses of uploads and downloads. Adds itself to the API.

    downloads: the names of the files that were asked for
    redirect: where downloads are sent to, as Slack may send who is not logged in
    """

    world: World
    api: Api
    downloads: list[str] = field(default_factory=list)
    redirect: str = ""

    def __post_init__(self) -> None:
        self.api.add("files.getUploadURLExternal", self._begin)
        self.api.add("files.completeUploadExternal", self._complete)
        self.api.add("files.info", self._info)

    def routes(self) -> list[web.RouteDef]:
        """Where contents are sent to and loaded from."""
        return [web.post("/upload/{id}", self._upload), web.get("/files/{id}", self._download)]

    def _begin(self, call: Call) -> Json:
        if call.arguments["length"] < 1:
            raise ApiError("invalid_arguments", ["length must be greater than 0"])
        file = File(self.world.id("F"), call.arguments["filename"], call.team.bot)
        self.world.files[file.id] = file
        return {"upload_url": f"{self.world.url}/upload/{file.id}", "file_id": file.id}

    async def _upload(self, request: web.Request) -> web.Response:
        file = self.world.files.get(request.match_info["id"])
        if file is None or file.completed:
            raise web.HTTPNotFound
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            parts = [each for each in form.values() if isinstance(each, web.FileField)]
            file.content = parts[0].file.read()
        else:
            file.content = await request.read()
        return web.Response(text=f"OK - {len(file.content)}")

    def _complete(self, call: Call) -> Json:
        given = call.arguments
        files = []
        for each in given["files"]:
            file = self.world.files.get(each["id"])
            if file is None or file.content is None or file.completed:
                raise ApiError("file_not_found")
            files.append(file)
        channel = writable(self.world, call, "channel_id") if given.get("channel_id") else None
        for file, each in zip(files, given["files"], strict=True):
            file.title, file.completed = each.get("title", ""), True
        if channel is not None:
            for file in files:
                file.shared.append(channel.id)
            message = Message(
                self.world.clock.ts(),
                channel.id,
                call.team.bot,
                given.get("initial_comment", ""),
                thread_ts=given.get("thread_ts"),
                files=files,
            )
            self.world.note_pings(message, message.text)
            self.world.post(channel, message)
            for file in files:
                shared = events.file_shared(call.team.bot, channel, file, message.ts)
                self.world.tell_in(channel, shared, call.team.bot)
        return {"files": [{"id": each.id, "title": each.title} for each in files]}

    def _info(self, call: Call) -> Json:
        file = self.world.files.get(call.arguments["file"])
        if file is None or file.owner.team is not call.team:
            raise ApiError("file_not_found")
        return {"file": file.payload(self.world.files_url + file.id)}

    async def _download(self, request: web.Request) -> web.Response:
        file = self.world.files.get(request.match_info["id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.downloads.append(file.name)
        if self.redirect:
            raise web.HTTPFound(self.redirect)
        scopes = self.api.scopes.split(",")
        if self.world.team_of(token, {}) is not file.owner.team or "files:read" not in scopes:
            # As on Slack, whose answer to a wrong token is its login page, with status 200.
            return web.Response(
                text="<!DOCTYPE html><title>Slack</title>", content_type="text/html"
            )
        return web.Response(body=file.content, content_type=file.mimetype)
