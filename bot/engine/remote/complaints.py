"""What servers say where they do not do what they were asked, in the forms that were seen.

OpenAI's `{"error": {"message": …}}`; the same flat (`{"object": "error", "message": …}`: SGLang,
older vLLM); words alone (`{"error": "…"}`: TGI, Ollama); FastAPI's `{"detail": …}`; plain text.
Pure functions: they know no HTTP, and what follows is decided elsewhere. A server may repeat the
prompt in what it says, so none of it is for the log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STATUS = ("code", "status", "status_code", "http_status_code")
FLAT = ("object", "type", "code", "status", "status_code", "error_type")

# Each of these says that prompt and reply are longer than what the model takes, by vLLM,
# llama.cpp and its Python server, TGI, Ollama, LM Studio, SGLang, OpenAI, Mistral.
TOO_LONG = re.compile(
    r"context[ _](?:length|size|window|limit|the overflows)"
    r"|exceed_context"
    r"|max(?:imum)?[ _]model[ _]len"
    r"|max(?:imum)?(?: allowed| input| prompt|_prompt|_input) ?(?:_?tokens|_?length)"
    r"|(?:prompt|input)s?[`'\"]?(?: \([^)]*\))?(?: is| are)? too long"
    r"|reduce the length of"
    r"|`inputs` must have less than"
    r"|`inputs` tokens \+ `max_new_tokens` must be"
    r"|max_tokens must be at least 1, got",
    re.IGNORECASE,
)
# What stands between such words and the number of tokens that the model takes.
ROOM = re.compile(
    r"(?:context (?:length|size|window|limit)(?: (?:is|of|exceeds limit)(?: only)?)?"
    r"|n_ctx:|model length of|maximum allowed length|must be <=|must have less than"
    r"|max_model_len ?=?)"
    r"[ :=(]*(\d[\d,]*)",
    re.IGNORECASE,
)
LEAST_ROOM = 64  # tokens; less is another number
SHORTENED = 8  # what was too long has this share less, where no number was said


@dataclass(frozen=True, slots=True)
class Complaint:
    """`words`, HTTP's `status` where they say one (else 0), and the fields of the request that
    they are about, as far as a document names those apart; `n_ctx` is llama.cpp's."""

    words: str = ""
    status: int = 0
    fields: frozenset[str] = frozenset()
    n_ctx: int | None = None

    @property
    def is_too_long(self) -> bool:
        """Whether prompt and reply are longer than what the model takes."""
        return TOO_LONG.search(self.words) is not None

    @property
    def room(self) -> int | None:
        """The tokens of prompt and reply that the model takes, where that is said."""
        found = ROOM.search(self.words)
        told = self.n_ctx or (int(found[1].replace(",", "")) if found else 0)
        return told if told >= LEAST_ROOM else None

    def names(self, fields: Iterable[str]) -> frozenset[str]:
        """Which of these fields it is about."""
        return frozenset(f for f in fields if f in self.fields or self._says(f))

    def _says(self, field: str) -> bool:
        """Whether the words name a field; one that is an English word only where it is marked."""
        name = rf"(?<![a-z_]){re.escape(field)}(?![a-z_])"
        if "_" not in field:
            listed = rf"(?:argument|parameter|field|property|keyword)s?\b[^.]*?{name}"
            name = rf"['\"`]{re.escape(field)}['\"`]|{listed}"
        return re.search(name, self.words, re.IGNORECASE) is not None


def room_after(complaint: Complaint, asked_for: int) -> int | None:
    """The tokens of prompt and reply to ask for at most, once so many were too long.

    As many as the server says; a part less where it says none, or counts otherwise than here (a
    chat's template takes its share). None where so few would be left that it means another thing.
    """
    room = complaint.room
    if room is None or room >= asked_for:
        room = asked_for - asked_for // SHORTENED
    return room if room >= LEAST_ROOM else None


def read_complaint(document: Any) -> Complaint | None:
    """What a document complains of; None where it is no complaint."""
    if isinstance(document, str):
        return Complaint(_line(document))
    if not isinstance(document, Mapping) or document.get("choices"):
        return None
    if (error := document.get("error")) or isinstance(error, str | Mapping):
        return _read(error, document)
    if (detail := document.get("detail")) or isinstance(detail, str | list):
        return _read(detail, document)
    flat = isinstance(document.get("message"), str) and any(key in document for key in FLAT)
    return _read(document, {}) if flat else None


def read_words(text: str) -> Complaint:
    """A complaint that may be JSON, or not."""
    try:
        return read_complaint(json.loads(text)) or Complaint(_line(text))
    except ValueError:
        return Complaint(_line(text))


def _read(error: Any, around: Mapping[str, Any]) -> Complaint:
    if isinstance(error, list):  # pydantic's, whose `input` repeats what was sent
        places = [e for e in error if isinstance(e, Mapping)]
        fields = {str(at) for each in places for at in each.get("loc") or ()}
        words = "; ".join(f"{_place(each)}: {each.get('msg', '')}" for each in places)
        return Complaint(_line(words), _status(around), frozenset(fields))
    if not isinstance(error, Mapping):
        return Complaint(_line(str(error)), _status(around))
    words = str(error.get("message") or error.get("detail") or error.get("type") or "")
    code, n_ctx, param = error.get("code"), error.get("n_ctx"), error.get("param")
    if isinstance(code, str) and not code.isdigit():
        words = f"{words} ({code})"  # such as context_length_exceeded
    return Complaint(
        _line(words),
        _status(error) or _status(around),
        frozenset((param,)) if isinstance(param, str) else frozenset(),
        n_ctx if isinstance(n_ctx, int) else None,
    )


def _place(each: Mapping[str, Any]) -> str:
    return ".".join(map(str, each.get("loc") or ()))


def _status(document: Mapping[str, Any]) -> int:
    for key in STATUS:
        told = str(document.get(key))
        number = int(told) if told.isdecimal() else 0
        if 400 <= number < 600:
            return number
    return 0


def _line(text: str) -> str:
    """On one line, and cut."""
    return " ".join(text[:4000].split())[:1000]
