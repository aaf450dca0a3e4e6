"""A table a page at a time, along its key: a large one fits into little memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Row, Select, Table, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection


def page(table: Table, size: int, after: Sequence[Any] | None) -> Select[Any]:
    """The next rows, in the order of the key, behind the row whose key is `after`."""
    key = list(table.primary_key)
    rows = select(table).order_by(*key).limit(size)
    if after is None:
        return rows
    place = (literal(value, column.type) for value, column in zip(after, key, strict=True))
    return rows.where(tuple_(*key) > tuple_(*place))


def key_of(table: Table, row: Row[Any]) -> Sequence[Any]:
    """A row's key, to go on behind it."""
    return [row._mapping[column] for column in table.primary_key]


async def pages(
    connection: AsyncConnection, table: Table, size: int
) -> AsyncIterator[Sequence[Row[Any]]]:
    """All rows, on one connection; no page is empty."""
    after = None
    while True:
        rows = (await connection.execute(page(table, size, after))).all()
        if rows:
            yield rows
        if len(rows) < size:
            return
        after = key_of(table, rows[-1])
