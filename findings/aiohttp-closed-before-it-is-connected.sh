#!/usr/bin/env bash
# aiohttp 3.14.5: a handler that is told to close before its connection is made never closes it.
#
# web.Server is a factory of protocols, so a server can bound its connections by wrapping it, and
# have the oldest one make way: RequestHandler.force_close(). asyncio accepts connections in
# batches: the protocol of the second is asked for before connection_made of the first was called.
# A handler that is told to close by then only notes it: once it is connected, it neither serves nor
# closes the connection, which counts as open until the client goes away. After connection_made the
# same call closes it at once.
#
# Seen with Python 3.11.7.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet aiohttp==3.14.5
cat >show.py <<'PY'
import asyncio

from aiohttp import web

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def answer(_: web.BaseRequest) -> web.Response:
    return web.Response(text="ok")


async def become_of(when: str) -> str:
    server = web.Server(answer)

    def connection() -> asyncio.Protocol:
        handler = server()
        if when == "before":
            handler.force_close()
        elif when == "after":
            asyncio.get_running_loop().call_later(0.2, handler.force_close)
        return handler

    listening = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if when != "after":
        writer.write(REQUEST)
    try:
        line = await asyncio.wait_for(reader.readline(), 3)
        found = "answered" if line else "closed"
    except TimeoutError:
        found = f"neither answered nor closed, {len(server.connections)} open"
    writer.close()
    listening.close()
    await server.shutdown(1)
    return found


async def main() -> None:
    for when in ("never", "after", "before"):
        print(f"force_close {when} the connection is made: {await become_of(when)}")


asyncio.run(main())
PY
venv/bin/python show.py | tee shown
cat >expected <<'TEXT'
force_close never the connection is made: answered
force_close after the connection is made: closed
force_close before the connection is made: neither answered nor closed, 1 open
TEXT
diff expected shown
