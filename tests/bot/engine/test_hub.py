"""The rules of `bot/engine/hub.py` and `fingerprint.py`, against a server that speaks its API."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from bot.engine.checkpoint import find_folder, weight_files
from bot.engine.errors import LoadError
from bot.engine.fingerprint import hub_revision, log_fingerprints
from tests.bot.engine.hub_server import COMMIT, HubServer, serving

NAME = "someone/model"


def at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the Hub's client look for the Hub there."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def server(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HubServer]:
    """The Hub with one model, and an empty cache on this side."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving(tiny_folder, NAME) as hub:
        at(hub.url, monkeypatch)
        yield hub


def refusal(name: str = NAME, revision: str | None = None) -> str:
    """The error's text; both languages must be one line."""
    with pytest.raises(LoadError) as error:
        find_folder(name, revision, lambda line: None)
    assert "\n" not in error.value.english + error.value.japanese
    return error.value.english


def test_a_model_is_downloaded_once_and_pinned(
    server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the cache needs no network, whether it is named by branch or by commit."""
    lines: list[str] = []
    folder = find_folder(NAME, None, lines.append)
    (told,) = lines
    assert re.search(rf"Downloading {NAME}: \d+\.\d MB, \d+\.\d [MG]B free on disk", told)
    assert hub_revision(folder) == COMMIT and hub_revision(server.folder) is None
    assert (folder / "model.safetensors").read_bytes() == (
        server.folder / "model.safetensors"
    ).read_bytes()
    server.asked.clear()
    assert find_folder(NAME, None) == find_folder(NAME, COMMIT) == folder
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert find_folder(NAME, None, lines.append) == folder
    assert not server.asked and len(lines) == 1


def test_a_download_that_was_cut_off_goes_on(server: HubServer) -> None:
    """Half a model is not taken for a model."""
    folder = find_folder(NAME, None, lambda line: None)
    (folder / "model.safetensors").unlink()
    with pytest.raises(LoadError):
        find_folder(NAME, None)
    assert weight_files(find_folder(NAME, None, lambda line: None))


def test_a_model_that_does_not_fit_on_the_disk_is_not_begun(server: HubServer) -> None:
    """With how much it is, how much there is, and what to do; nothing was downloaded."""
    server.claimed = 10**16
    told = refusal()
    assert "10000000.0 GB are to be downloaded" in told and "HF_HOME" in told
    assert not list(Path(constants.HF_HUB_CACHE).rglob("*.safetensors"))
    server.claimed = None
    assert weight_files(find_folder(NAME, None, lambda line: None))


def test_only_what_is_missing_is_counted(server: HubServer) -> None:
    """Of a download that was cut off."""
    whole: list[str] = []
    folder = find_folder(NAME, None, whole.append)
    (folder / "config.json").unlink()
    rest: list[str] = []
    find_folder(NAME, None, rest.append)
    assert "Downloading" in rest[0] and ": 0.0 MB" in rest[0] and ": 0.0 MB" not in whole[0]


def test_what_the_hub_does_not_have_is_said(server: HubServer) -> None:
    """A model, a revision, and a model that asks for a login are different things to do."""
    assert "has no model other/model" in refusal("other/model")
    assert "no revision v9" in refusal(NAME, "v9")
    server.refuse = (403, "GatedRepo")
    assert "HF_TOKEN" in refusal()
    server.refuse = (401, "")
    assert "HF_TOKEN" in refusal()
    server.refuse = (500, "")
    assert "cannot be reached" in refusal()


def test_a_hub_that_cannot_be_reached_is_said(
    server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens; or HF_HUB_OFFLINE forbids to ask, and nothing is asked."""
    at("http://127.0.0.1:9", monkeypatch)
    assert "cannot be reached" in refusal()
    at(server.url, monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in refusal()
    assert not server.asked


def test_the_log_tells_revision_and_sha256(
    server: HubServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The Hub's from the names in its cache, nothing being read; a folder's are computed."""
    folder = find_folder(NAME, None, lambda line: None)
    sha = hashlib.sha256((server.folder / "model.safetensors").read_bytes()).hexdigest()
    caplog.set_level(logging.INFO, logger="bot.engine.fingerprint")
    assert log_fingerprints(NAME, folder, weight_files(folder)) is None
    assert COMMIT in caplog.messages[0] and caplog.messages[1].endswith(sha)
    caplog.clear()
    hashing = log_fingerprints("folder", server.folder, weight_files(server.folder))
    assert hashing is not None
    hashing.join()
    assert caplog.messages[1].endswith(sha)
    caplog.set_level(logging.WARNING, logger="bot.engine.fingerprint")
    assert log_fingerprints("folder", server.folder, weight_files(server.folder)) is None
