"""The app's home: what the bot is, how a channel is set, and what is kept of who looks at it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from adapters.outlet import MessageGone, TryAgain
from adapters.slack.blocks import Block, escape, plain, section
from adapters.slack.errors import REFUSED, translated
from adapters.slack.incoming import PLATFORM
from adapters.slack.speech import Speech, as_typed_here
from adapters.slack.transport.workspaces import Workspace
from bot import privacy
from bot.chat import Chat
from bot.commands import COMMANDS
from bot.errors import BotError
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.persona import PERSONA
from bot.ports import Caller

log = logging.getLogger(__name__)

CHANNEL, EXPORT, FORGET = "kaiwa_home_channel", "kaiwa_home_export", "kaiwa_home_forget"


class Home:
    """Publishes the home of each person who looks at it."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def show(self, workspace: Workspace, user: str, channel: str | None = None) -> None:
        """Publish a person's home, with the settings of the channel that they chose."""
        who = privacy.handled(self._chat)
        about = [
            plain_header("会話 Kaiwa"),
            section(
                "日本語と英語で話すチャットボットです。メンションするか、DMで話しかけてください。"
                "\nI talk Japanese and English. Mention me in a channel, or write to me here."
                f"\n{who.japanese}\n{who.english}"
            ),
            section("\n".join(_commands())),
            {"type": "divider"},
            *await self._channel(workspace, channel),
            {"type": "divider"},
            *await self._kept(user),
        ]
        with translated():
            await workspace.client.views_publish(
                user_id=user, view={"type": "home", "blocks": about}
            )

    async def export(self, workspace: Workspace, user: str) -> None:
        """Hand over everything that is kept of a person, in direct messages."""
        await self._tell(workspace, user, privacy.export, "")

    async def forget(self, workspace: Workspace, user: str) -> None:
        """Delete everything that is kept of a person, who confirmed it, and show that."""
        await self._tell(workspace, user, privacy.forget_me, "yes")
        await self.show(workspace, user)

    async def _tell(self, workspace: Workspace, user: str, answer: Any, argument: str) -> None:
        """Do what was asked, whether or not it can then be told."""
        caller = Caller(ConversationKey(PLATFORM, workspace.team, ""), user)
        answers = answer(self._chat, caller, argument)
        notices = [event async for event in answers if isinstance(event, Notice)]
        try:
            with translated():
                opened = await workspace.client.conversations_open(users=user)
            channel = str(opened["channel"]["id"])
            speech = Speech(workspace, channel, "", user, direct=True)
            for notice in notices:
                await speech.say(notice, private=True)
        except (BotError, TryAgain, MessageGone, *REFUSED) as error:
            log.warning("somebody could not be told in direct messages: %s", error)

    async def _channel(self, workspace: Workspace, channel: str | None) -> list[Block]:
        """The menu of channels, and the settings of the chosen one."""
        menu: Block = {
            "type": "conversations_select",
            "action_id": CHANNEL,
            "placeholder": plain("チャンネルを選ぶ / Choose a channel"),
        }
        if channel is not None:
            menu["initial_conversation"] = channel
        shown: list[Block] = [
            {
                **section("*チャンネルの設定 / A channel's settings*"),
                "accessory": menu,
            }
        ]
        if channel is None:
            return shown
        key = ConversationKey(PLATFORM, workspace.team, channel)
        settings = await self._chat.store.settings(key)
        return [*shown, section("\n".join(await self._settings(key, settings)))]

    async def _settings(self, key: ConversationKey, settings: Mapping[str, str]) -> list[str]:
        sampling = asdict(await self._chat.sampling_for(key))
        names = ("temperature", "top_p", "top_k", "repetition_penalty", "max_new_tokens")
        return [
            f"• mode: `{await self._chat.mode_of(key)}`",
            f"• persona: {escape(settings.get(PERSONA, '—'))}",
            *(f"• {name}: `{sampling[name]}`" for name in names),
            escape(as_typed_here("管理者が /mode /persona /settings で変えられます。")),
        ]

    async def _kept(self, user: str) -> list[Block]:
        """What is kept of a person, and the buttons to have it or be rid of it."""
        stored = await self._chat.store.count_of(PLATFORM, user)
        out = await self._chat.store.opted_out(PLATFORM, user)
        kept = section(
            "*あなたについて / About you*\n"
            f"発言と返答を合わせて{stored}件保存しています。 / I keep {stored} messages: "
            "what you said to me and my replies."
            + ("\n今後の保存は止めています。 / I keep nothing from now on." if out else "")
        )
        export = {"type": "button", "action_id": EXPORT, "text": plain("受け取る / Export")}
        forget = {
            "type": "button",
            "action_id": FORGET,
            "style": "danger",
            "text": plain("すべて削除 / Forget me"),
            "confirm": {
                "title": plain("削除しますか / Delete?"),
                "text": plain(
                    f"あなたの発言と私の返答{stored}件を完全に削除します。 / "
                    f"This deletes {stored} messages for good."
                ),
                "confirm": plain("削除 / Delete"),
                "deny": plain("やめる / Cancel"),
                "style": "danger",
            },
        }
        return [kept, {"type": "actions", "elements": [export, forget]}]


def plain_header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(text)}


def _commands() -> list[str]:
    return [
        f"• `{as_typed_here(entry.usage())}`  {escape(entry.japanese)} / {escape(entry.english)}"
        for entry in COMMANDS
    ]
