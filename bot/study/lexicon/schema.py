"""Which files are the dictionary's, and of which layout."""

from __future__ import annotations

from pathlib import Path

# "kaiw", as SQLite's application_id; and its user_version, raised with every change of the
# tables or of what stands in them.
APPLICATION = 0x6B616977
VERSION = 2


def is_of_another_version(path: Path) -> bool:
    """Whether a file is the dictionary's, and of a layout that is not today's.

    By SQLite's header, without SQLite: https://www.sqlite.org/fileformat.html#the_database_header
    """
    with path.open("rb") as file:
        header = file.read(100)
    version, application = (int.from_bytes(header[at : at + 4], "big") for at in (60, 68))
    return application == APPLICATION and version != VERSION
