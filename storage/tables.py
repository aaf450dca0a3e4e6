"""Every table: those of conversations, and those of learning, which stand in a file of their own.

Who goes through all of them asks here: the schema alone has only those that were imported.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table

import storage.learning.schema  # noqa: F401  # its tables count among Base's
from storage.schema import Base


def every_table() -> Sequence[Table]:
    """What others refer to comes first."""
    return Base.metadata.sorted_tables
