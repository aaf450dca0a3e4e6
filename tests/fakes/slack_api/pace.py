"""Slack's own rate limits, switched off unless a test sets them.

docs.slack.dev/apis/web-api/rate-limits: about one chat.postMessage a second and channel, with short
bursts; other methods by tier, so many a minute, per workspace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}  # requests a minute
_TIER = {
    "agents.sessions.rename": 3,
    "agents.sessions.setStatus": 3,
    "assistant.threads.setSuggestedPrompts": 4,
    "assistant.threads.setTitle": 4,
    "bots.info": 3,
    "chat.appendStream": 4,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.startStream": 2,
    "chat.stopStream": 2,
    "chat.update": 3,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.replies": 3,
    "reactions.add": 3,
    "team.info": 3,
    "users.conversations": 3,
    "users.info": 4,
    "views.open": 4,
    "views.publish": 4,
    "views.update": 4,
}


@dataclass(slots=True)
class Pace:
    """Buckets of requests, each refilled steadily.

    now: the clock, in seconds
    per_channel: seconds between two posts in one channel; 0 sets no limit
    burst: how many posts in a channel may come at once
    minute: the length of the tiers' minute, in seconds; 0 sets no limit
    """

    now: Callable[[], float]
    per_channel: float = 0.0
    burst: int = 3
    minute: float = 0.0
    _full_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def wait(self, method: str, team: str, channel: str) -> float:
        """Take one request; how many seconds too early it comes, or 0."""
        if method == "chat.postMessage":
            return self._take((method, channel), self.per_channel, self.burst)
        if method not in _TIER or not self.minute:
            return 0.0
        most = TIERS[_TIER[method]]
        return self._take((method, team), self.minute / most, most)

    def _take(self, bucket: tuple[str, str], each: float, most: int) -> float:
        if not each:
            return 0.0
        now = self.now()
        full_at = max(now, self._full_at.get(bucket, now)) + each
        if (early := full_at - now - each * most) > 0:
            return early
        self._full_at[bucket] = full_at
        return 0.0
