"""What is deployed with: systemd's unit, the container's image, and compose.yaml."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

from bot.config import Settings
from bot.tokens import SECRETS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "kaiwa.service"
# https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json (Apache-2.0)
SCHEMA = Path(__file__).parent / "compose-spec.json"
MOST_EXPOSED = 3.0  # of 10, as systemd counts what a service may do
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is here."""
    text = UNIT.read_text("utf-8").replace("/opt/kaiwa/bin/kaiwa", sys.executable)
    made = tmp_path / UNIT.name
    made.write_text(text)
    return made


@needs_systemd
def test_systemd_takes_every_line_of_the_unit(unit: Path) -> None:
    """An unknown key would be ignored with a warning, and harden nothing."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    assert done.returncode == 0 and not [
        line for line in done.stderr.splitlines() if UNIT.name in line
    ]


@needs_systemd
def test_the_unit_is_hardened(unit: Path) -> None:
    """By systemd's own count."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found and float(found[1]) <= MOST_EXPOSED, done.stdout + done.stderr


def test_the_units_credentials_are_tokens_that_are_looked_for() -> None:
    """By the names that bot/secret.py knows."""
    names = re.findall(r"LoadCredential=(\w+):", UNIT.read_text("utf-8"))
    assert names and {name.upper() for name in names} <= set(SECRETS)


def test_compose_yaml_is_what_the_specification_says() -> None:
    """Misspelt keys included: it allows no others."""
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text("utf-8")))
    compose = _compose()
    assert [error.message for error in validator.iter_errors(compose)] == []
    compose["services"]["bot"]["secretz"] = []
    assert list(validator.iter_errors(compose))


def test_what_compose_yaml_sets_are_settings_and_its_secrets_are_files() -> None:
    """No token stands in an environment, and each secret that is used is declared."""
    compose = _compose()
    for name in compose["services"]["bot"]["environment"]:
        section, _, key = name.removeprefix("KAIWA_").lower().partition("__")
        known = (
            name.removesuffix("_FILE") in SECRETS
            or key in type(Settings.model_fields[section].default).model_fields
        )
        assert known, name
    for service in compose["services"].values():
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        used = {each.partition(":")[0] for each in service.get("volumes", ())}
        assert used <= set(compose["volumes"])
    build = compose["services"]["bot"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_the_image_copies_what_is_there_and_runs_without_roots_rights() -> None:
    """Its health is asked for at the address that Kaiwa has by default."""
    lines = DockerfileParser(str(DEPLOY / "Dockerfile")).structure
    known = {
        *("FROM", "ARG", "WORKDIR", "RUN", "COPY", "ENV", "USER", "VOLUME", "HEALTHCHECK"),
        *("STOPSIGNAL", "ENTRYPOINT", "CMD"),
    }
    instructions = [(line["instruction"], line["value"]) for line in lines]
    assert {name for name, _ in instructions} <= known | {"COMMENT"}
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    for name, value in instructions:
        if name == "COPY" and not value.startswith("--from"):
            for source in value.split()[:-1]:
                assert (ROOT / source).exists() and f"!{source}" in ignored, source
    users = [value for name, value in instructions if name == "USER"]
    assert users[-1] not in ("root", "0")
    (health,) = [value for name, value in instructions if name == "HEALTHCHECK"]
    assert f":{Settings().monitoring.port}/healthz" in health


def _compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found
