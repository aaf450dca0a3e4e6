"""Whole organizations that installed the app: which workspaces they have, and whose token speaks.

Knows nothing of who the bot is in a workspace, nor where tokens are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import UNREACHABLE, code_of, is_broken, status_of
from bot.errors import BotError

log = logging.getLogger(__name__)

TEAMS_A_PAGE = 200  # of an organization; Slack takes 1,000

Read = Callable[[str], Awaitable[Bot | None]]  # an installation, by whose it is; raises BotError


class NotToldOf(BotError):
    """Slack could not be asked for the workspaces of an organization."""

    def __init__(self, organization: str, why: str) -> None:
        super().__init__(
            f"Slack does not say which workspaces {organization} has ({why}).",
            f"{organization} のワークスペースが分かりません（{why}）。",
        )


class ForAnOrganization(BotError):
    """The token in the environment speaks in many workspaces, and does not say in which."""

    def __init__(self) -> None:
        super().__init__(
            "KAIWA_SLACK_BOT_TOKEN is the token of a whole organization. Install the app in one "
            'workspace and take that token, or see "Several workspaces" in docs/slack.md, where '
            "an organization can install it.",
            "KAIWA_SLACK_BOT_TOKEN は 組織（OrG）全体のトークンです。ワークスペースの一つにアプリを"
            "インストールして、そのトークンを使ってください。組織全体へのインストールは"
            "docs/slack.md の「Several workspaces」をご覧ください。",
        )


def is_organization(where: str) -> bool:
    """Whether this is the id of an organization, not of a workspace."""
    return where.startswith("E")


class Organizations:
    """Those of which one has heard. `client` makes a client for a token."""

    def __init__(self, client: Callable[[str | None], AsyncWebClient]) -> None:
        self._client = client
        self._of: dict[str, str] = {}  # a workspace

    def note(self, team: str, organization: str) -> None:
        """A workspace is one of an organization's."""
        self._of[team] = organization

    async def installation(self, team: str, read: Read) -> tuple[str, Bot | None]:
        """Whose installation speaks in a workspace, and what it is: the workspace's own, else its
        organization's. Raises BotError."""
        bot = await read(team)
        if bot is None and team in self._of:
            return self._of[team], await read(self._of[team])
        return team, bot

    async def teams(self, organization: str, read: Read) -> list[str]:
        """The workspaces of an organization in which the bot may speak. Raises BotError where
        Slack does not say, or its token cannot be had; of those that Slack refuses to tell of none
        is known."""
        found: list[str] = []
        try:
            bot = await read(organization)
            client, cursor = self._client(bot.bot_token if bot else None), ""
            while bot is not None:
                page = await client.auth_teams_list(cursor=cursor or None, limit=TEAMS_A_PAGE)
                found += [str(team["id"]) for team in page["teams"]]
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    break
        except UNREACHABLE as error:
            raise NotToldOf(organization, type(error).__name__) from error
        except SlackApiError as error:
            if is_broken(error) or status_of(error) == 429:
                raise NotToldOf(organization, code_of(error)) from error
            log.error("the workspaces of %s are not known (%s)", organization, code_of(error))
        self._of |= dict.fromkeys(found, organization)
        return found
