"""Loading files of a workspace, with the bot's token, which no other host gets to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yarl import URL

from adapters.reading import FileRef, NotFetched

if TYPE_CHECKING:
    from adapters.slack.transport.workspaces import Workspace

FILES_HOST = "files.slack.com"


async def fetch(workspace: Workspace, file: FileRef, most: int) -> bytes:
    """The first bytes of a file, at most so many. Raises OSError, aiohttp.ClientError, and
    TimeoutError."""
    client = workspace.client
    try:
        url = URL(file.url)
    except ValueError as error:
        raise NotFetched("the file has no address") from error
    if not _is_slacks(url, URL(client.base_url)):
        raise NotFetched("the file lies on a host that is not Slack's")
    assert client.session is not None, "a workspace's client has its session"
    headers = {"Authorization": f"Bearer {client.token}"}
    async with client.session.get(url, headers=headers, allow_redirects=False) as response:
        response.raise_for_status()
        # To whom may not read the file Slack shows its login page: by a redirect, or with 200.
        length = response.content_length
        page = response.content_type == "text/html"
        if response.status != 200 or (page and (_is_not_html(file) or length != file.size)):
            raise NotFetched("Slack does not let the bot read files: it lacks the scope files:read")
        raw = bytearray()
        while len(raw) < most and (chunk := await response.content.read(most - len(raw))):
            raw += chunk
        return bytes(raw)


def _is_slacks(url: URL, api: URL) -> bool:
    """Whether a file lies where Slack has files, or beside the API that the bot was told to use."""
    if url.user or url.password:
        return False
    if (url.scheme, url.host, url.port) == (api.scheme, api.host, api.port):
        return True
    known = url.host in (FILES_HOST, f"files.{api.host}")
    return known and url.scheme == "https" and url.port == 443


def _is_not_html(file: FileRef) -> bool:
    return not file.content_type.startswith(("text/html", "application/xhtml"))
