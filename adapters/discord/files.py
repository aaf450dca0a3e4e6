"""Attached files: which may hold text and so are fetched, and what the others are called."""

from __future__ import annotations

import mimetypes

import aiohttp
import discord

from adapters.reading import NO_TEXT, FileRef, Unreadable

_CHUNK = 16 * 1024  # bytes

VOICE = Unreadable("a voice message", "ボイスメッセージ")
PICTURE = Unreadable("a picture", "画像")
VIDEO = Unreadable("a video", "動画")
AUDIO = Unreadable("an audio file", "音声ファイル")
_KINDS = {"image": PICTURE, "video": VIDEO, "audio": AUDIO}
# Known not to be text. What is not known may be: that is seen by the content.
_NEVER_TEXT = (
    "font/",
    "application/vnd.openxmlformats",
    "application/vnd.oasis",
    "application/x-7z",
)
_NO_TEXTS = {
    "application/pdf": Unreadable("a PDF file", "PDFファイル"),
    "application/zip": Unreadable("an archive", "圧縮ファイル"),
    "application/gzip": Unreadable("an archive", "圧縮ファイル"),
    "application/x-tar": Unreadable("an archive", "圧縮ファイル"),
    "application/vnd.rar": Unreadable("an archive", "圧縮ファイル"),
    "application/msword": Unreadable("a Word file", "Wordファイル"),
    "application/vnd.ms-excel": Unreadable("an Excel file", "Excelファイル"),
    "application/vnd.ms-powerpoint": Unreadable("a PowerPoint file", "PowerPointファイル"),
}
_TEXT_AFTER_ALL = {"video/mp2t", "video/vnd.dlna.mpeg-tts"}  # by their names, TypeScript's .ts


def kind_of(file: discord.Attachment) -> FileRef | Unreadable:
    """An attachment as a file that may hold text, else what it is called."""
    if file.is_voice_message():
        return VOICE
    given = (file.content_type or "").partition(";")[0].strip().lower()
    guessed = mimetypes.guess_type(file.filename)[0] or ""
    kind = guessed if given in ("", "application/octet-stream") else given
    if kind in _TEXT_AFTER_ALL:
        kind = ""
    if (known := _KINDS.get(kind.partition("/")[0]) or _NO_TEXTS.get(kind)) is not None:
        return known
    if kind.startswith(_NEVER_TEXT):
        return NO_TEXT
    if file.width and not kind:
        return PICTURE
    return FileRef(file.filename, file.size, file.url, file.content_type or "")


async def fetch(client: discord.Client, file: FileRef, most: int) -> bytes:
    """A file's first bytes, at most `most`: no more is read than is asked for.

    Through the client's proxy, for as long as the caller waits. Raises aiohttp.ClientError, OSError
    and TimeoutError.
    """
    http = client.http
    # As it is stored: a body packed by the server could grow when it is unpacked.
    headers = {"Accept-Encoding": "identity"}
    got = bytearray()
    async with (
        aiohttp.ClientSession(headers=headers, auto_decompress=False) as session,
        session.get(file.url, proxy=http.proxy, proxy_auth=http.proxy_auth) as response,
    ):
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(_CHUNK):
            got += chunk[: most - len(got)]
            if len(got) >= most:
                break
    return bytes(got)
