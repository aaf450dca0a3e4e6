"""The tables of those who learn, beside those of conversations (storage/schema.py).

What belongs to a person has the columns `platform` and `user_id`, by which it is handed over and
forgotten (personal.py). `group_id` is the workspace, or in direct messages the channel.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.schema import Base, Id


class MemberSettingRow(Base):
    """What a person says of themself: their level, what they study, their language."""

    __tablename__ = "member_settings"

    platform: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class SavedWordRow(Base):
    """A word that a person saved, as it read then. `entry_id` is its number in JMdict, NULL for
    one of the person's own; `sentence` is where it stood; `changed_at` when a text of it last
    changed, which is all that Anki is to take for a change."""

    __tablename__ = "saved_words"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    user_id: Mapped[str]
    group_id: Mapped[str]
    entry_id: Mapped[int | None] = mapped_column(Id)
    word: Mapped[str]
    reading: Mapped[str]
    meaning: Mapped[str]
    sentence: Mapped[str]
    saved_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__: Any = (
        UniqueConstraint("platform", "user_id", "word", "reading"),
        Index(None, "platform", "user_id", "id"),  # the newest, however many there are
        Index(None, "platform", "group_id"),
        {"sqlite_autoincrement": True},
    )


class CardRow(Base):
    """When a saved word is due, and what FSRS knows of it (fsrs.Card; but `state` is 0 before the
    first review). `introduced_at`: its first review; NULL `stability` and `last_review` before it.
    `turn` grows with each answer and each that is undone: a button answers one turn. `suspended`:
    it is not asked for now."""

    __tablename__ = "cards"

    word_id: Mapped[int] = mapped_column(
        Id, ForeignKey("saved_words.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[int]
    step: Mapped[int | None]
    stability: Mapped[float | None]
    difficulty: Mapped[float | None]
    due: Mapped[datetime]
    last_review: Mapped[datetime | None]
    introduced_at: Mapped[datetime | None]
    lapses: Mapped[int]
    suspended: Mapped[bool]
    turn: Mapped[int]

    __table_args__: Any = (Index(None, "due"),)


class ReviewRow(Base):
    """One answer in a review. `turn`: the card's that it answered; `state`: the card's before,
    0 where it was new; `counted`: it moved the card; `before`: the card as it was, as JSON, to be
    undone; `day`: the person's own day, as an ISO date."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    word_id: Mapped[int] = mapped_column(Id, ForeignKey("saved_words.id", ondelete="CASCADE"))
    turn: Mapped[int]
    rating: Mapped[int]
    state: Mapped[int]
    counted: Mapped[bool]
    before: Mapped[str]
    day: Mapped[str]
    reviewed_at: Mapped[datetime]

    __table_args__: Any = (
        UniqueConstraint("word_id", "turn"),
        Index(None, "word_id", "day"),
        {"sqlite_autoincrement": True},
    )


class QuizRow(Base):
    """A quiz in a conversation. `settings`: what is asked, as JSON. `user_id`: who began it, or
    empty. `ended_at`: NULL while it goes on, of which there is one in a conversation."""

    __tablename__ = "quizzes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str]
    workspace: Mapped[str]
    channel: Mapped[str]
    thread: Mapped[str]
    group_id: Mapped[str]
    user_id: Mapped[str]
    settings: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__: Any = (
        Index(None, "platform", "workspace", "channel", "thread"),
        Index(
            "uq_quizzes_open",
            *("platform", "workspace", "channel", "thread"),
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "group_id", "started_at"),
        {"sqlite_autoincrement": True},
    )


class QuizQuestionRow(Base):
    """A question of a quiz. `question`: what is asked and what counts, as JSON. `asked_at`: it was
    said, or is being said, in the message `platform_id`. `closes_at`: no answer counts after it,
    nor from `closed_at` on. `told_at`: its result was said, or is being said."""

    __tablename__ = "quiz_questions"

    quiz_id: Mapped[int] = mapped_column(
        Id, ForeignKey("quizzes.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(Id)
    question: Mapped[str]
    asked_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    platform_id: Mapped[str | None]


class QuizAnswerRow(Base):
    """What somebody answered; ids grow in the order in which answers came in. `sent_at`: when it
    was given by the platform's clock, which decides who was first; NULL where there is none."""

    __tablename__ = "quiz_answers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(Id, ForeignKey("quizzes.id", ondelete="CASCADE"))
    position: Mapped[int]
    platform: Mapped[str]
    user_id: Mapped[str]
    name: Mapped[str]
    answer: Mapped[str]
    right: Mapped[bool]
    points: Mapped[int]
    answered_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__: Any = (
        UniqueConstraint("quiz_id", "position", "user_id"),
        Index(None, "platform", "user_id"),
        {"sqlite_autoincrement": True},
    )


class MistakeRow(Base):
    """A question that somebody got wrong, until they get it right on another day. `question` as
    in QuizQuestionRow; `due`: the day from which it is asked again."""

    __tablename__ = "mistakes"

    platform: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str]
    question: Mapped[str]
    times: Mapped[int]
    wrong_at: Mapped[datetime]
    due: Mapped[datetime]


class LookedUpRow(Base):
    """How often a word was looked up in a group on a day (ISO date): by nobody in particular."""

    __tablename__ = "looked_up"

    platform: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]


class DailyPostRow(Base):
    """What a channel was given on a day (ISO date, where the channel is): at most one of a kind,
    claimed before it is said."""

    __tablename__ = "daily_posts"

    platform: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str]
    claimed_at: Mapped[datetime]


class WebSessionRow(Base):
    """A login to the web page: a one-time link, or the session that it became. `secret` is a
    hash. `place`: the conversation from which it was asked, as JSON."""

    __tablename__ = "web_sessions"

    secret: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str]
    user_id: Mapped[str]
    name: Mapped[str]
    place: Mapped[str]
    administrator: Mapped[bool]
    once: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__: Any = (Index(None, "platform", "user_id"),)
