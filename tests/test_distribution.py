"""What `pip install kaiwa` brings, and with what."""

from __future__ import annotations

import re

from packaging.requirements import Requirement

from tests.distribution import ROOT, declared, project, sources
from tests.fresh_install import not_ours


def test_every_file_of_the_program_is_declared_for_the_wheel() -> None:
    """Pages, migrations, the model, and config.example.toml, which `kaiwa init` writes from; that
    setuptools takes them all is looked at by tests/fresh_install.py."""
    assert sources() == declared()
    assert (ROOT / "bot" / "config.example.toml").samefile(ROOT / "config.example.toml")


def test_every_dependency_is_of_the_range_that_was_tested() -> None:
    """The lock's versions fit, and those that break their users have an end."""
    locked = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text()))
    locked = {_name(name): version for name, version in locked.items()}
    told = project()["project"]
    extras = told["optional-dependencies"]
    needed = [
        Requirement(each)
        for each in (*told["dependencies"], *extras["postgresql"], *extras["study"])
    ]
    for each in needed:
        assert locked[_name(each.name)] in each.specifier, each
    by_date = {"regex", "tzdata", "cryptography"}
    for each in map(Requirement, told["dependencies"]):
        ends = any(part.operator in ("<", "==") for part in each.specifier)
        assert ends or each.name in by_date, f"{each} has no upper bound"


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_a_warning_at_the_start_is_found() -> None:
    """tests/fresh_install.py can fail."""
    said = "データの場所 / Data in: /x/kaiwa.db\nLoading model (nf4, bfloat16) on cpu …\n"
    assert not_ours(said) == []
    warning = "/x/generic.py:1036: FutureWarning: `past_key_values` is deprecated"
    assert not_ours(f"{said}{warning}\n  output = func()\n") == [warning, "  output = func()"]
