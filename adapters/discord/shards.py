"""Which of the gateway's connections are this process's, and which conversations come by them."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.discord.incoming import DIRECT
from bot.messages import ConversationKey


@dataclass(frozen=True, slots=True)
class Shards:
    """`total`: how many there are in all; `ids`: those of this process, none where it has all."""

    total: int | None = None
    ids: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What tells this part of the bot from the others; empty where it is all of it."""
        return f"{','.join(map(str, sorted(self.ids)))}/{self.total}" if self.ids else ""

    def see(self, key: ConversationKey) -> bool:
        """Whether a conversation's events come to this process: those of direct messages by the
        first connection (https://discord.com/developers/docs/events/gateway#sharding)."""
        if not self.ids or self.total is None:
            return True
        if key.workspace == DIRECT:
            return 0 in self.ids
        return (int(key.workspace) >> 22) % self.total in self.ids
