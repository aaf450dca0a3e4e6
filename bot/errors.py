"""The one kind of error whose text a user may see."""

from __future__ import annotations

import errno


class BotError(Exception):
    """Something went wrong that the user can understand and act on.

    `english` and `japanese` are finished sentences that say what happened and what to do;
    they hold no text of other users and no internal detail. `private`: it concerns one person
    and is shown to nobody else.
    """

    private = False

    def __init__(self, english: str, japanese: str) -> None:
        super().__init__(english)
        self.english = english
        self.japanese = japanese

    def both(self) -> str:
        """The message in both languages, for a place whose language is not known."""
        same = self.japanese == self.english
        return self.english if same else f"{self.japanese}\n{self.english}"

    def localized(self, *, japanese: bool | None) -> BotError:
        """The message as it reads in one language, whoever shows it; None: in both."""
        if japanese is None:
            return self
        text = self.japanese if japanese else self.english
        localized = BotError(text, text)
        localized.private = self.private
        return localized


_SYSTEM = {
    errno.ENOENT: "ありません",
    errno.EACCES: "権限がありません",
    errno.EPERM: "権限がありません",
    errno.EROFS: "書き込みできない場所です",
    errno.EISDIR: "フォルダーです",
    errno.ENOTDIR: "フォルダーではありません",
    errno.EEXIST: "すでにあります",
    errno.ENOSPC: "空き容量がありません",
    errno.EDQUOT: "容量の上限です",
    errno.EADDRINUSE: "使用中です",
    errno.EADDRNOTAVAIL: "このコンピューターのアドレスではありません",
}


def system_reason(error: Exception) -> tuple[str, str]:
    """Why the operating system, or a library that writes files, refused something, in both
    languages."""
    if not isinstance(error, OSError):
        return str(error), type(error).__name__
    number = error.errno or 0
    name = errno.errorcode.get(number, type(error).__name__)
    return error.strerror or name, _SYSTEM.get(number, name)


def of_a_file(error: OSError) -> BotError:
    """What the operating system refused of a file that somebody named; it has a `filename`."""
    english, japanese = system_reason(error)
    return BotError(
        f"{error.filename} cannot be used ({english}). Name another place, or let the account that "
        "runs Kaiwa use this one.",
        f"{error.filename} は使えません（{japanese}）。別の場所を指定するか、"
        "Kaiwa を動かすアカウントに使わせてください。",
    )


MOST_REPEATED = 40  # characters of what a user wrote that a message of the bot's repeats


def repeated(text: str) -> str:
    """What a user wrote, as far as it is said back to them: on one line, cut, and no link that
    says it leads elsewhere."""
    flat = " ".join(text[: 4 * MOST_REPEATED].replace("](", "] (").split())
    whole = len(flat) <= MOST_REPEATED and len(text) <= 4 * MOST_REPEATED
    return flat if whole else flat[: MOST_REPEATED - 1] + "…"


class EngineBusy(BotError):
    """The engine's queue is full; the request was not accepted and used nothing."""

    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"I am busy: {waiting} requests are waiting. Please try again in a moment.",
            f"ただいま混み合っています（{waiting}件待ち）。少し待ってからもう一度お試しください。",
        )
        self.waiting = waiting


class MessageTooLong(BotError):
    """A message that would not fit into the model's context even alone. Lengths in tokens."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(
            f"That message is too long for me: {tokens:,} tokens, and I can read {limit:,}. "
            "Please shorten it or send it in parts.",
            f"メッセージが長すぎます（{tokens:,}トークン、上限は{limit:,}）。"
            "短くするか、分けて送ってください。",
        )
        self.tokens = tokens
        self.limit = limit


class PromptTooLong(MessageTooLong):
    """A prompt for which there is less room than was known when it was made: `context_length` is
    shorter from now on, and the prompt may be made anew, with fewer turns."""


class GenerationFailed(BotError):
    """The step that this request was part of failed; the engine goes on serving others."""

    def __init__(self) -> None:
        super().__init__(
            "Something went wrong while I was writing. Your message is kept; please try again.",
            "返答の生成中に問題が起きました。メッセージは保存されています。"
            "もう一度お試しください。",
        )


class EmptyReply(BotError):
    """The model ended its reply before the first word. `thought`: it had no room left to answer."""

    def __init__(self, *, thought: bool = False) -> None:
        if thought:
            super().__init__(
                "I was still thinking when my reply was full. Please ask something simpler, or "
                "have [generation] max_new_tokens raised.",
                "考えているうちに返答の上限に達しました。もっと簡単に聞くか、"
                "[generation] max_new_tokens を上げてもらってください。",
            )
            return
        super().__init__(
            "I found nothing to say. Please put it another way, or try /regenerate.",
            "うまく答えられませんでした。言い方を変えるか、/regenerate をお試しください。",
        )


class NothingToRegenerate(BotError):
    """There is no reply since memory starts that could be written again."""

    def __init__(self) -> None:
        super().__init__(
            "There is no reply to write again yet. Say something first.",
            "書き直す返答がまだありません。先に何か話しかけてください。",
        )


class NotTheNewestReply(BotError):
    """A reply that others followed cannot be written again: they build on it."""

    private = True

    def __init__(self) -> None:
        super().__init__(
            "Only my newest reply here can be written again.",
            "書き直せるのは、ここでの最新の返答だけです。",
        )


class OptedOut(BotError):
    """A person who asked that nothing be kept speaks to the bot, which could not answer then."""

    private = True

    def __init__(self) -> None:
        super().__init__(
            "You asked me to keep nothing of yours, so I cannot answer. "
            "/privacy in lets me talk with you again.",
            "あなたの発言は保存しない設定なので、お返事できません。/privacy in で元に戻せます。",
        )


class DeadlineExceeded(BotError):
    """A reply took longer than the engine allows. `seconds` is the limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"I could not finish within {seconds:,.0f} seconds. Please try again later.",
            f"{seconds:,.0f}秒以内に返答を終えられませんでした。後でもう一度お試しください。",
        )
        self.seconds = seconds


class EndedMeanwhile(BotError):
    """The process ends; whether an answer was kept is not known to who gave it."""

    private = True

    def __init__(self) -> None:
        super().__init__(
            "I am shutting down, and may not have got that. Please answer again when I am back: "
            "it counts once.",
            "ただいま終了処理中で、受け取れなかったかもしれません。"
            "再開後にもう一度お答えください。二重には数えません。",
        )


class EngineClosed(BotError):
    """The engine is shutting down, or was never started; nothing was lost."""

    def __init__(self) -> None:
        super().__init__(
            "I am shutting down. Your message is kept; please try again when I am back.",
            "ただいま終了処理中です。メッセージは保存されています。"
            "再開後にもう一度お試しください。",
        )


class WrongKey(BotError):
    """A secret was encrypted with a key that is not given."""

    def __init__(self, workspace: str) -> None:
        super().__init__(
            f"The token of the workspace {workspace} cannot be decrypted: it was encrypted with "
            "another key. Give the old key too, after the new one and a comma, or install the "
            "app in that workspace again.",
            f"ワークスペース {workspace} のトークンを復号できません。別の鍵で暗号化されています。"
            "新しい鍵の後にカンマで区切って古い鍵も指定するか、そのワークスペースにアプリを"
            "もう一度インストールしてください。",
        )
