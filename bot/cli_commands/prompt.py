"""`kaiwa prompt`: what exactly a model is given."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings
from bot.errors import BotError, system_reason

if TYPE_CHECKING:
    from bot.messages import Turn


def prompt(
    turns: Annotated[
        Path | None, typer.Option(help='JSON list of {"speaker": "ユーザー", "text": "…"}')
    ] = None,
    conversation: Annotated[int | None, typer.Option(help="id of a stored conversation")] = None,
    ids: Annotated[bool, typer.Option("--ids", help="print JSON with the token ids")] = False,
    config: ConfigOption = None,
) -> None:
    """Print the exact prompt of a list of turns or of a stored conversation."""
    import json

    from bot.offline import prompt_of_conversation, prompt_of_turns

    settings = read_settings(config)
    if (turns is None) == (conversation is None):
        raise BotError(
            "Give either --turns FILE or --conversation ID.",
            "--turns ファイル か --conversation ID のどちらかを指定してください。",
        )
    if turns is not None:
        made = prompt_of_turns(settings, read_turns(turns))
    else:
        assert conversation is not None
        made = asyncio.run(prompt_of_conversation(settings, conversation))
    if ids:
        print(json.dumps({"text": made.text, "ids": list(made.ids)}, ensure_ascii=False))
    else:
        sys.stdout.write(made.text)
        sys.stdout.flush()


def read_turns(path: Path) -> list[Turn]:
    """The turns in a JSON file. Raises BotError that names what is wrong and where."""
    from pydantic import TypeAdapter, ValidationError

    from bot.messages import Role, Turn

    speakers = {"ユーザー": Role.USER, "システム": Role.ASSISTANT}
    try:
        text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        entries = TypeAdapter(list[dict[str, str]]).validate_json(text, strict=True)
        return [Turn(speakers[entry["speaker"]], entry["text"]) for entry in entries]
    except OSError as error:
        reason, japanese = system_reason(error)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{first['msg']}" + (f" (at {where})" if where else "")
        japanese = f"形が違います：{where}" if where else "JSONのリストではありません"
    except KeyError as error:
        reason = f"a turn has no {error}; speaker is ユーザー or システム, text is a string"
        japanese = (
            f"発言に {error} がありません。speaker は ユーザー か システム、text は文字列です"
        )
    raise BotError(
        f'{path}: {reason}. Write a JSON list of {{"speaker": "ユーザー", "text": "…"}}.',
        f'{path}：読み込めません（{japanese}）。{{"speaker": "ユーザー", "text": "…"}} '
        "のJSONリストにしてください。",
    )
