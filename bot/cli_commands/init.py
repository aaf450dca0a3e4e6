"""`kaiwa init`: the settings' file for somebody who begins, by three questions or by options."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bot.command_line import say
from bot.errors import BotError
from bot.home import home

T = TypeVar("T")
RINNA = "rinna/bilingual-gpt-neox-4b-instruction-ppo"
PLATFORMS = ("discord", "slack", "web")


def init(
    discord: Annotated[
        bool | None, typer.Option("--discord/--no-discord", help="talk on Discord")
    ] = None,
    slack: Annotated[bool | None, typer.Option("--slack/--no-slack", help="talk on Slack")] = None,
    web: Annotated[bool | None, typer.Option("--web/--no-web", help="serve the web page")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="demo (built in), rinna, a folder, a Hub id, or a server's http://…"),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="folder or database URL for conversations; the home")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="write over a file that is there")] = False,
) -> None:
    """Write a config.toml with every setting explained; asks three questions at a terminal."""
    from bot.config import usual_file
    from bot.config_file import Values, write

    file = usual_file()
    chosen = {"discord": discord, "slack": slack, "web": web}
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    if asks and (force or not file.exists()):  # else there is nothing to ask for
        if all(choice is None for choice in chosen.values()):
            wanted = _ask(_PLATFORMS, _platforms)
            chosen = {name: name in wanted for name in PLATFORMS}
        model = _ask(_MODEL, str.strip) if model is None else model
        data = (
            _ask(_DATA.format(folder=file.absolute().parent), str.strip) if data is None else data
        )
    values: Values = {
        **{(name, "enabled"): True for name, on in chosen.items() if on},
        **_of_model(model or ""),
        **_of_data(data or ""),
    }
    write(file, values, force=force)
    _say_what_next(file, {name for name, on in chosen.items() if on}, model or "")


_PLATFORMS = (
    "どこで話しますか。discord、slack、web（複数可。Enter だけなら、この端末）\n"
    "Where is Kaiwa to talk? discord, slack, web, or several; Enter: in this terminal only"
)
_MODEL = (
    "どのモデルを使いますか。Enter：組み込みの小さなモデル、rinna：40億パラメーター（7.6 GB）、"
    "またはフォルダー、Hub の名前、サーバーの http://…\n"
    "Which model? Enter: the small built-in one; rinna: the one it is made for (7.6 GB); "
    "or a folder, a Hub id, a server's http://…"
)
_DATA = (
    "会話をどこに保存しますか。Enter：{folder}\nWhere are conversations to be kept? Enter: {folder}"
)


def _ask(question: str, understood: Callable[[str], T]) -> T:
    """The answer, asked for until it is understood; Ctrl-D takes what Enter does."""
    while True:
        say(question)
        try:
            return understood(input("> "))
        except EOFError:
            return understood("")
        except BotError as error:
            say(error.both())


def _platforms(answer: str) -> set[str]:
    named = set(answer.lower().replace("、", " ").replace(",", " ").split())
    if wrong := named - {*PLATFORMS, "none"}:
        raise BotError(
            f"{', '.join(sorted(wrong))}: write discord, slack, web, or nothing.",
            f"{'、'.join(sorted(wrong))}：discord、slack、web のどれかを書くか、"
            "何も書かないでください。",
        )
    return named - {"none"}


def _of_model(named: str) -> dict[tuple[str, str], bool | str | list[str]]:
    if named in ("", "demo"):
        return {}
    if named.startswith(("http://", "https://")):
        return {("engine", "backend"): "openai", ("engine", "base_urls"): [named]}
    return {("model", "id"): RINNA if named == "rinna" else named}


def _of_data(named: str) -> dict[tuple[str, str], bool | str | list[str]]:
    if not named:
        return {}
    if "://" in named:
        return {("storage", "url"): named}
    folder = Path(named).expanduser().absolute()
    return {
        ("storage", "url"): f"sqlite+aiosqlite:///{folder / 'kaiwa.db'}",
        ("study", "file"): str(folder / "study.db"),
    }


_TOKENS = {
    "discord": ("export KAIWA_DISCORD_TOKEN='…'", "docs/discord.md"),
    "slack": (
        "export KAIWA_SLACK_BOT_TOKEN='xoxb-…' KAIWA_SLACK_APP_TOKEN='xapp-…'",
        "docs/slack.md",
    ),
}


def _say_what_next(file: Path, platforms: set[str], model: str) -> None:
    """The commands that come next, as they are typed."""
    say(f"✓ {file}")
    say("次のコマンド / Next:")
    if model.startswith("http"):
        say(
            f"  {file}: [model] id = …    # サーバーのモデルの名前 / the model that the server runs"
        )
    for name in PLATFORMS:
        if name in platforms and name in _TOKENS:
            command, page = _TOKENS[name]
            say(f"  {command}    # {page}")
    folder = home()
    kaiwa = "kaiwa" if folder is None else f"kaiwa --home {shlex.quote(str(folder))}"
    say(f"  {kaiwa} check")
    say(f"  {kaiwa} run" if platforms else f"  {kaiwa} chat")
