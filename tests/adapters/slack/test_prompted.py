"""What people really send, as the model gets to see it: through Slack's own client libraries."""

from __future__ import annotations

from bot.chat import Chat
from tests.adapters.slack.said import rich, section, word
from tests.adapters.slack.serving import serving
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_server import SlackServer


async def test_forwards_tables_emoji_and_code_reach_the_prompt(
    server: SlackServer, chat: Chat, generator: FakeGenerator
) -> None:
    """Each by what its author and the one who forwards it see."""
    tanaka, suzuki = server.person("tanaka"), server.person("suzuki")
    channel, bot = server.channel("general", tanaka, suzuki), server.bot.mention
    rows = [[{"type": "raw_text", "text": "猫"}, {"type": "raw_text", "text": "cat"}]]
    table = {
        "id": 1,
        "blocks": [{"type": "table", "rows": rows}],
        "fallback": "[no preview available]",
    }
    mention = {"type": "user", "user_id": server.bot.id}
    async with serving(server, chat, mode="socket"):
        about = suzuki.says(channel, f"{tanaka.mention} 猫の手も :pray:\n&gt; 引用")
        tanaka.forwards(about, channel, f"{bot} これは？")
        await server.replies(channel)
        tanaka.says(channel, f"{bot} 訳して", attachments=[table])
        await server.replies(channel, 2)
        tanaka.says(channel, "", blocks=rich(section(mention, word(" 元気？"))))
        await server.replies(channel, 3)
        tanaka.says(channel, f"{bot} :wave::skin-tone-3: &lt;:tada:&gt; ```:a:``` :neko_face:")
        await server.replies(channel, 4)
    asked = [request.prompt.turns[-1].text for request in generator.requests]
    assert asked == [
        "これは？\n> @tanaka 猫の手も 🙏\n> > 引用",
        "訳して\n猫 | cat",
        "元気？",
        "👋🏼 <🎉> \n```\n:a:\n```\n :neko_face:",
    ]
