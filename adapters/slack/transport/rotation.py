"""Tokens that expire, as Slack gives them to apps with token rotation: renewed before they do.

https://docs.slack.dev/authentication/using-token-rotation. A token lives for 12 hours, the one
before it goes on until its own end. What renews it is good once, and comes new with each token: so
one at a time asks for a token, and what Slack gave is kept here until the database has it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable

from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import UNREACHABLE, code_of, is_broken, status_of
from adapters.slack.transport.installations import Installations
from bot.errors import BotError

log = logging.getLogger(__name__)

MINUTES_BEFORE = 120  # the end of a token that it is renewed
LOOK_SECONDS = 300.0  # between looks at all tokens

Renewed = Callable[[str, Bot], None]


class NotRenewed(BotError):
    """A workspace's token has expired, and a new one could not be had yet."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The token of {where} has expired and could not be renewed yet ({why}).",
            f"{where} のトークンの期限が切れ、まだ更新できていません（{why}）。",
        )


class Rotation:
    """Whose token it is, an id of a workspace or an organization, is `where`.

    `client` makes one that speaks to Slack; `renewed` is told of each new token.
    """

    def __init__(
        self,
        store: Installations,
        client: Callable[[], AsyncWebClient],
        client_id: str,
        client_secret: str,
        renewed: Renewed,
    ) -> None:
        self._store = store
        self._client = client
        self._app = {"client_id": client_id, "client_secret": client_secret}
        self._renewed = renewed
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._not_kept: dict[str, Bot] = {}  # what the database does not have yet
        self._refused: dict[str, str | None] = {}  # what Slack does not renew a token for
        self._told: dict[str, str] = {}  # the newest trouble with a token

    async def keep(self) -> None:
        """Renew what will expire, for ever, also where nothing is said."""
        while True:
            try:
                for where in await self._store.teams():
                    try:
                        await self.bot(where)
                    except BotError as error:
                        self._tell(where, error.english)
            except BotError as error:
                log.warning("the workspaces' tokens cannot be looked at: %s", error.english)
            await asyncio.sleep(LOOK_SECONDS)

    async def bot(self, where: str) -> Bot | None:
        """The bot and its token, renewed where that will expire soon.

        None: it is not installed there, or Slack gives it no token any more. Raises BotError.
        """
        bot = await self._kept(where)
        if bot is None or _minutes(bot) > MINUTES_BEFORE:
            return bot
        async with self._asking[where]:
            bot = await self._kept(where)  # perhaps somebody has just renewed it
            if bot is not None and _minutes(bot) <= MINUTES_BEFORE:
                bot = await self._new(where, bot) or bot
        return None if bot is None or _minutes(bot) <= 0 else bot

    def forget(self, where: str) -> None:
        """The app was installed anew there, or removed."""
        self._not_kept.pop(where, None)

    async def _kept(self, where: str) -> Bot | None:
        """What is known of an installation; what the database does not have yet is tried again."""
        bot = self._not_kept.get(where)
        if bot is None:
            return await self._store.bot(where)
        await self._keep(where, bot)
        return bot

    async def _new(self, where: str, old: Bot) -> Bot | None:
        """The bot with a new token; None where the old one has to do. Raises BotError."""
        if where in self._refused and self._refused[where] == old.bot_refresh_token:
            return None
        rotator = AsyncTokenRotator(client=self._client(), **self._app)
        new: Bot | None = None
        try:
            new = await rotator.perform_bot_token_rotation(
                bot=old, minutes_before_expiration=MINUTES_BEFORE
            )
        except SlackTokenRotationError as failed:
            error = failed.api_error
            if not (is_broken(error) or status_of(error) == 429 or code_of(error) == "ratelimited"):
                self._refuse(where, old, code_of(error) or "no reason")
                return None
            why = code_of(error) or f"HTTP {status_of(error)}"
        except (*UNREACHABLE, KeyError, ValueError) as error:
            why = type(error).__name__
        else:
            why = "no token"
        if new is None:
            self._later(where, old, why)
            return None
        now = await self._store.bot(where)
        if now is None or now.bot_refresh_token != old.bot_refresh_token:
            return now  # it was removed, or installed anew meanwhile
        self._not_kept[where] = new
        self._told.pop(where, None)
        self._renewed(where, new)
        await self._keep(where, new)
        return new

    async def _keep(self, where: str, bot: Bot) -> None:
        try:
            await self._store.keep(where, bot)
        except BotError as error:
            self._tell(where, f"its new token is not stored yet: {error.english}")
        else:
            if self._not_kept.get(where) is bot:
                del self._not_kept[where]

    def _later(self, where: str, old: Bot, why: str) -> None:
        """It is tried again; until it expires, the old token speaks."""
        if _minutes(old) <= 0:
            raise NotRenewed(where, why)
        self._tell(where, f"its token cannot be renewed yet ({why}), and is tried again")

    def _refuse(self, where: str, old: Bot, code: str) -> None:
        self._refused[where] = old.bot_refresh_token
        log.error(
            "Slack does not renew the token of %s (%s). Install the app there again, at the "
            "same page as before; until then it is silent there.",
            *(where, code),
        )

    def _tell(self, where: str, trouble: str) -> None:
        """Once for each trouble: it is looked at again and again."""
        if self._told.get(where) != trouble:
            self._told[where] = trouble
            log.warning("%s: %s", where, trouble)


def _minutes(bot: Bot) -> float:
    """For how long a token is good; it may be for ever."""
    expires = bot.bot_token_expires_at
    return float("inf") if expires is None else (float(expires) - time.time()) / 60
