"""The SQL of which messages of a platform show a reply. Made once: making a statement takes longer
than running it. Like statements.py, it ends no transaction."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from storage.schema import ReplyRow, SentMessageRow
from storage.writes import insert_or

_REPLY: Any = bindparam("reply")

HELD = select(ReplyRow.holder).where(ReplyRow.id == _REPLY)

# Those that show the reply no more: all but `ids`.
GONE = delete(SentMessageRow).where(
    SentMessageRow.reply_id == _REPLY,
    SentMessageRow.platform_id.not_in(bindparam("ids", expanding=True)),
)

# The platform had all of a finished reply `at` that moment; the other as long as it is `holder`'s.
DELIVERED = (
    update(ReplyRow)
    .where(ReplyRow.id == _REPLY)
    .values(delivered_at=bindparam("at", type_=ReplyRow.delivered_at.type))
)
DELIVERED_BY = DELIVERED.where(ReplyRow.holder == bindparam("by", type_=ReplyRow.holder.type))


@cache
def showing(dialect: str) -> Any:
    """A message `shown` shows part `position` of a `reply`, whatever it showed before; nothing for
    a reply that is forgotten."""
    row = select(
        ReplyRow.conversation_id,
        bindparam("shown", type_=SentMessageRow.platform_id.type),
        ReplyRow.id,
        bindparam("position", type_=SentMessageRow.position.type),
    ).where(ReplyRow.id == _REPLY)
    names = ["conversation_id", "platform_id", "reply_id", "position"]
    shown = insert_or(dialect, SentMessageRow).from_select(names, row)
    anew = {name: shown.excluded[name] for name in ("reply_id", "position")}
    return shown.on_conflict_do_update(index_elements=names[:2], set_=anew)
