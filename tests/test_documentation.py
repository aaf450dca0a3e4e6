"""docs/development.md shows the files as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "development.md"
FOLDERS = ("bot", "adapters", "storage")
# Their names say what they are, or their folder's line does.
UNLISTED = ("bot/demo/model/", "storage/migrations/")


def tree(page: str) -> dict[str, str]:
    """The paths in a page's tree, each with its line's description."""
    block = page.partition("## The tree")[2].split("```")[1]
    found: dict[str, str] = {}
    above: list[str] = []
    for line in block.splitlines():
        if line.strip():
            name, _, description = line.strip().partition(" ")
            depth = (len(line) - len(line.lstrip())) // 2
            above[depth:] = [name]
            found["".join(above)] = description.strip()
    return found


def sources() -> set[str]:
    """The files and folders that the tree is to show; folders end with a slash."""
    files = {
        path.relative_to(ROOT).as_posix()
        for top in FOLDERS
        for path in (ROOT / top).rglob("*")
        if path.suffix in (".py", ".yaml") and path.name != "__init__.py"
    }
    files = {file for file in files if not file.startswith(UNLISTED)}
    parents = {parent.as_posix() for file in files for parent in Path(file).parents}
    return files | {f"{parent}/" for parent in parents - {"."}} | set(UNLISTED)


def test_every_source_file_is_in_the_tree_of_the_contributors_page() -> None:
    """What is missing is named."""
    missing = sorted(sources() - tree(PAGE.read_text("utf-8")).keys())
    assert not missing, f"docs/development.md does not show {', '.join(missing)}"


def test_every_entry_of_the_tree_exists_and_says_what_it_is_for() -> None:
    """What is gone, or has no description, is named."""
    shown = tree(PAGE.read_text("utf-8"))
    gone = sorted(shown.keys() - sources())
    assert not gone, f"docs/development.md shows {', '.join(gone)}, which does not exist"
    bare = sorted(path for path, description in shown.items() if not description)
    assert not bare, f"docs/development.md does not say what {', '.join(bare)} is for"


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_each_readme_leads_to_the_page(readme: str) -> None:
    """And has no tree of its own, which would grow old."""
    text = (ROOT / readme).read_text("utf-8")
    assert "(docs/development.md)" in text and "command_line.py" not in text
