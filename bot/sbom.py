"""`python -m bot.sbom`: the software bill of materials of what is installed, as CycloneDX JSON.

Kaiwa itself, every package that it needs (with `--all` also those for developers), and the data
that it comes with or builds on, each with its version and licence. Licences are what packages say
of themselves; where one says none, or not in the standard's words, it stands in a table here.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from typing import Any, cast

# What packages do not say of themselves in the standard's words (https://spdx.org/licenses).
_SAID_OTHERWISE = {
    "axe-playwright-python": "MIT AND MPL-2.0",  # MPL: axe-core, which is in it
    "emoji": "BSD-3-Clause",
    "gguf": "MIT",
    "jinja2": "BSD-3-Clause",
    "kanjivg": "CC-BY-SA-3.0",
    "pluggy": "MIT",
    "prompt-toolkit": "BSD-3-Clause",
    "protobuf": "BSD-3-Clause",
    "pysocks": "BSD-3-Clause",
    "pathspec": "MPL-2.0",
    "tzdata": "Apache-2.0",
}
_BY_CLASSIFIER = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
}
_SPDX = re.compile(
    r"(MIT|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0|PSF-2\.0|ISC|MPL-2\.0 AND MIT)", re.IGNORECASE
)
# What is no package: what the wheel brings, and what the packages' data are made of.
DATA = {
    "Kaiwa's built-in model": "MIT",
    "JMdict": "CC-BY-SA-4.0",
    "KANJIDIC2": "CC-BY-SA-4.0",
    "KanjiVG": "CC-BY-SA-3.0",
    "Tatoeba examples": "CC-BY-2.0-FR",
    "UniDic": "BSD-3-Clause",
    "JLPT level lists": "CC-BY-SA-4.0",
}


def normal(name: str) -> str:
    """A package's name, as packages are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(package: Distribution) -> str | None:
    """A package's licence as an SPDX expression; None where it is not known."""
    said = cast(Message, package.metadata)  # what it is; its type tells less with newer Pythons
    if known := _SAID_OTHERWISE.get(normal(said["Name"])):
        return known
    if expression := said.get("License-Expression"):
        return str(expression)
    if _SPDX.fullmatch(short := str(said.get("License", "")).strip()):
        return short
    found = {
        _BY_CLASSIFIER[name]
        for each in said.get_all("Classifier") or []
        if (name := each.rpartition("::")[2].strip()) in _BY_CLASSIFIER
    }
    if found:
        return " AND ".join(sorted(found))
    return "Apache-2.0" if short.startswith("Apache") else None


def needed(*extras: str) -> dict[str, Distribution]:
    """What Kaiwa needs with these extras, and all that those packages need, as far as it is
    installed."""
    found: dict[str, Distribution] = {}
    waiting = [("kaiwa", frozenset(extras))]
    while waiting:
        name, with_extras = waiting.pop()
        if name in found and not with_extras:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        found[name] = package
        waiting += [each for each in _requirements(package, with_extras) if each[0] not in found]
    del found["kaiwa"]
    return found


def _requirements(
    package: Distribution, extras: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    for line in package.requires or ():
        requirement, _, marker = line.partition(";")
        of_extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        if of_extra and of_extra[1] not in extras:
            continue
        if matched := re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?", requirement):
            inner = frozenset(each.strip() for each in (matched[2] or "").split(",") if each)
            yield normal(matched[1]), inner


def bill(packages: dict[str, Distribution]) -> dict[str, Any]:
    """The bill of these packages and of the data."""
    components = [_component(name, package) for name, package in sorted(packages.items())]
    components += [
        {"type": "data", "name": name, "licenses": [{"expression": licence}]}
        for name, licence in DATA.items()
    ]
    this = distribution("kaiwa")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application"} | _component("kaiwa", this),
        },
        "components": components,
    }


def _component(name: str, package: Distribution) -> dict[str, Any]:
    licence = licence_of(package)
    purl = f"pkg:pypi/{name}@{package.version.replace('+', '%2B')}"
    return {
        "type": "application" if name == "kaiwa" else "library",
        "bom-ref": purl,
        "name": name,
        "version": package.version,
        "purl": purl,
        **({"licenses": [{"expression": licence}]} if licence else {}),
    }


def main() -> None:
    """Print the bill."""
    packages = needed("study", "postgresql")
    if "--all" in sys.argv[1:]:
        packages = {normal(each.metadata["Name"]): each for each in distributions()}
        packages.pop("kaiwa", None)
    print(json.dumps(bill(packages), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
