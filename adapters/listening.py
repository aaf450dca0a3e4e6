"""Where the bot listens for HTTP: what is logged, and what is said where it cannot."""

from __future__ import annotations

import errno
import logging

from bot.errors import BotError


def without_text(record: logging.LogRecord) -> bool:
    """aiohttp shows what was no HTTP in its traceback, which may be the rest of a body."""
    if record.exc_info and record.exc_info[0]:
        record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
        record.exc_info = None
    return True


def cannot_listen(host: str, port: int, error: OSError) -> BotError:
    """What to do about it."""
    if error.errno == errno.EADDRINUSE:
        return BotError(
            f"Port {port} is taken: another program, perhaps another Kaiwa, listens there. "
            "End it, or set another port.",
            f"ポート{port}は使用中です。ほかのプログラム（別のKaiwaかもしれません）が"
            "使っています。それを終了するか、別のポートを設定してください。",
        )
    reason = error.strerror or type(error).__name__
    return BotError(
        f"Kaiwa cannot listen at {host}, port {port} ({reason}). Set a host that is this "
        "machine's, such as 0.0.0.0 or 127.0.0.1, and a port above 1023.",
        f"{host} のポート{port}で待ち受けできません（{reason}）。0.0.0.0 や 127.0.0.1 など"
        "このマシンのホストと、1024以上のポートを設定してください。",
    )
