"""`SqlInstallations`: what the bot was given to speak in workspaces, encrypted in the database.

Whoever reads the database, or a backup, learns where the bot is installed, and no secret. It
does not know what the secrets are, nor where the key comes from.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ColumnElement, and_, delete, select, update

from bot.errors import BotError, WrongKey
from storage.database import Database
from storage.schema import InstallationRow
from storage.statements import now
from storage.writes import upsert

log = logging.getLogger(__name__)

MAKE_A_KEY = "kaiwa slack key"
# Fernet itself reads leniently: of two keys without a comma it would take the first.
_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")


class SqlInstallations:
    """Installations in a database.

    `key` is one Fernet key, or several with commas between them: the first encrypts, all decrypt.
    To change it, put a new one before the old, start once (`reencrypt`), and take the old away.
    Raises BotError when one of them is none.
    """

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        keys = [_fernet(each.strip()) for each in key.split(",")]
        self._newest = keys[0]
        self._fernet = MultiFernet(keys)

    async def save_installation(self, platform: str, workspace: str, secret: str) -> None:
        """Keep a workspace's secret, in place of the one before."""
        written = {"secret": self._fernet.encrypt(secret.encode()).decode(), "installed_at": now()}
        async with self._database.write() as connection:
            await connection.execute(
                upsert(connection, InstallationRow)
                .values(platform=platform, workspace=workspace, **written)
                .on_conflict_do_update(index_elements=["platform", "workspace"], set_=written)
            )

    async def installation(self, platform: str, workspace: str) -> str | None:
        """A workspace's secret, or None. Raises WrongKey."""
        found = select(InstallationRow.secret).where(_is_in(platform, workspace))
        async with self._database.read() as connection:
            encrypted = await connection.scalar(found)
        return None if encrypted is None else self._decrypted(workspace, encrypted)

    async def remove_installation(self, platform: str, workspace: str) -> bool:
        """Forget a workspace's secret; whether there was one."""
        async with self._database.write() as connection:
            gone = delete(InstallationRow).where(_is_in(platform, workspace))
            return (await connection.execute(gone)).rowcount > 0

    async def installations(self, platform: str) -> Sequence[str]:
        """The workspaces of which a secret is kept, the newest installation last."""
        found = (
            select(InstallationRow.workspace)
            .where(InstallationRow.platform == platform)
            .order_by(InstallationRow.installed_at, InstallationRow.workspace)
        )
        async with self._database.read() as connection:
            return (await connection.scalars(found)).all()

    async def reencrypt(self) -> int:
        """Encrypt with the first key what others encrypted; how many that were.

        Afterwards the other keys are needed no more. What none of them opens stays as it is,
        and is told of: that workspace installs the app again.
        """
        rows = select(InstallationRow.platform, InstallationRow.workspace, InstallationRow.secret)
        changed = 0
        async with self._database.write() as connection:
            for platform, workspace, encrypted in (
                await connection.execute(rows.with_for_update())
            ).all():
                if not _opens(self._newest, encrypted):
                    try:
                        secret = self._decrypted(workspace, encrypted)
                    except WrongKey as error:
                        log.error("%s", error.english)
                        continue
                    again = self._fernet.encrypt(secret.encode()).decode()
                    here = update(InstallationRow).where(_is_in(platform, workspace))
                    await connection.execute(here.values(secret=again))
                    changed += 1
        return changed

    def _decrypted(self, workspace: str, encrypted: str) -> str:
        try:
            return self._fernet.decrypt(encrypted).decode()
        except InvalidToken:
            raise WrongKey(workspace) from None


def _fernet(key: str) -> Fernet:
    """The cipher of a key; BotError when it is none. The key itself is not told."""
    if not _KEY.fullmatch(key):
        raise BotError(
            "The key that encrypts the workspaces' tokens is not a Fernet key (32 bytes in "
            f"URL-safe base64). Make one with: {MAKE_A_KEY}",
            "ワークスペースのトークンを暗号化する鍵が正しくありません（Fernetの鍵は、32バイトを"
            f"URLセーフなbase64で書いたものです）。次のコマンドで作れます：{MAKE_A_KEY}",
        )
    return Fernet(key)


def _opens(fernet: Fernet, encrypted: str) -> bool:
    try:
        fernet.decrypt(encrypted)
    except InvalidToken:
        return False
    return True


def _is_in(platform: str, workspace: str) -> ColumnElement[bool]:
    """Which installation: the one in this workspace."""
    return and_(InstallationRow.platform == platform, InstallationRow.workspace == workspace)


def new_key() -> str:
    """A key that encrypts what is kept of an installation."""
    return Fernet.generate_key().decode()
