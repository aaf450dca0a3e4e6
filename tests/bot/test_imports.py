"""What a command imports: nothing that takes seconds before somebody needs it. No times here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = "torch transformers bitsandbytes accelerate numba sqlalchemy alembic aiosqlite aiohttp"
HEAVY += " haqumei fugashi PIL bot.study.reading.readings bot.study.lexicon.dictionary"
HEAVY += " bot.study.forms.conjugation"
HEAVY += " discord slack_bolt slack_sdk prompt_toolkit huggingface_hub rich torch._dynamo sympy"
# Runs the command as `kaiwa` does, then names the libraries that it has imported.
PROGRAM = f"""
import sys
from bot.cli import main
try:
    main()
finally:
    print("\\nimported", *(name for name in {HEAVY.split()!r} if name in sys.modules))
"""


def imported(
    folder: Path, *arguments: str, said: str = "", **settings: str
) -> tuple[int, set[str]]:
    """The exit code of a command in a process of its own, and the libraries that it took."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        input=said.encode(),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        timeout=300,
    )
    *_, last = done.stdout.decode().splitlines()
    first, *names = last.split()
    assert first == "imported", done.stderr.decode()
    return done.returncode, set(names)


@pytest.mark.parametrize(
    "command", ["run", "check", "chat", "prompt", "forget", "export", "config", "bench", "explore"]
)
def test_a_wrong_setting_is_told_without_any_library(command: str, tmp_path: Path) -> None:
    """Whichever command reads it."""
    (tmp_path / "config.toml").write_text('[model]\nidd = "demo"\n')
    code, names = imported(tmp_path, command)
    assert code in (1, 2) and not names


@pytest.mark.parametrize("command", ["run", "chat", "check", "bench", ""])
def test_help_needs_no_library_but_what_prints_it(command: str, tmp_path: Path) -> None:
    """typer prints it with rich."""
    code, names = imported(tmp_path, *filter(None, [command]), "--help")
    assert code == 0 and names <= {"rich"}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"KAIWA_DISCORD__ENABLED": "true"},
        {"KAIWA_SLACK__ENABLED": "true"},
    ],
    ids=["nothing is enabled", "Discord's token is missing", "Slack's tokens are missing"],
)
def test_a_run_that_cannot_begin_needs_no_library(settings: dict[str, str], tmp_path: Path) -> None:
    """The model, which may take minutes, is not even looked at."""
    code, names = imported(tmp_path, "run", **settings)
    assert code == 1 and not names


def test_a_model_folder_that_is_not_there_is_told_without_torch(tmp_path: Path) -> None:
    """The database has been opened by then."""
    code, names = imported(tmp_path, "chat", said="a\n", KAIWA_MODEL__ID="./nowhere")
    assert code == 1 and not names & {"torch", "transformers", "numba", "bitsandbytes"}


def test_the_prompt_of_a_sentencepiece_model_needs_no_torch(tmp_path: Path) -> None:
    """The built-in model's, as rinna's."""
    (tmp_path / "turns.json").write_text('[{"speaker": "ユーザー", "text": "a"}]', "utf-8")
    code, names = imported(tmp_path, "prompt", "--turns", "turns.json")
    assert code == 0 and not names & {"torch", "transformers", "numba", "discord", "slack_bolt"}


def test_servers_run_the_model_without_torch_here(tmp_path: Path) -> None:
    """The engine on other machines imports no engine of this one."""
    servers = {
        "KAIWA_ENGINE__BACKEND": "openai",
        "KAIWA_ENGINE__BASE_URLS": '["http://127.0.0.1:9/v1"]',
    }
    for arguments in (["check"], ["chat"]):
        code, names = imported(tmp_path, *arguments, **servers)
        assert code == 1 and "aiohttp" in names
        assert not names & {"torch", "transformers", "numba", "bitsandbytes"}


def test_check_looks_at_a_model_without_what_runs_it(tmp_path: Path) -> None:
    """transformers knows the architectures; a known database needs no migrations."""
    assert imported(tmp_path, "check")[0] == 0
    code, names = imported(
        tmp_path, "check", KAIWA_MODEL__DEVICE="cpu", KAIWA_MODEL__DTYPE="float32"
    )
    assert code == 0 and "transformers" in names
    unneeded = "torch sympy alembic numba bitsandbytes accelerate discord slack_bolt aiohttp"
    assert not names & set(unneeded.split())


def test_a_conversation_needs_no_compiler_and_no_platform(tmp_path: Path) -> None:
    """torch's, which takes longer to load than the built-in model, as does sympy."""
    imported(tmp_path, "chat", said="")
    code, names = imported(tmp_path, "chat", said="ありがとう\n")
    assert code == 0 and "bitsandbytes" in names
    assert not names & {"torch._dynamo", "sympy", "alembic", "aiohttp", "discord", "slack_bolt"}
