"""The fake Slack's events have what Slack's own types say that events have."""

from __future__ import annotations

from tests.fakes.slack_api.arguments import event_complaint
from tests.fakes.slack_api.typed import rich_text
from tests.fakes.slack_server import SlackServer

NAMES = {
    "agent_session_stopped": "AgentSessionStoppedEvent",
    "app_context_changed": "AppContextChangedEvent",
    "app_home_opened": "AppHomeOpenedEvent",
    "app_mention": "AppMentionEvent",
    "app_uninstalled": "AppUninstalledEvent",
    "assistant_thread_context_changed": "AssistantThreadContextChangedEvent",
    "assistant_thread_started": "AssistantThreadStartedEvent",
    "bot_message": "BotMessageEvent",
    "file_share": "FileShareMessageEvent",
    "file_shared": "FileSharedEvent",
    "member_joined_channel": "MemberJoinedChannelEvent",
    "message": "GenericMessageEvent",
    "message_changed": "MessageChangedEvent",
    "message_deleted": "MessageDeletedEvent",
    "thread_broadcast": "ThreadBroadcastMessageEvent",
    "tokens_revoked": "TokensRevokedEvent",
}


async def test_every_kind_of_event_has_the_fields_of_its_type() -> None:
    """One of each, in a channel and in direct messages, against @slack/types."""
    async with SlackServer() as server:
        server.deliveries.waits = 0  # nobody listens
        tanaka, robot = server.person("田中"), server.robot("機械")
        general = server.channel("general", tanaka, type="group")
        server.person("鈴木").joins(general, tanaka)
        root = tanaka.says(general, f"{server.bot.mention} やあ")
        tanaka.says(general, "みんなに", root.ts, broadcast=True)
        tanaka.says(general, "", files={"メモ.txt": b"memo"})
        robot.says(general, "ピー", subtype="bot_message")
        robot.says(general, "ピー")
        said = tanaka.says(tanaka.dm, "一")
        server.unfold(said)
        tanaka.edits(said, "二")
        tanaka.deletes(said)
        tanaka.opens_home()
        ts = tanaka.opens_assistant()
        tanaka.moves_assistant(ts, {"channel_id": general.id})
        tanaka.looks_at(general)
        tanaka.stops(general, root.ts)
        server.installs.uninstall(server.team)
        await server.settled()
        seen = set()
        for delivery in server.deliveries.all:
            event = delivery.payload["event"]
            kind = event.get("subtype", event["type"])
            seen.add(kind)
            assert event_complaint(NAMES[kind], event) is None, event
        assert seen == set(NAMES)


def test_what_a_person_types_comes_as_rich_text_too() -> None:
    """In Slack's elements: mentions, links, emoji, quotations and code."""
    typed = "<@U1> :tada: :neko_face: <https://a.example|b>\n&gt; 引用```a &lt; b```"
    (block,) = rich_text(typed)
    section, quote, code = block["elements"]
    assert [each["type"] for each in section["elements"]] == [
        *("user", "text", "emoji", "text", "emoji", "text", "link"),
    ]
    assert section["elements"][2] == {"type": "emoji", "name": "tada", "unicode": "1f389"}
    assert "unicode" not in section["elements"][4]
    assert quote["type"] == "rich_text_quote" and quote["elements"][0]["text"] == "引用"
    assert code["elements"] == [{"type": "text", "text": "a < b"}]
