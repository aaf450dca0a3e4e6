"""/me: what people say of themselves, for what is theirs alone."""

from __future__ import annotations

from bot.channel_commands import unset
from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError, repeated
from bot.language import LANGUAGE
from bot.learning.profile import BY_NAME, TRAITS
from bot.notices import Notice, Span, bold, either, lines
from bot.ports import Caller


async def me(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show or change it."""
    name, *rest = argument.split(maxsplit=1) or [""]
    value, who = "".join(rest).strip(), (caller.platform, caller.user_id)
    if name:
        trait = BY_NAME.get(name.lower())
        if trait is None:
            raise BotError(
                f"You can tell me your {', '.join(BY_NAME)}; not {repeated(name)!r}. "
                "Like this: /me level n4",
                f"教えていただけるのは {'、'.join(BY_NAME)} です"
                f"（「{repeated(name)}」は使えません）。例：/me level n4",
            )
        if value:
            kept = None if unset(value) else trait.checked(value)
            await chat.store.set_member_setting(*who, trait.name, kept)
    told = await chat.store.member_settings(*who)
    shown: list[tuple[Span, ...]] = [
        (
            bold(trait.name),
            Span("  "),
            either(trait.english, trait.japanese),
            Span(f"  {told.get(trait.name, '—')}"),
        )
        for trait in TRAITS
    ]
    notice = Notice(
        "This is what you told me. /me NAME VALUE changes it, /me NAME default forgets it.",
        "教えていただいたことです。/me 項目 値 で変更、/me 項目 default で削除できます。",
        lines(shown),
    )
    chosen = told.get(LANGUAGE)
    yield notice if chosen is None else notice.localized(japanese=chosen == "ja")
