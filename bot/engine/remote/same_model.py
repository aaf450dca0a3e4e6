"""Whether a server's model is the one whose tokenizer is here, before a prompt is sent to it.

Token ids of another vocabulary make no sense there, and ids past its end have brought servers
down for everybody. What tells: the size of the vocabulary (llama.cpp), what the server makes of a
harmless text (`/tokenize`: vLLM, llama.cpp, SGLang, TGI), and where neither is told, the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Any

from bot.engine.remote.client import Client, Refused, Unavailable
from bot.engine.remote.wire import Served
from bot.tokenizer import Tokenizer

SAMPLE = "こんにちは。今日は日本語と英語で話しましょう。Hello, how are you today?"
# A server may lose spaces, rare characters and what its tokenizer does not know; the ids of
# another vocabulary give next to nothing of the text.
MOST_UNLIKE = 0.6
CONFLICT = 409  # HTTP's, for what is no server's fault and no request's
FORMATS = re.compile(
    r"[-_.](?:gguf|awq|gptq|nf4|4bit|8bit|int[48]|fp?8|bf16|f16|f32|q\d[\w.]*)$", re.IGNORECASE
)


async def compare(client: Client, served: Served, model: str, tokenizer: Tokenizer) -> bool:
    """Whether the server's vocabulary was seen to be ours; False where it tells nothing of it.

    Raises Refused where it is another one.
    """
    if served.vocabulary is not None and served.vocabulary < max(tokenizer.encode(SAMPLE)) + 1:
        raise _another(client.url, f"{served.vocabulary:,} tokens", tokenizer)
    try:
        ids = read_ids(await client.ask_root("tokenize", _question(model)))
    except (Unavailable, Refused):
        return False
    if not ids:
        return False
    known = [token_id for token_id in ids if token_id < tokenizer.vocab_size]
    text = b"".join(map(tokenizer.token_bytes, known)).decode("utf-8", "ignore")
    if known != ids or unlike(text):
        raise _another(client.url, f"{len(ids)} other tokens for the same text", tokenizer)
    return True


def unlike(text: str) -> bool:
    """Whether this is not what `SAMPLE` comes back as."""
    pair = ("".join(SAMPLE.split()), "".join(text.split()))
    return SequenceMatcher(None, *pair, autojunk=False).ratio() < MOST_UNLIKE


def named_alike(ours: str, theirs: Iterable[str]) -> bool:
    """Whether one of a server's names for its model is that of `ours`, a Hub id or a folder."""
    mine = _bare(ours)
    return any(mine in name or name in mine for name in map(_bare, theirs) if mine and name)


def _bare(name: str) -> str:
    """The last part of a Hub id or path, without what is only said of the format."""
    last = PurePosixPath(name.replace("\\", "/")).name
    while (shorter := FORMATS.sub("", last)) != last:
        last = shorter
    return re.sub(r"[^a-z0-9]+", "", last.lower().partition(":")[0])


def _question(model: str) -> dict[str, Any]:
    """In the words of each server, of which every one reads its own."""
    return {
        "model": model,
        "prompt": SAMPLE,  # vLLM, SGLang
        "content": SAMPLE,  # llama.cpp
        "inputs": SAMPLE,  # TGI
        "add_special_tokens": False,
        "add_special": False,
    }


def read_ids(document: Any) -> list[int]:
    """The ids in an answer of `/tokenize`; none where it is another."""
    listed = document.get("tokens") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        return []
    ids = [each.get("id") if isinstance(each, dict) else each for each in listed]
    known = [each for each in ids if isinstance(each, int) and each >= 0]
    return known if len(known) == len(ids) else []


def _another(url: str, why: str, tokenizer: Tokenizer) -> Refused:
    return Refused(
        f"The model server {url} has {why}: it serves another model than [model] id, whose "
        f"tokenizer has {tokenizer.vocab_size:,} tokens. Name its model in [model] id.",
        f"モデルサーバー {url} は [model] id とは別のモデルです（語彙が一致しません）。"
        "[model] id にそのモデルを指定してください。",
        CONFLICT,
    )


def other_name(url: str, ours: str, theirs: str) -> Refused:
    """The error where names are all that there is to compare, and differ."""
    return Refused(
        f"The model server {url} calls its model {theirs}, and [model] id is {ours}. Name the "
        f'same model in both; if they are the same, set [engine] model = "{theirs}".',
        f"モデルサーバー {url} のモデル名は {theirs}、[model] id は {ours} です。同じモデルに"
        f'してください。同じものなら [engine] model = "{theirs}" と設定してください。',
        CONFLICT,
    )
