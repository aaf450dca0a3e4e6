"""Installing the app in a workspace: the states of the OAuth flow, its settings and its pages.

https://docs.slack.dev/authentication/installing-with-oauth. It knows nothing of where tokens are
kept (installations.py), nor of HTTP (http.py).
"""

from __future__ import annotations

import hashlib
import hmac
import html
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from logging import Logger

from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.once import Once

log = logging.getLogger(__name__)

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"

STATE_SECONDS = 600

_PAGE = """<!DOCTYPE html>
<html lang="ja">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 4em auto; max-width: 36em; padding: 0 1em }}</style>
</head>
<body><h1>{title}</h1>{text}</body>
</html>
"""


class States(AsyncOAuthStateStore):
    """States that were given out: each is good once, for `STATE_SECONDS`.

    A state says when it was given, signed with a key of this process: so nothing is remembered of
    those who only begin, however many, and whoever is at it when the bot restarts begins again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._came_back = Once()

    @property
    def logger(self) -> Logger:
        """Where slack_sdk may write."""
        return log

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A new state."""
        given = f"{self._clock():.0f}.{secrets.token_urlsafe(16)}"
        return f"{given}.{self._signature(given)}"

    async def async_consume(self, state: str) -> bool:
        """Whether a state is good; it is not any more."""
        given, _, signature = state.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(given).encode()):
            return False
        at = float(given.partition(".")[0])
        return self._came_back.first(state) and self._clock() - at < STATE_SECONDS

    def _signature(self, given: str) -> str:
        return hmac.new(self._key, given.encode(), hashlib.sha256).hexdigest()


def oauth_settings(
    client_id: str,
    client_secret: str,
    scopes: Sequence[str],
    store: AsyncInstallationStore,
    states: AsyncOAuthStateStore,
    *,
    redirect_uri: str | None = None,
    authorization_url: str | None = None,
) -> AsyncOAuthSettings:
    """Settings for AsyncApp(oauth_settings=...), with no tokens of people.

    redirect_uri: as it is registered with Slack; needed where that has several
    authorization_url: where people allow the app, Slack's own unless told
    """

    async def failed(args: AsyncFailureArgs) -> BoltResponse:
        """Bolt leaves the state of somebody who did not allow the app as it is."""
        for state in args.request.query.get("state", ()):
            await states.async_consume(state)
        return await _not_installed(args)

    return AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=list(scopes),
        user_scopes=[],
        redirect_uri=redirect_uri,
        install_path=INSTALL_PATH,
        install_page_rendering_enabled=False,  # straight to Slack, which asks in any case
        redirect_uri_path=REDIRECT_PATH,
        callback_options=AsyncCallbackOptions(success=_installed, failure=failed),
        authorization_url=authorization_url,
        installation_store=store,
        state_store=states,
        state_expiration_seconds=STATE_SECONDS,
    )


async def _installed(args: AsyncSuccessArgs) -> BoltResponse:
    """The page after an installation, with a way back into Slack."""
    installation = args.installation
    log.info("the app was installed in %s", installation.team_id or installation.enterprise_id)
    link = "slack://open"
    if installation.team_id and installation.app_id:
        link = f"slack://app?team={installation.team_id}&id={installation.app_id}"
    return _page(
        args,
        200,
        "インストールしました / Installed",
        f'<p><a href="{html.escape(link)}">Slack を開く / Open Slack</a></p>',
    )


async def _not_installed(args: AsyncFailureArgs) -> BoltResponse:
    """The page after a failure: what it was, and a way to begin again."""
    if args.error is not None:
        log.error("an installation could not be kept", exc_info=args.error)
    again = html.escape(args.settings.install_path)
    return _page(
        args,
        # Never a server's error: no proxy is to put its own page in the place of this one.
        args.suggested_status_code if args.suggested_status_code < 500 else 400,
        "インストールできませんでした / Not installed",
        f'<p><a href="{again}">もう一度やり直す / Try again</a></p>'
        f"<p>理由 / Reason: {html.escape(args.reason)}</p>",
    )


def _page(
    args: AsyncSuccessArgs | AsyncFailureArgs, status: int, title: str, text: str
) -> BoltResponse:
    """A page that also ends the browser's part of the state."""
    return BoltResponse(
        status=status,
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Set-Cookie": args.settings.state_utils.build_set_cookie_for_deletion(),
        },
        body=_PAGE.format(title=title, text=text),
    )
