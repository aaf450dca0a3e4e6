"""What files on a Slack message are: perhaps text, or what the bot cannot read, by its name.

https://docs.slack.dev/reference/objects/file-object. What a file's type claims is believed only
where it is none that could be text: the rest is told by its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.reading import FileRef, Unreadable

File = Mapping[str, Any]

PICTURE = Unreadable("a picture", "画像")
CANVAS = Unreadable("a canvas", "キャンバス")
LIST = Unreadable("a list", "リスト")
DELETED = Unreadable("a deleted file", "削除されたファイル")
ELSEWHERE = Unreadable("a file that is kept elsewhere", "外部のファイル")
UNKNOWN = Unreadable("a file", "ファイル")
_VOICE = Unreadable("a voice message", "音声クリップ")
_CLIP = Unreadable("a video clip", "ビデオクリップ")
_PDF = Unreadable("a PDF", "PDF")
_OFFICE = Unreadable("an office document", "Officeの文書")
_ARCHIVE = Unreadable("an archive", "圧縮ファイル")

_SUBTYPES = {"slack_audio": _VOICE, "slack_video": _CLIP}
_FILETYPES = {"quip": CANVAS, "canvas": CANVAS, "list": LIST}
_MIMETYPES = {  # by what they begin with
    "audio/": Unreadable("a sound file", "音声ファイル"),
    "video/": Unreadable("a video", "動画"),
    "application/pdf": _PDF,
    "application/vnd.slack-docs": CANVAS,
    "application/vnd.slack-list": LIST,
    "application/msword": _OFFICE,
    "application/vnd.ms-": _OFFICE,
    "application/vnd.openxmlformats-": _OFFICE,
    "application/vnd.oasis.": _OFFICE,
    "application/vnd.apple.": _OFFICE,
    "application/zip": _ARCHIVE,
    "application/gzip": _ARCHIVE,
    "application/x-gzip": _ARCHIVE,
    "application/x-7z": _ARCHIVE,
    "application/x-rar": _ARCHIVE,
    "application/vnd.rar": _ARCHIVE,
    "application/x-tar": _ARCHIVE,
}


def name_of(file: File) -> str:
    """What a file is called."""
    return str(file.get("name") or file.get("title") or "file")


def text_of(file: File) -> str:
    """What a file's own object says, that of an e-mail for one; empty for most."""
    if file.get("mode") != "email" and file.get("filetype") != "email":
        return ""
    texts = (file.get("subject"), file.get("plain_text"))
    return "\n".join(text for text in texts if isinstance(text, str) and text)


def opened(file: File) -> tuple[FileRef | None, Unreadable | None]:
    """How to read a file, as far as it may be text, and what it is where it cannot be read."""
    kind = _kind(file)
    # A picture that Slack could draw has its size; what has none may be called so only.
    if kind is not None and (kind is not PICTURE or _is_drawn(file)):
        return None, kind
    size = file.get("size")
    ref = FileRef(
        name_of(file),
        size if isinstance(size, int) else 0,
        str(file.get("url_private_download") or file.get("url_private")),
        str(file.get("mimetype") or ""),
        kind,
    )
    return ref, kind


def _kind(file: File) -> Unreadable | None:
    mode, access = file.get("mode"), file.get("file_access")
    if mode in ("tombstone", "hidden_by_limit") or access == "file_not_found":
        return DELETED
    subtype, filetype = str(file.get("subtype")), str(file.get("filetype"))
    if known := _SUBTYPES.get(subtype) or _FILETYPES.get(filetype):
        return known
    if mode == "external" or file.get("is_external"):
        return ELSEWHERE
    mimetype = str(file.get("mimetype") or "")
    for begin, kind in _MIMETYPES.items():
        if mimetype.startswith(begin):
            return kind
    if not isinstance(file.get("url_private_download") or file.get("url_private"), str):
        return PICTURE if mimetype.startswith("image/") else UNKNOWN
    return PICTURE if mimetype.startswith("image/") else None


def _is_drawn(file: File) -> bool:
    shown = any(str(key).startswith("thumb_") for key in file) or "original_w" in file
    return shown or not (file.get("url_private_download") or file.get("url_private"))
