"""What this operator's settings do with what people say, in words: who reads it, where it goes and
how long it stays.

Hosts are named, never a whole URL, which may hold a password. Knows no settings: app.py makes it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from bot.notices import Notice


@dataclass(frozen=True, slots=True)
class Handling:
    """`model_hosts`: where prompts are sent, where they are; `names`: with people's names.
    `database_host`: where a server keeps what is stored. `web_url`: the web page, if it is served,
    whose logins last `web_hours`. `copies`: how many daily copies of the database are kept."""

    model_hosts: tuple[str, ...] = ()
    names: bool = True
    database_host: str | None = None
    attachment_bytes: int | None = None
    web_url: str | None = None
    web_hours: float = 0.0
    copies: int | None = None

    def readers(self, *, remote: bool) -> Notice:
        """Who reads what is said, and whether it leaves the bot's process."""
        if not remote:
            return Notice(
                "A language model on my operator's machine reads them; they go nowhere else.",
                "読むのは運営者のマシンの言語モデルだけで、外には送られません。",
            )
        with_names = ", with names," if self.names else ""
        names = "（名前も含みます）" if self.names else ""
        english = japanese = ""
        if self.model_hosts:
            english = ": " + ", ".join(_placed(each, " (the same machine)") for each in self.hosts)
            japanese = "、".join(_placed(each, "（同じマシン）") for each in self.hosts)
        return Notice(
            f"To write a reply I send what was said in the conversation{with_names} to the "
            f"servers that my operator chose to run the language model{english}.",
            f"返答を書くとき、会話の内容{names}を、運営者が選んだ言語モデルの"
            f"サーバー{japanese and f'（{japanese}）'}に送ります。",
        )

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of models, each once."""
        return tuple(dict.fromkeys(self.model_hosts))

    def kept(self) -> Notice:
        """Where what is said is kept, and in what else it is found."""
        english, japanese = [], []
        if self.database_host is not None and not loopback(self.database_host):
            english.append(f"The database is on {self.database_host}.")
            japanese.append(f"データベースは {self.database_host} にあります。")
        if self.copies is not None:
            english.append(
                f"It is copied every day, and the newest {self.copies} copies are kept: what is "
                "deleted is in them until they are."
            )
            japanese.append(
                f"毎日コピーし、新しい{self.copies}個を残します。削除したものも、"
                "それらが消えるまではコピーに残ります。"
            )
        english.append("My log has no text of any message.")
        japanese.append("ログにメッセージの文章は書きません。")
        return Notice(" ".join(english), "".join(japanese))

    def taken_in(self) -> Notice | None:
        """What else than messages is read and kept; None where nothing is known of it."""
        english, japanese = [], []
        if self.attachment_bytes is not None:
            if size := self.attachment_bytes:
                english.append(
                    f"Of a text file that you attach I read up to {size:,} bytes, which are then "
                    "part of your message; of other files their names."
                )
                japanese.append(
                    f"添付のテキストファイルは{size:,}バイトまで読み、メッセージの一部として"
                    "扱います。ほかのファイルは名前だけです。"
                )
            else:
                english.append("I do not read what is in files that you attach.")
                japanese.append("添付ファイルの中身は読みません。")
        if self.web_url is not None:
            english.append(
                f"My web page is {self.web_url}. Of a login there I keep your name, where you "
                "asked for the link, whether you may change settings there, and its times, until "
                f"you log out or it ends after {self.web_hours:g} hours."
            )
            japanese.append(
                f"ウェブページは {self.web_url} です。ログインについては、名前、リンクを頼んだ"
                "場所、そこで設定を変えられるかどうか、時刻を、ログアウトするか"
                f"{self.web_hours:g}時間たつまで保存します。"
            )
        return Notice(" ".join(english), "".join(japanese)) if english else None


def loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    if host == "localhost" or not host:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _placed(host: str, here: str) -> str:
    return f"{host}{here}" if loopback(host) else host
