"""What the bot says on every platform, in both languages."""

from __future__ import annotations

from bot.errors import BotError
from bot.notices import Notice

NOT_HERE = BotError(
    "My operator did not allow me to talk with you here.",
    "ここであなたとお話しすることは、運営者に許可されていません。",
)
NOT_WRITING = Notice(
    "This reply is not being written any more.", "この返答はもう書き終わっています。"
)
NOTHING_TO_STOP = Notice("I am not writing anything.", "今は何も書いていません。")
STOPPED = Notice("Stopped.", "止めました。")
THANKS = Notice("Thank you, noted.", "ありがとうございます。評価を記録しました。")
OFF = Notice(
    "I am switched off in this channel; an administrator can change that with /mode.",
    "このチャンネルではオフになっています。管理者が /mode で変えられます。",
)
KEEPS_NOTHING = BotError(
    "The author of that message asked me to keep nothing of theirs, so I cannot look at it.",
    "そのメッセージを書いた人は保存しない設定なので、内容を見ることができません。",
)
NO_DIRECT_MESSAGES = BotError(
    "I do not take direct messages from you. Please talk to me in a channel.",
    "あなたからのDMは受け付けていません。チャンネルで話しかけてください。",
)
SAY_SOMETHING = Notice(
    "Yes? Write your question after my name, or see /help.",
    "はい。私の名前のあとに質問を書いてください。/help で使い方が見られます。",
)
