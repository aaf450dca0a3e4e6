"""The whole program, as a newcomer starts it: real process, real model, real database."""

from __future__ import annotations

import codecs
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.loose_ends import loose_ends

ROOT = Path(__file__).parent.parent


def chat(folder: Path, said: str | bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    """`kaiwa chat` through a pipe, in a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat", *options],
        input=said if isinstance(said, bytes) else said.encode(),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
    )
    assert not loose_ends(done.stderr.decode())
    return done


def replies(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    """The lines on standard output; the process must have ended well."""
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def test_a_question_is_answered_in_its_language(tmp_path: Path) -> None:
    """The model card's first question, with nothing but the reply on standard output."""
    done = chat(tmp_path, "VRはなんですか。\n")
    (reply,) = replies(done)
    assert "バーチャルリアリティ" in reply and reply.endswith("。")
    assert "small built-in practice model" in done.stderr.decode()


def test_what_was_said_is_remembered_also_by_the_next_process(tmp_path: Path) -> None:
    """Three messages, three replies; then the same conversation is taken up again."""
    said = "私の名前は田中です。\n「猫」は英語で何ですか。\n私の名前は何ですか。\n"
    first = replies(chat(tmp_path, said))
    assert len(first) == 3
    assert "cat" in first[1] and "田中" in first[2]
    (again,) = replies(chat(tmp_path, "私の名前を覚えていますか。\n"))
    assert "田中" in again
    (other,) = replies(chat(tmp_path, "私の名前は何ですか。\n", "--conversation", "other"))
    assert "田中" not in other


def test_what_was_said_is_remembered_by_a_postgresql_server(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next process takes it up again; a password is in nothing that either says."""
    with_password = make_url(postgres_url).set(password="s3cret")
    url = with_password.render_as_string(hide_password=False)
    monkeypatch.setenv("KAIWA_STORAGE__URL", url)
    first, again = (
        chat(tmp_path, said) for said in ("私の名前は田中です。\n", "私の名前は何ですか。\n")
    )
    assert len(replies(first)) == 1 and "田中" in replies(again)[0]
    for done in (first, again):
        assert "postgresql" in done.stderr.decode() and "s3cret" not in done.stderr.decode()
    assert not list(tmp_path.glob("*.db"))


def test_input_that_is_no_message_gets_a_clear_answer(tmp_path: Path) -> None:
    """Bad bytes, nothing, far too much: a line each, exit code 0."""
    said = b"\xff\xfe\n\n" + ("あ" * 100_000).encode() + b"\n" + "ありがとう\n".encode()
    bad, empty, long, fine = replies(chat(tmp_path, said))
    assert "UTF-8" in bad and "empty" in empty and "too long" in long
    assert fine == "どういたしまして。"


def test_a_database_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    """No traceback, exit code 1."""
    (tmp_path / "kaiwa.db").write_text("this is no database" * 100)
    done = chat(tmp_path, "a\n")
    assert done.returncode == 1
    assert done.stdout == b""
    assert "Traceback" not in done.stderr.decode()


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    """As with `kaiwa chat | head -1`: no traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "chat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write("ありがとう\n".encode())
    process.stdin.flush()
    assert process.stdout.readline().decode() == "どういたしまして。\n"
    process.stdout.close()
    process.stdin.write("ありがとう\n".encode())
    process.stdin.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(120) == 1
    assert "BrokenPipe" not in errors and "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a Unix thing")
def test_a_person_at_a_terminal(tmp_path: Path) -> None:
    """The dictionary is offered; a welcome, a reply that streams, Ctrl-C twice to leave."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "chat"],
        stdin=child,
        stdout=child,
        stderr=child,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"},
        start_new_session=True,
    )
    os.close(child)
    screen = ""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def until(text: str) -> None:
        """Read the screen up to a text; what comes after it is left for the next."""
        nonlocal screen
        end = time.monotonic() + 120
        while text not in screen:
            assert time.monotonic() < end, screen
            if select.select([parent], [], [], 1)[0]:
                screen += decode(os.read(parent, 65536))
        screen = screen.partition(text)[2]

    try:
        until("[Y/n]")
        os.write(parent, b"n\r")
        until("あなた>")
        os.write(parent, "ありがとう\r".encode())
        until("会話> どういたしまして。")
        until("あなた>")
        typed = tmp_path / ".kaiwa_history"
        assert "+ありがとう\n" in typed.read_text() and typed.stat().st_mode & 0o777 == 0o600
        os.write(parent, b"/forg\t yes\r")  # Tab completes it
        until("Deleted 2 messages")
        assert typed.read_text() == ""
        until("あなた>")
        os.write(parent, b"/privacy out\r")
        until("/privacy in")
        until("あなた>")
        os.write(parent, "秘密です\r".encode())
        until("あなた>")
        assert "秘密です" not in typed.read_text()
        os.write(parent, b"\x03")
        until("once more")
        until("あなた>")
        os.write(parent, b"\x03")
        until("See you")
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
        os.close(parent)
