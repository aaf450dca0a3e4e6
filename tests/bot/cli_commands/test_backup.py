from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.bot.commands import Result
from tests.bot.test_cli import stored_conversation


def test_a_copy_is_made_and_put_back(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """What is in it is said, and what becomes of what was there."""
    stored_conversation(tmp_path, "元気ですか")
    made = kaiwa("backup", "copies/one.db")
    assert made.code == 0 and made.out.startswith("✓ copies/one.db: 0.")
    assert "conversations 1, messages 2, replies 1" in made.out
    stored_conversation(tmp_path, "何時ですか")
    restored = kaiwa("restore", "copies/one.db")
    assert restored.code == 0 and "conversations 1, messages 2, replies 1" in restored.out
    (kept,) = tmp_path.glob("kaiwa-replaced-*.db")
    assert f"kept as {kept.name}" in restored.err


def test_a_copy_is_not_made_over_another_file(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """Unless that is asked for."""
    stored_conversation(tmp_path, "元気ですか")
    (tmp_path / "one.db").write_text("precious")
    refused = kaiwa("backup", "one.db")
    assert refused.code == 1 and "add --force" in refused.err and not refused.out
    assert kaiwa("backup", "one.db", "--force").code == 0


def test_without_a_database_there_is_nothing_to_copy(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """And none is made."""
    refused = kaiwa("backup", "one.db")
    assert refused.code == 1 and "kaiwa.db" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_others_can_read_is_told_of(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """With the command that mends it; kaiwa check finds nothing wrong with the rest."""
    stored_conversation(tmp_path, "元気ですか")
    (tmp_path / "kaiwa.db").chmod(0o644)
    assert "chmod 600 kaiwa.db" in kaiwa("check").out
    (tmp_path / "kaiwa.db").chmod(0o600)
    assert "chmod" not in kaiwa("check").out


def test_the_newest_daily_copy_is_named_by_the_check(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """Or that there is none yet; a folder that cannot be one is told with what to do."""
    (tmp_path / "config.toml").write_text('[storage]\nbackup_folder = "copies"\n')
    stored_conversation(tmp_path, "元気ですか")
    assert "copies, まだありません / none yet" in kaiwa("check").out
    for day in ("27", "28", "26"):
        kaiwa("backup", f"copies/kaiwa-2026-11-{day}.db")
    assert "copies, kaiwa-2026-11-28.db" in kaiwa("check").out
    (tmp_path / "config.toml").write_text('[storage]\nbackup_folder = "kaiwa.db"\n')
    refused = kaiwa("check")
    assert refused.code == 1 and "Set [storage] backup_folder to another folder" in refused.out
