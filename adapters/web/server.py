"""The page's HTTP server: which address is whose, and what holds for all of them."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from adapters.web import admin, conversation, login, sections, stored, words
from adapters.web.guard import LARGEST, add_headers
from adapters.web.pages import serve_static
from adapters.web.site import Change, Handler, Look, Site, changing, failing, looking

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


def application(site: Site) -> web.Application:
    """The whole page, as aiohttp serves it."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 500
        try:
            response = await failing(partial(_checked, site, handler))(request)
            status = response.status
            return response
        except web.HTTPException as redirect:
            status = redirect.status
            raise
        finally:
            resource = request.match_info.route.resource
            route = "unknown" if resource is None else resource.canonical
            site.chat.meters.pages.add(route, str(status))

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
