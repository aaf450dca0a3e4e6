"""What a setting may hold: each kind of value, and what is said of one that is not of it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bot.home import InHome


def _matches(pattern: str, english: str, japanese: str) -> AfterValidator:
    """A check that a text is of this form; the two sentences' ends say what it must be."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise PydanticCustomError("form", "{english}", {"english": english, "ja": japanese})
        return value

    return AfterValidator(check)


# TOML's integers have 64 bits, but Python reads longer ones; these bounds refuse those too.
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
CountOrZero = Annotated[int, Field(ge=0, le=2**31 - 1)]
PositiveNumber = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]
TimeOfDay = Annotated[
    str,
    _matches(
        r"([01][0-9]|2[0-3]):[0-5][0-9]",
        'must be a time such as "04:00"',
        '"04:00" のような時刻にしてください',
    ),
]
Device = Annotated[
    str,
    _matches(
        r"auto|cpu|cuda(:[0-9]{1,3})?",
        'must be "auto", "cpu", "cuda" or a numbered one such as "cuda:0"',
        '"auto"、"cpu"、"cuda"、または "cuda:0" のような番号付きの値にしてください',
    ),
]
_SERVER_URL = (
    r"postgresql(\+asyncpg)?://([^\s:/@?#]+(:[^\s:/@?#]*)?@)?"  # user and password
    r"([^\s:/@?#]*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/[^\s/@?#]+(\?[^\s#]+)?"
)
DatabaseUrl = Annotated[
    str,
    _matches(
        rf"sqlite\+aiosqlite://(/.+)?|{_SERVER_URL}",
        'must look like "sqlite+aiosqlite:///kaiwa.db" or '
        '"postgresql+asyncpg://user:password@host/database" (in a password, %40 for @, %2F for /)',
        '"sqlite+aiosqlite:///kaiwa.db" か "postgresql+asyncpg://user:password@host/database" の'
        "形にしてください（パスワードの @ は %40、/ は %2F）",
    ),
    InHome(),
]
DataFile = Annotated[Text, InHome()]


DiscordUrl = Annotated[
    str,
    _matches(
        r"https?://[^\s/]+(/\S*)?",
        'must look like "https://discord.com/api/v10"',
        '"https://discord.com/api/v10" の形にしてください',
    ),
]
SlackUrl = Annotated[
    str,
    _matches(
        r"https?://[^\s/]+(/\S*)?",
        'must look like "https://slack.com/api/"',
        '"https://slack.com/api/" の形にしてください',
    ),
]
ServerUrl = Annotated[
    str,
    _matches(
        r"https?://[^\s/@?#]+(/[^\s?#]*)?",
        'must look like "http://127.0.0.1:8000/v1"',
        '"http://127.0.0.1:8000/v1" の形にしてください',
    ),
]
SocketUrl = Annotated[
    str,
    _matches(
        r"wss?://[^\s/]+(/\S*)?",
        'must look like "wss://gateway.discord.gg/"',
        '"wss://gateway.discord.gg/" の形にしてください',
    ),
]
Id = Annotated[
    str,
    _matches(
        r"[0-9]{1,20}",
        'must be an id in quotes, such as "81384788765712384"',
        '"81384788765712384" のように引用符で囲んだIDにしてください',
    ),
]
Ids = tuple[Id, ...]
SlackId = Annotated[
    str,
    _matches(
        r"[A-Z][A-Z0-9]{1,20}",
        'must be an id of Slack\'s, such as "C0123456789"',
        '"C0123456789" のような Slack のIDにしてください',
    ),
]
SlackIds = tuple[SlackId, ...]
WebUrl = Annotated[
    str,
    _matches(
        r"https?://[^\s/@?#]+/?",
        'must be an address without a path, such as "https://kaiwa.example.org"',
        '"https://kaiwa.example.org" のように、パスのないアドレスにしてください',
    ),
]
Port = Annotated[int, Field(ge=0, le=65_535)]
