"""slack_sdk's errors in the terms of `adapters.outlet`, and what the bot lacks, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.outlet import MessageGone, Refused, TryAgain, Unchangeable
from bot.errors import BotError

# https://docs.slack.dev/reference/methods/chat.postMessage#errors and its neighbours'
GONE = {"message_not_found", "thread_not_found", "channel_not_found", "is_archived"}
BROKEN = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added"}
NO_TOKEN = {
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
    *("no_permission", "team_access_not_granted", "org_login_required"),
}
NOT_ALLOWED = {
    *("not_in_channel", "restricted_action", "restricted_action_read_only_channel"),
    *("restricted_action_thread_only_channel", "restricted_action_non_threadable_channel"),
    *("restricted_action_thread_locked", "missing_scope", "ekm_access_denied", "access_denied"),
}

# What is true of a message whatever it is changed to. Each other code is a refusal of what it says.
UNCHANGEABLE = {
    *("cant_update_message", "edit_window_closed", "message_not_owned_by_app"),
    *("block_mismatch", "is_inactive", "update_failed"),
}
LIMITED = {"ratelimited", "rate_limited"}

REFUSED = (SlackClientError, Refused)  # whatever Slack or its client says no to
UNREACHABLE = (aiohttp.ClientError, TimeoutError, OSError)


class RateLimited(TryAgain):
    """Slack says to call later. What was asked was certainly not done."""

    perhaps_done = False


class CannotWrite(BotError):
    """The bot may not write in a channel. `code` is Slack's own word for why."""

    private = True

    def __init__(self, code: str) -> None:
        super().__init__(
            f"I cannot answer there ({code}). Invite me into the channel with /invite, and see "
            "that its posting permissions allow apps.",
            f"ここでは返事ができません（{code}）。/invite でチャンネルに招待し、"
            "アプリの投稿が許可されているか確かめてください。",
        )
        self.code = code


class NotInstalled(BotError):
    """Slack does not accept the workspace's token any more."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Slack does not accept the token of this workspace ({code}). Install the app anew.",
            f"このワークスペースのトークンが受け付けられません（{code}）。"
            "アプリをもう一度インストールしてください。",
        )
        self.code = code


def code_of(error: SlackApiError) -> str:
    """Slack's own word for an error; empty where its answer had none."""
    response = error.response
    data = response if isinstance(response, dict) else getattr(response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def status_of(error: SlackApiError) -> int:
    """The HTTP status of the answer; 0 where that is not known."""
    response = error.response
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)


def is_broken(error: SlackApiError) -> bool:
    """Whether the same may work later. Slack may have done it all the same."""
    return status_of(error) >= 500 or code_of(error) in BROKEN


@contextmanager
def translated() -> Iterator[None]:
    """Turn what slack_sdk raises inside into MessageGone, TryAgain, Refused or a BotError."""
    try:
        yield
    except SlackApiError as error:
        raise _translation(error) from error
    except SlackClientError as error:
        raise Refused(type(error).__name__) from error
    except UNREACHABLE as error:
        raise TryAgain(f"{type(error).__name__}: {error}") from error
    except RuntimeError as error:
        if "Session is closed" in str(error):  # aiohttp's, at the end of the process
            raise TryAgain(str(error)) from error
        raise


def _translation(error: SlackApiError) -> Exception:
    code, status = code_of(error), status_of(error)
    if code in GONE:
        return MessageGone()
    if status == 429 or code in LIMITED:
        return RateLimited("Slack's rate limit")
    if is_broken(error):
        return TryAgain(f"{code or 'HTTP'} {status}")
    if code in NO_TOKEN:
        return NotInstalled(code)
    if code in NOT_ALLOWED:
        return CannotWrite(code)
    return Unchangeable(code) if code in UNCHANGEABLE else Refused(code or f"HTTP {status}")
