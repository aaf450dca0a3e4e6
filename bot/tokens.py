"""What proves to a platform that the bot is who it says. See secret.py for where it may stand: the
settings' file, which is copied and shown around, is no such place.

Raises, with where to find one, when it is not set.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from bot.config import SlackSettings
from bot.errors import BotError
from bot.secret import secret

SLACK_APPS = "https://api.slack.com/apps"


def discord_token() -> str:
    """The bot's token, from KAIWA_DISCORD_TOKEN. Raises BotError when it is not set."""
    token = secret("KAIWA_DISCORD_TOKEN", scheme="Bot ")
    if not token:
        raise BotError(
            "KAIWA_DISCORD_TOKEN is not set. Copy the token from your application's page "
            '"Bot" at https://discord.com/developers/applications and set it in the environment.',
            "KAIWA_DISCORD_TOKEN が設定されていません。"
            "https://discord.com/developers/applications のアプリの「Bot」ページでトークンを"
            "コピーし、環境変数に設定してください。",
        )
    return token


def engine_api_key() -> str:
    """What the model servers ask for, from KAIWA_ENGINE_API_KEY; empty where they do not."""
    return secret("KAIWA_ENGINE_API_KEY")


@dataclass(frozen=True, slots=True)
class SlackSecrets:
    """What Slack gave the app. Either `bot_token`, for one workspace, or what it takes to be
    installed into several: `client_id`, `client_secret` and `installation_key`."""

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    installation_key: str = field(default="", repr=False)

    @property
    def several(self) -> bool:
        """Whether workspaces install the app by themselves."""
        return bool(self.client_id)


def slack_secrets(settings: SlackSettings) -> SlackSecrets:
    """The tokens that the settings need, from KAIWA_SLACK_….

    Raises BotError that names the variable that is missing and where its value is found.
    """

    found = SlackSecrets(*(secret(_variable(each.name)) for each in fields(SlackSecrets)))
    needed = ["app_token"] if settings.mode == "socket" else ["signing_secret"]
    needed += ["client_secret", "installation_key"] if found.several else ["bot_token"]
    for name in needed:
        if not getattr(found, name):
            english, japanese = _WHERE_SECRETS_ARE[name]
            variable = _variable(name)
            raise BotError(
                f"{variable} is not set. {english} and set it in the environment.",
                f"{variable} が設定されていません。{japanese}、環境変数に設定してください。",
            )
    return found


def _variable(name: str) -> str:
    return f"KAIWA_SLACK_{name.upper()}"


_WHERE_SECRETS_ARE = {
    "bot_token": (
        f'Copy the "Bot User OAuth Token" (xoxb-…) from your app\'s page "OAuth & Permissions" '
        f"at {SLACK_APPS}",
        f"{SLACK_APPS} のアプリの「OAuth & Permissions」ページで「Bot User OAuth Token」"
        "（xoxb-…）をコピーし",
    ),
    "app_token": (
        "Make an app-level token (xapp-…) with the scope connections:write on your app's page "
        f'"Basic Information" at {SLACK_APPS}',
        f"{SLACK_APPS} のアプリの「Basic Information」ページで connections:write の "
        "App-Level Token（xapp-…）を作り",
    ),
    "signing_secret": (
        f'Copy the "Signing Secret" from your app\'s page "Basic Information" at {SLACK_APPS}',
        f"{SLACK_APPS} のアプリの「Basic Information」ページで「Signing Secret」をコピーし",
    ),
    "client_secret": (
        f'Copy the "Client Secret" from your app\'s page "Basic Information" at {SLACK_APPS}',
        f"{SLACK_APPS} のアプリの「Basic Information」ページで「Client Secret」をコピーし",
    ),
    "installation_key": (
        "Make a key with `kaiwa slack key`",
        "kaiwa slack key で鍵を作り",
    ),
}

SECRETS = {
    "KAIWA_DISCORD_TOKEN": "Discord's token",
    **{
        f"KAIWA_SLACK_{each.name.upper()}": f"Slack's {each.name.replace('_', ' ')}"
        for each in fields(SlackSecrets)
    },
    "KAIWA_ENGINE_API_KEY": "the model servers' key",
}
