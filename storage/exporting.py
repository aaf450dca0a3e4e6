"""Everything that is stored, or all that belongs to one conversation, row by row.

What lets somebody in is left out: tokens of workspaces, logins to the web page. Rows are read a
page at a time along their table's key, so that a large database fits into little memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select

from bot.messages import ConversationKey
from storage.database import Database
from storage.learning.schema import DailyPostRow, QuizAnswerRow, QuizQuestionRow, QuizRow
from storage.pages import key_of, page
from storage.schema import (
    ChannelSettingRow,
    ComparisonRow,
    ComparisonVoteRow,
    ConversationRow,
    DeletedMessageRow,
    MessageRow,
    RatingRow,
    ReplyRow,
    SentMessageRow,
)
from storage.tables import every_table

Entry = Mapping[str, Any]

_PAGE = 1_000
_LETS_IN = {"installations": {"secret"}, "web_sessions": {"secret"}}


async def all_rows(database: Database) -> AsyncIterator[Entry]:
    """Every row of every table, with the table's name; what hangs on a row comes after it."""
    for table in every_table():
        async for row in _rows(database, table):
            yield row


async def rows_of_conversation(
    database: Database, conversation_id: int, key: ConversationKey
) -> AsyncIterator[Entry]:
    """All that belongs to a conversation, with the threads that were opened to answer it."""
    for table, which in of_conversation(conversation_id, key).items():
        async for row in _rows(database, table, which):
            yield row


def of_conversation(conversation_id: int, key: ConversationKey) -> dict[Table, ColumnElement[bool]]:
    """Which rows of which tables belong to a conversation."""
    opened = select(MessageRow.conversation_id).where(MessageRow.also_in_id == conversation_id)
    here = or_(ConversationRow.id == conversation_id, ConversationRow.id.in_(opened))
    ids = select(ConversationRow.id).where(here)
    replies = select(ReplyRow.id).where(ReplyRow.conversation_id.in_(ids))

    def placed(row: Any) -> ColumnElement[bool]:
        return and_(
            row.platform == key.platform,
            row.workspace == key.workspace,
            row.channel == key.channel,
        )

    at = and_(placed(QuizRow), QuizRow.thread == key.thread)
    quizzes = select(QuizRow.id).where(at)
    compared = and_(placed(ComparisonRow), ComparisonRow.thread == key.thread)
    comparisons = select(ComparisonRow.id).where(compared)
    found: dict[Any, ColumnElement[bool]] = {
        ConversationRow: here,
        MessageRow: MessageRow.conversation_id.in_(ids),
        DeletedMessageRow: DeletedMessageRow.conversation_id.in_(ids),
        ReplyRow: ReplyRow.conversation_id.in_(ids),
        SentMessageRow: SentMessageRow.conversation_id.in_(ids),
        RatingRow: RatingRow.reply_id.in_(replies),
        QuizRow: at,
        QuizQuestionRow: QuizQuestionRow.quiz_id.in_(quizzes),
        QuizAnswerRow: QuizAnswerRow.quiz_id.in_(quizzes),
        ComparisonRow: compared,
        ComparisonVoteRow: ComparisonVoteRow.comparison_id.in_(comparisons),
    }
    if not key.thread:  # threads share their channel's
        found |= {row: placed(row) for row in (ChannelSettingRow, DailyPostRow)}
    return {row.__table__: which for row, which in found.items()}


async def _rows(
    database: Database, table: Table, which: ColumnElement[bool] | None = None
) -> AsyncIterator[Entry]:
    left_out = _LETS_IN.get(table.name, set())
    after: Sequence[Any] | None = None
    while True:
        found = page(table, _PAGE, after)
        if which is not None:
            found = found.where(which)
        async with database.read() as connection:
            rows = (await connection.execute(found)).all()
        for row in rows:
            stored = row._mapping.items()
            shown = {name: _plain(value) for name, value in stored if name not in left_out}
            yield {"table": table.name, **shown}
        if len(rows) < _PAGE:
            return
        after = key_of(table, rows[-1])


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, datetime) else value
