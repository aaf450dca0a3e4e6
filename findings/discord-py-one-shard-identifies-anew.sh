#!/usr/bin/env bash
# discord.py 2.7.1, AutoShardedClient: where one of several shards identifies anew, nobody is ready.
#
# A shard whose session cannot be resumed identifies itself anew; what happened meanwhile is never
# told. A client with one shard then gets `ready` once more, so that on_ready is where programs read
# what they missed. With two shards the other one was ready long ago, and discord.py waits for as
# many READY events as there are shards before it says `ready`: after one of them there is no
# `ready`, and no `resumed` either, only `shard_ready`. The second shard's READY, hours later
# perhaps, brings the `ready` of both.
#
# Seen with Python 3.11.7: after the first start shard_ready 0, shard_ready 1, ready; after shard 0
# identified anew shard_ready 0; after shard 1 did so, too, shard_ready 1, ready.
# What helps: listen to on_shard_ready.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet discord.py==2.7.1
cat >shards.py <<'PY'
import asyncio

import discord

USER = {"id": "1", "username": "a", "discriminator": "0", "avatar": None}


class Client(discord.AutoShardedClient):
    def dispatch(self, event, /, *args, **kwargs):
        if event in ("ready", "resumed", "shard_ready", "shard_resumed"):
            told.append(" ".join([event, *map(str, args)]))
        super().dispatch(event, *args, **kwargs)


async def ready(state, shard):
    state.parse_ready(
        {"v": 10, "user": USER, "guilds": [], "session_id": "s", "shard": [shard, 2],
         "resume_gateway_url": "wss://localhost", "application": {"id": "1", "flags": 0}}
    )


async def main():
    client = Client(intents=discord.Intents.none(), shard_count=2)
    state = client._connection
    await client._async_setup_hook()
    state.shard_ids = range(2)
    state.guild_ready_timeout = 0.1  # seconds until a shard's servers count as told
    for shards in ((0, 1), (0,), (1,)):
        told.clear()
        for shard in shards:
            await ready(state, shard)
        await asyncio.sleep(1)
        print(f"READY of {shards}: {', '.join(told)}")
        seen.append(list(told))


told, seen = [], []
asyncio.run(main())
assert seen == [
    ["shard_ready 0", "shard_ready 1", "ready"],
    ["shard_ready 0"],
    ["shard_ready 1", "ready"],
], seen
PY
venv/bin/python shards.py
