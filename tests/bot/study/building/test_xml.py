"""Large files of XML."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.study.building.xml import NotThisFile, elements

WHOLE = '<!DOCTYPE r [<!ENTITY v5k "Godan verb">]><!-- old --><r><e a="1">x<f>&v5k;</f> y</e></r>'


def read(folder: Path, content: str | bytes, root: str = "r") -> list[tuple[str, str]]:
    """Tag and text of the elements of a file with this content, and of the first's children."""
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = list(elements(path, root, {"e"}, "test"))
    return [(e.tag, e.text) for e in found] + [(c.tag, c.text) for e in found for c in e.children]


def test_entities_are_read_as_their_names(tmp_path: Path) -> None:
    """Packed or not; comments come before."""
    wanted = [("#comment", " old "), ("e", "x y"), ("f", "v5k")]
    assert read(tmp_path, WHOLE) == read(tmp_path, gzip.compress(WHOLE.encode())) == wanted


def test_what_xml_itself_escapes_is_read_as_what_it_is(tmp_path: Path) -> None:
    """And so are numbers of characters."""
    assert read(tmp_path, "<r><e>&amp;&lt;&#12354;&#x3042;</e></r>") == [("e", "&<ああ")]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not xml",
        "<other><e/></other>",
        WHOLE[:-6],
        gzip.compress(WHOLE.encode(), mtime=0)[:-12],
        b"\x1f\x8bnot gzip",
        "<r><e>&unknown;</e></r>",
        '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><e>&a;</e></r>',
        '<!DOCTYPE r [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x">%a;]><r><e/></r>',
        '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r><e>&b;</e></r>',
        f'<!DOCTYPE r [<!ENTITY a "{"a" * 5000}">]><r><e>&a;</e></r>',
    ],
)
def test_what_is_no_such_file_is_told(tmp_path: Path, content: str | bytes) -> None:
    """Also one that ends too early, wants files from outside, or would grow."""
    with pytest.raises(NotThisFile) as raised:
        read(tmp_path, content)
    assert "edrdg.org" in raised.value.english and "edrdg.org" in raised.value.japanese


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A missing one, and a folder."""
    for path in (tmp_path / "missing.xml", tmp_path):
        with pytest.raises(BotError, match="could not read"):
            list(elements(path, "r", {"e"}, "test"))
