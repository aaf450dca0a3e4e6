"""What every test stands on: no settings from outside, no haste, and no loose ends left."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import guarding
from tests.canary import CANARY
from tests.loose_ends import LOOSE_ENDS
from tests.postgres import NoPostgres, empty_database

guarding.begin()
if not Path("/dev/nvidiactl").exists():  # Triton reads it when it is imported, by whomever
    os.environ.setdefault("TRITON_INTERPRET", "1")
logging.getLogger("asyncio").addHandler(LOOSE_ENDS)

# A machine that does other work too must not fail a property for slowness, and what has passed
# passes again. To look for new cases: pytest --hypothesis-profile=explore
settings.register_profile(
    "kaiwa", deadline=None, max_examples=100, print_blob=True, derandomize=True
)
settings.register_profile(
    "explore", deadline=None, max_examples=1_000, print_blob=True, derandomize=False
)
settings.load_profile("kaiwa")


def pytest_collection_finish() -> None:
    """What was imported stays until the end: no collection looks at it again. With PyTorch that is
    most of a second, after each of the modules."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run in which any process tried to reach another machine has failed, whatever came of it:
    the program may have swallowed the error."""
    if hasattr(session.config, "workerinput"):
        return
    if tried := guarding.requests():
        print("\nRequests to others than this machine:", *tried, sep="\n")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    guarding.end()


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings in the developer's own environment do not reach the tests."""
    for name in os.environ:
        if name.upper().startswith("KAIWA_") and not name.startswith("KAIWA_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def new_postgres() -> Callable[[], str]:
    """Makes an empty PostgreSQL database, and says its URL; skips where there is no server. A
    check that all others rely on must not skip it."""

    def make() -> str:
        try:
            return empty_database()
        except NoPostgres as why:
            if os.environ.get("CI"):
                pytest.fail(str(why))
            pytest.skip(str(why))

    return make


@pytest.fixture
def postgres_url(new_postgres: Callable[[], str]) -> str:
    """The URL of an empty PostgreSQL database, not yet migrated."""
    return new_postgres()


@pytest.fixture(autouse=True)
def no_text_in_any_log() -> Iterator[None]:
    """What people say in a test is in no log and no metric, of any of its processes."""
    CANARY.take()
    CANARY.listens = True
    CANARY.attend()
    yield
    told = CANARY.take()
    CANARY.listens = False
    if told:
        pytest.fail("\n".join(["a log or a metric tells what somebody said:", *told]))


@pytest.fixture(autouse=True, scope="module")
def no_loose_ends_in_a_module() -> Iterator[None]:
    """All that a module's tests left is collected, once: that takes longer than most tests. What
    stays is what later tests share, and is not looked at again either."""
    yield
    gc.collect()
    gc.freeze()
    _refuse_loose_ends()


@pytest.fixture(autouse=True)
def no_loose_ends() -> Iterator[None]:
    """No test ends with an exception that nobody retrieved, or a task that was dropped.

    A coroutine that was never awaited is a warning, and so an error already.
    """
    yield
    gc.collect(1)
    _refuse_loose_ends()


def _refuse_loose_ends() -> None:
    if noted := LOOSE_ENDS.take():
        pytest.fail("\n".join(["asyncio's log tells of work that was left:", *noted]))
