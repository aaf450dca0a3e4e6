"""Requests to the page are counted by the page's own addresses, not by what somebody asks for."""

from __future__ import annotations

from bot.chat import Chat
from tests.adapters.web.browsing import Browser


async def test_views_are_counted_by_route_and_status(chat: Chat, stranger: Browser) -> None:
    """A login link's secret is part of its address; what is not there has one name."""
    for path in ("/", "/chat", "/login/secret-1", "/login/secret-2", "/secret-3"):
        await stranger.get(path)
    counts = chat.meters.pages.counts
    assert counts["/", "200"] == 1 and counts["/chat", "401"] == 1
    assert sum(n for (route, _), n in counts.items() if route == "/login/{secret}") == 2
    assert counts["unknown", "404"] == 1
    assert "secret-" not in str(counts)
