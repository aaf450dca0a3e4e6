"""Slack's assistant view: what one could ask, shown where nothing was asked yet."""

from __future__ import annotations

from adapters.slack.incoming import Event
from adapters.slack.transport.workspaces import Workspace, quietly

TITLE = "話しかけてみましょう / Try one of these"
PROMPTS = (  # Slack takes up to four
    ("自己紹介 / Introduce yourself", "はじめまして。自己紹介をしてください。"),
    ("VRって何？ / What is VR?", "VRはなんですか。"),
    ("「猫」は英語で？ / Words", "「猫」は英語で何ですか。"),
    ("Learn a word", "How do you say 'cat' in Japanese?"),
)


async def suggest(workspace: Workspace, event: Event) -> None:
    """Suggest questions: somebody opened the app's messages.

    https://docs.slack.dev/ai/migrating-to-agent-messaging
    """
    prompts = [{"title": title, "message": message} for title, message in PROMPTS]
    await quietly(
        workspace,
        "prompts",
        "assistant.threads.setSuggestedPrompts",
        channel_id=str(event["channel"]),
        title=TITLE,
        prompts=prompts,
    )
