"""Everything that Kaiwa is made of has a licence that is known, and allowed for its use."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from bot.sbom import DATA, bill, licence_of, needed, normal

LOCK = Path(__file__).parent.parent / "requirements.lock"
NAMES = re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text("utf-8"), re.MULTILINE)
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-SA-3.0",
    "CC-BY-SA-4.0", "CC0-1.0", "CNRI-Python", "ISC", "LLVM-exception", "MIT", "MIT-0", "MIT-CMU",
    "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib",
}  # fmt: skip
# With whose licence a work of their own goes along, they are used as they are, or by tests alone.
LIBRARIES = {"frozendict": "LGPL-3.0-only"}  # of genanki's, unchanged
TESTS_ALONE = {"anki": "AGPL-3.0-or-later"}


@pytest.mark.parametrize("name", NAMES)
def test_every_dependency_has_a_licence_that_is_allowed_for_its_use(name: str) -> None:
    """A new one whose licence is not known or not allowed is to be looked at by a person."""
    try:
        licence = licence_of(distribution(name))
    except PackageNotFoundError:
        pytest.skip("not installed here")
    assert licence, "it says none: look for it, and put it into bot/sbom.py"
    if licence == LIBRARIES.get(normal(name)) or licence == TESTS_ALONE.get(normal(name)):
        return
    assert set(re.findall(r"[\w.-]+", licence)) - {"AND", "OR", "WITH"} <= ALLOWED, licence


def test_what_is_for_tests_alone_is_no_part_of_what_is_installed_to_run_it() -> None:
    """Neither by itself nor since something else needs it."""
    found = needed("study", "postgresql").keys()
    assert not TESTS_ALONE.keys() & found
    assert {"asyncpg", "fugashi"} <= found


def test_the_bill_names_each_package_once_with_its_version_and_licence() -> None:
    """And the data with whose licence it comes."""
    found = bill(needed())
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    components = found["components"]
    names = [each["name"] for each in components]
    assert len(names) == len(set(names)) and {"torch", "aiohttp", "slack-bolt"} <= set(names)
    assert {"pytest", "mypy"}.isdisjoint(names)
    assert all(each["licenses"][0]["expression"] for each in components)
    assert all(each["version"] and each["purl"] for each in components if each["type"] != "data")
    assert {each["name"] for each in components if each["type"] == "data"} == set(DATA)
