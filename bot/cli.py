"""The commands of `kaiwa`, nothing else: read arguments, call the part that does the work.

That part is imported by the command that needs it: `--help` and a mistake in the settings need
none, and are to be told at once. Longer than most files, so that all commands stand in one.
"""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.bench.command import bench
from bot.command_line import ConfigOption, fail, read_settings, say
from bot.errors import BotError
from bot.study_setup import offer, study

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.messages import Turn
    from bot.ports import Caller

T = TypeVar("T")

app = typer.Typer(
    help="Kaiwa (会話): a chat bot that talks Japanese and English on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run the command line; an error that a user can act on is shown without a traceback."""
    try:
        app()
    except BotError as error:
        fail(error)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@app.callback()
def _prepare() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")


@app.command()
def chat(
    config: ConfigOption = None,
    conversation: Annotated[str, typer.Option(help="which console conversation")] = "default",
) -> None:
    """Talk in the terminal; through a pipe, one message a line in, one reply a line out."""
    settings = read_settings(config)
    offer(settings)
    # A file object of our own: the interpreter's may not be in use when it shuts down.
    with open(sys.stdin.fileno(), "rb", closefd=False) as source:
        _run(_chat(settings, conversation, source))


async def _chat(settings: Settings, name: str, source: IO[bytes]) -> None:
    from adapters import console
    from bot.app import open_app
    from bot.serving import while_engine_serves

    async with open_app(settings, say) as parts:
        key = console.conversation_key(name)
        if sys.stdin.isatty() and sys.stdout.isatty():
            from prompt_toolkit import PromptSession

            talk = console.run_terminal(parts.chat, key, PromptSession(), sys.stdout)
        else:
            talk = console.run_pipe(parts.chat, key, source, sys.stdout)
        await while_engine_serves(parts.engine.ended, talk)


@app.command()
def run(config: ConfigOption = None) -> None:
    """Serve every platform that the settings enable, until Ctrl-C or SIGTERM."""
    from bot.logs import log_to_stderr

    settings = read_settings(config)
    offer(settings)
    log_to_stderr()
    _run(_serve(settings))


@app.command()
def web(config: ConfigOption = None) -> None:
    """Serve the web page alone, and print a link that logs you in."""
    from adapters.console import USER, conversation_key
    from bot.logs import log_to_stderr
    from bot.ports import Caller

    settings = read_settings(config)
    offer(settings)
    log_to_stderr()
    alone = {
        "web": settings.web.model_copy(update={"enabled": True}),
        "discord": settings.discord.model_copy(update={"enabled": False}),
        "slack": settings.slack.model_copy(update={"enabled": False}),
    }
    you = Caller(conversation_key("default"), USER, administrator=True)
    _run(_serve(settings.model_copy(update=alone), greeted=you))


async def _serve(settings: Settings, greeted: Caller | None = None) -> None:
    import asyncio
    import signal

    from bot.serving import run_platforms

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    serving = asyncio.current_task()
    assert serving is not None
    asked = 0.0

    def end() -> None:
        nonlocal asked
        if not stop.is_set():
            asked = loop.time()
            say("終了します。書きかけの返答を待っています… / Ending; waiting for replies …")
            stop.set()
        elif loop.time() - asked > 1.0:  # supervisors signal a process and then its group
            serving.cancel()  # somebody does not want to wait for replies to end

    with suppress(NotImplementedError):  # not on every system
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end)
    try:
        await run_platforms(settings, say, stop, greeted=greeted)
    except asyncio.CancelledError:
        if not stop.is_set():
            raise


@app.command()
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
        made = _run(prompt_of_conversation(settings, conversation))
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
        reason = error.strerror or "it cannot be read"
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{first['msg']}" + (f" (at {where})" if where else "")
    except KeyError as error:
        reason = f"a turn has no {error}; speaker is ユーザー or システム, text is a string"
    raise BotError(
        f'{path}: {reason}. Write a JSON list of {{"speaker": "ユーザー", "text": "…"}}.',
        f'{path}：読み込めません（{reason}）。{{"speaker": "ユーザー", "text": "…"}} '
        "のJSONリストにしてください。",
    )


@app.command()
def check(config: ConfigOption = None) -> None:
    """Say of every part whether it is set up, and how to mend what is not."""
    from bot.check import run_checks

    if not all([_show(line) for line in run_checks(config)]):
        raise SystemExit(1)


def _show(line: Any) -> bool:
    print(line)
    return bool(line.good)


app.command()(bench)
app.add_typer(study, name="study")


@app.command()
def quantize(
    source: Annotated[str, typer.Argument(help="Hub id or folder of the model")],
    folder: Annotated[Path, typer.Argument(help="where to store the copy")],
    revision: Annotated[str | None, typer.Option(help="of a Hub id: a branch or commit")] = None,
) -> None:
    """Store a 4-bit copy of a model, which later starts need not quantise."""
    from bot.app import named
    from bot.engine.quantize import store_quantized

    copy = store_quantized(named(source), folder, revision=revision, on_progress=say)
    say(
        f"{copy.bytes / 1e9:.2f} GB ({copy.source_bytes / 1e9:.2f} GB before), "
        f"{copy.seconds:.0f} s. [model] id = "
    )
    print(copy.folder.absolute())


@app.command()
def forget(
    conversation: Annotated[int | None, typer.Argument(help="id of a conversation")] = None,
    config: ConfigOption = None,
) -> None:
    """Delete a stored conversation for good; without an id, list what is stored."""
    from bot.offline import forget_conversation, stored_conversations

    settings = read_settings(config)
    if conversation is None:
        for line in _run(stored_conversations(settings)):
            print(line)
    else:
        print(_run(forget_conversation(settings, conversation)))


slack = typer.Typer(help="Setting Kaiwa up on Slack.", no_args_is_help=True)
app.add_typer(slack, name="slack")


@slack.command()
def manifest(
    url: Annotated[
        str | None, typer.Option(help="where Slack reaches Kaiwa, for events over HTTP")
    ] = None,
) -> None:
    """Print the manifest from which Slack makes the app."""
    from adapters.slack.transport.manifest import text

    if url is not None and not url.startswith("https://"):
        raise BotError(
            "Slack sends its requests to an address that begins with https:// only.",
            "Slack がリクエストを送るのは https:// で始まるアドレスだけです。",
        )
    sys.stdout.write(text(url))


@slack.command()
def key() -> None:
    """Make a key for KAIWA_SLACK_INSTALLATION_KEY, which encrypts the workspaces' tokens."""
    from storage.installations import new_key

    print(new_key())


def _run(work: Coroutine[Any, Any, T]) -> T:
    import asyncio

    return asyncio.run(work)
