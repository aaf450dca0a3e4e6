"""The page's HTTP server: which address is whose, and what holds for all of them."""

from __future__ import annotations

import logging
from functools import partial

from aiohttp import web

from adapters.listening import cannot_listen, without_text
from adapters.web import admin, conversation, login, sections, stored, words
from adapters.web.guard import LARGEST, add_headers
from adapters.web.pages import serve_static
from adapters.web.site import Change, Handler, Look, Site, changing, failing, looking

CLOSING_SECONDS = 3.0  # that answers under way have to end when the server is closed

# Whoever is logged in sees these; each checks what else it takes.
LOOKS: dict[str, Look] = {
    "/chat": conversation.show,
    "/events": conversation.events,
    "/file/{id}": conversation.file,
    "/quiz": sections.quiz,
    "/review": sections.review,
    "/progress": sections.progress,
    "/words": words.show,
    "/word": words.card,
    "/stored": stored.show,
    "/admin": admin.show,
}
CHANGES: dict[str, Change] = {
    "/say": conversation.say,
    "/stop": conversation.stop,
    "/readings": conversation.set_readings,
    "/words/remove": words.remove,
    "/word/save": words.save,
    "/stored/keeping": stored.set_keeping,
    "/stored/export": stored.export,
    "/stored/forget": stored.forget,
    "/admin": admin.change,
    "/logout": login.log_out,
}


class Server:
    """Serves a site from `start` to `close`. Port 0 is any free one."""

    def __init__(self, site: Site, host: str, port: int) -> None:
        self._site = site
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """Where it listens; before `start`, what was asked for."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._port

    async def start(self) -> None:
        """Listen. Raises BotError where that cannot be."""
        protocol = logging.getLogger(f"{__name__}.protocol")
        protocol.addFilter(without_text)
        self._runner = web.AppRunner(
            application(self._site),
            access_log=None,
            logger=protocol,
            shutdown_timeout=CLOSING_SECONDS,
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self.close()
            raise cannot_listen(self._host, self._port, error) from error

    async def close(self) -> None:
        """Listen no more; answers under way may end."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


def application(site: Site) -> web.Application:
    """The whole page, as aiohttp serves it."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await failing(partial(_checked, site, handler))(request)

    made = web.Application(client_max_size=LARGEST, middlewares=[guarded])
    made.on_response_prepare.append(add_headers)
    route = made.router
    route.add_get("/", partial(login.welcome, site))
    route.add_get("/login/{secret}", partial(login.show_link, site))
    route.add_post("/login/{secret}", partial(login.use_link, site))
    route.add_get("/static/{name}", serve_static)
    for path, look in LOOKS.items():
        route.add_get(path, looking(site, look), allow_head=False)
    for path, change in CHANGES.items():
        route.add_post(path, changing(site, change))
    return made


async def _checked(site: Site, handler: Handler, request: web.Request) -> web.StreamResponse:
    site.guard.check_host(request)
    if request.method not in ("GET", "HEAD"):
        site.guard.check_origin(request)
    return await handler(request)
