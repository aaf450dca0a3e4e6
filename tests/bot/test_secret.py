"""Where a secret may stand, and that nothing tells what it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.config import SlackSettings
from bot.errors import BotError
from bot.secret import BadSecret, given_by, secret
from bot.tokens import SECRETS, discord_token, engine_api_key, slack_secrets

NAME = "KAIWA_DISCORD_TOKEN"
CANARY = "canary-7f31.token-9ab2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that holds the secret as an editor saves it."""
    path = tmp_path / "token"
    path.write_text(f"{CANARY}\n")
    return path


def test_a_secret_stands_in_the_variable_in_a_file_or_with_systemd(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    """What an editor puts around it does no harm, nor what Discord's examples put before it."""
    assert secret(NAME) == ""
    monkeypatch.setenv(NAME, f" {CANARY}\n")
    assert secret(NAME) == CANARY
    monkeypatch.delenv(NAME)
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert discord_token() == CANARY
    file.write_text(f"\ufeffBot {CANARY}\r\n", encoding="utf-8")
    assert discord_token() == CANARY
    monkeypatch.delenv(f"{NAME}_FILE")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert discord_token.__doc__ and secret(NAME) == ""  # systemd gave others
    file.rename(tmp_path / NAME.lower())
    assert discord_token() == CANARY


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch, file: Path, name: str
) -> None:
    """Those of Slack and of model servers like Discord's."""
    for each in ("BOT_TOKEN", "APP_TOKEN"):
        monkeypatch.setenv(f"KAIWA_SLACK_{each}", "needed")
    for each in ("CLIENT_SECRET", "INSTALLATION_KEY"):
        if name.endswith("CLIENT_ID"):
            monkeypatch.setenv(f"KAIWA_SLACK_{each}", "needed")
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(f"{name}_FILE", str(file))
    monkeypatch.setenv("KAIWA_DISCORD_TOKEN" if name != NAME else "KAIWA_OTHER", "needed")
    slack = slack_secrets(SlackSettings())
    found = {discord_token(), engine_api_key()}
    found |= {getattr(slack, each) for each in slack.__dataclass_fields__}
    assert CANARY in found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"a" * 70_000, "is too long"),
        (f"{CANARY}\n{CANARY}".encode(), "several lines"),
        (f"{CANARY}\x7f".encode(), "several lines"),
        (f"{CANARY}\xff".encode("latin-1"), "several lines"),
    ],
)
def test_a_file_that_cannot_be_a_secret_is_told_of_without_what_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """The variable and the file are named."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    with pytest.raises(BadSecret, match=said) as caught:
        secret(NAME)
    assert f"{NAME}_FILE" in caught.value.japanese
    assert CANARY not in caught.value.both()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["folder", "no\0name"])
def test_what_is_no_file_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """A folder, or a name that no file can have."""
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(os, "environ", os.environ | {f"{NAME}_FILE": str(tmp_path / name)})
    with pytest.raises(BadSecret, match="cannot be read"):
        secret(NAME)


def test_of_two_that_are_given_neither_is_guessed(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """Somebody changed one and forgot the other."""
    monkeypatch.setenv(NAME, CANARY)
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    with pytest.raises(BadSecret, match=f"by {NAME} and by {NAME}_FILE") as caught:
        discord_token()
    assert CANARY not in caught.value.both()
    assert [*given_by(NAME)] == [NAME, f"{NAME}_FILE"]


def test_a_value_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever prints it, or an error that holds it."""
    for name in SECRETS:
        if name != "KAIWA_SLACK_CLIENT_ID":  # no secret: it stands in every link to install
            monkeypatch.setenv(name, CANARY)
    found = slack_secrets(SlackSettings())
    assert CANARY in found.bot_token
    assert CANARY not in f"{found} {found!r}"
    monkeypatch.delenv("KAIWA_SLACK_APP_TOKEN")
    with pytest.raises(BotError) as caught:
        slack_secrets(SlackSettings())
    assert CANARY not in caught.value.both()
