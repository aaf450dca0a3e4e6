"""What a person can see and delete of what is kept of them: /privacy, /forget-me, /export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError
from bot.messages import ConversationKey, Role
from bot.notices import File, Notice, Span, either, lines
from bot.ports import Caller, Store
from bot.retention import told

MOST_BYTES = 8_000_000  # of a file; Discord takes 10 MiB where nobody pays for more


def known_as(caller: Caller) -> tuple[tuple[str, str], ...]:
    """Platform and id of a person, wherever they talk with the bot: on their platform, and on the
    web page."""
    return both_places(caller.platform, caller.user_id)


def both_places(platform: str, user: str) -> tuple[tuple[str, str], ...]:
    """The same of a person of this platform and id."""
    return (platform, user), ("web", f"{platform}:{user}")


def readers(chat: Chat) -> Notice:
    """Who reads what is said, and whether it leaves the operator's machine."""
    return chat.handling.readers(remote=chat.remote)


def handled(chat: Chat) -> Notice:
    """The same, with all else that the operator's settings do with what is said."""
    parts = [readers(chat), chat.handling.kept(), chat.handling.taken_in()]
    found = [each for each in parts if each is not None]
    return Notice(
        " ".join(each.english for each in found), "".join(each.japanese for each in found)
    )


async def privacy(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Say what is kept; `out` keeps nothing more, `in` takes that back."""
    platform, user = caller.platform, caller.user_id
    choice = argument.lower()
    if choice in ("in", "out"):
        for each in known_as(caller):
            await chat.store.opt_out(*each, choice == "out")
    elif choice:
        raise BotError(
            "Write /privacy, /privacy out or /privacy in.",
            "/privacy、/privacy out、/privacy in のどれかを使ってください。",
        )
    if await chat.store.opted_out(platform, user):
        yield Notice(
            "I keep nothing that you say, and so cannot answer you; /privacy in takes that "
            "back. What I had stored before stays until /forget-me.",
            "あなたの発言は保存しません（そのためお返事もできません）。/privacy in で元に戻せます。"
            "以前に保存した分は /forget-me で消せます。",
        )
        return
    stored = await _count(chat, caller)
    who = handled(chat)
    kept = told(chat.retention.of(await chat.store.settings(caller.conversation)))
    yield Notice(
        f"I keep {stored} messages: what you said to me and my replies. They stay in my "
        f"operator's database. {kept.english} {who.english} I also keep your display name, your "
        "user id, how you rate and compare replies, which readings you correct, and what you "
        "learn: words that you save, their reviews, answers in quizzes, what you tell me with "
        "/me. /export hands everything over, /forget-me yes deletes it, /privacy out keeps nothing "
        "from now on.",
        f"あなたの発言と私の返答を{stored}件、運営者のデータベースに保存しています。"
        f"{kept.japanese}{who.japanese}ほかに表示名、ユーザーID、返答への評価と比較の票、読みの訂正、そして学習の記録"
        "（保存した言葉、復習、クイズの答え、/me で教えていただいたこと）を保存します。"
        "/export で全部受け取り、/forget-me yes で削除、/privacy out で今後の保存を止められます。",
    )


async def forget_me(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Delete what a person said and the replies to it, once they said that they mean it."""
    if argument.lower() != "yes":
        stored = await _count(chat, caller)
        learnt = await chat.store.learning_counts(caller.platform, caller.user_id)
        yield Notice(
            f"This deletes {stored} messages for good: what you said to me everywhere, and "
            "my replies. Write /forget-me yes to do it.",
            f"あなたの発言と私の返答、合わせて{stored}件を完全に削除します。"
            "よければ /forget-me yes と書いてください。",
            lines([(either("And", "ほかに"), Span(": ")), *_receipt(learnt)] if learnt else []),
        )
        return
    counts: Counter[str] = Counter()
    for each in known_as(caller):
        counts += await chat.forget_member(*each)
    yield forgotten(counts)


def counted(counts: Mapping[str, int]) -> Notice:
    """How much is kept of a person, before an operator deletes it."""
    count = counts.get("messages", 0)
    return Notice(
        f"{count} messages: what this person said everywhere, and the replies to it.",
        f"この人の発言と、それへの返答：{count}件",
        lines(_receipt(counts)),
    )


def forgotten(counts: Mapping[str, int]) -> Notice:
    """The receipt: how much of each was deleted, and what was not."""
    count = counts.get("messages", 0)
    return Notice(
        f"Deleted {count} messages; I only note up to when, so as not to take them in again. "
        "Readings that you corrected stay with your group, without your name. "
        "What stands on the platform itself is yours to delete there.",
        f"{count}件を削除しました。再び取り込まないよう、いつまでの分かだけを記録します。"
        "読みの訂正は、名前を消してグループに残します。"
        "画面に残っているメッセージは、そちらで削除してください。",
        lines(_receipt(counts)),
    )


_KINDS = {
    "saved_words": ("saved words", "保存した言葉"),
    "cards": ("review schedules", "復習の予定"),
    "reviews": ("reviews", "復習の記録"),
    "quiz_answers": ("answers in quizzes", "クイズの答え"),
    "mistakes": ("mistakes to ask again", "もう一度出す問題"),
    "member_settings": ("things you told me of yourself", "自分についての設定"),
    "comparison_votes": ("votes on settings", "設定の比較への投票"),
    "web_sessions": ("logins to the web page", "ウェブページへのログイン"),
}


def _receipt(counts: Mapping[str, int]) -> list[tuple[Span, ...]]:
    """How much there was of each kind, but for messages."""
    return [
        (Span(f"{count}  "), either(*_KINDS[name]))
        for name, count in counts.items()
        if count and name in _KINDS
    ]


async def export(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Hand over everything that is kept of a person, as JSON; with `channel`, all that belongs to
    the conversation, as lines of JSON."""
    if argument.lower() == "channel":
        yield await _exported_channel(chat, caller.conversation)
        return
    if argument:
        raise BotError(
            "Write /export or /export channel.",
            "/export か /export channel を使ってください。",
        )
    found = await everything(chat.store, caller.platform, caller.user_id)
    text = json.dumps({"user_id": caller.user_id, **found}, ensure_ascii=False, indent=2)
    content = f"{text}\n".encode()
    _check_size(len(content))
    count = len(found["messages"])
    yield Notice(
        f"Everything that I keep of you: {count} messages.",
        f"あなたについて保存しているものすべてです（{count}件）。",
        file=File("kaiwa-export.json", content),
    )


async def _exported_channel(chat: Chat, conversation: ConversationKey) -> Notice:
    written, messages = bytearray(), 0
    async for row in chat.store.everything_in(conversation):
        written += json.dumps(row, ensure_ascii=False).encode() + b"\n"
        messages += row["table"] == "messages"
        _check_size(len(written))
    return Notice(
        f"Everything that I keep of this conversation: {messages} messages, of all who spoke here.",
        f"この会話について保存しているものすべてです（全員分のメッセージ{messages}件）。",
        file=File("kaiwa-export.jsonl", bytes(written)),
    )


def _check_size(count: int) -> None:
    """Raises BotError for more bytes than a platform takes as a file."""
    if count > MOST_BYTES:
        megabytes = MOST_BYTES // 1_000_000
        raise BotError(
            f"This is more than {megabytes} MB, too much for a file here. "
            "My operator can write it with `kaiwa export`.",
            f"{megabytes}MBを超えるため、ここではファイルにできません。"
            "運営者が `kaiwa export` で書き出せます。",
        )


async def everything(
    store: Store, platform: str, user_id: str
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """All that is kept of a person, a list for each kind."""
    entries, ratings, corrections = [], [], []
    learnt: dict[str, list[Mapping[str, Any]]] = {}
    for who in both_places(platform, user_id):
        entries += [
            {
                **_place(key),
                "speaker": "you" if message.role is Role.USER else "bot",
                "name": message.author_name,
                "text": message.text,
                "sent_at": message.created_at.isoformat(),
            }
            for key, message in await store.messages_of(*who)
        ]
        ratings += [
            {**_place(key), "value": value, "rated_at": moment.isoformat()}
            for key, value, moment in await store.ratings_of(*who)
        ]
        corrections += [
            {
                "group": group,
                "word": correction.surface,
                "reading": correction.reading,
                "corrected_at": correction.created_at.isoformat(),
            }
            for group, correction in await store.corrections_of(*who)
        ]
        for name, rows in (await store.learning_of(*who)).items():
            learnt.setdefault(name, []).extend(rows)
    return {"messages": entries, "ratings": ratings, "corrections": corrections, **learnt}


async def forget_person(store: Store, platform: str, user_id: str) -> Counter[str]:
    """Delete all that is kept of a person, where no bot runs that would hold some of it in
    memory; how much of each kind."""
    counts: Counter[str] = Counter()
    for who in both_places(platform, user_id):
        counts += Counter(await store.forget_learning(*who))
        counts["messages"] += await store.forget_member(*who)
    return counts


async def _count(chat: Chat, caller: Caller) -> int:
    return sum([await chat.store.count_of(*each) for each in known_as(caller)])


def _place(key: ConversationKey) -> dict[str, str]:
    return {"workspace": key.workspace, "channel": key.channel, "thread": key.thread}
