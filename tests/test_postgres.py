"""The server that tests share: one, however many ask for it at once, and none behind them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.postgres import ELSEWHERE, execute

USE = "from tests.postgres import empty_database; print(empty_database(), flush=True); input()"
ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(ELSEWHERE in os.environ, reason="a server of somebody else's is used")
def test_processes_share_a_server_that_ends_with_the_last_of_them(
    postgres_url: str, tmp_path: Path
) -> None:
    """Though nobody says goodbye: they are killed."""
    run = {"PYTEST_XDIST_TESTRUNUID": f"{os.getpid()}-{time.time_ns()}"}
    pipe = subprocess.PIPE
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USE], cwd=ROOT, env=os.environ | run, stdin=pipe, stdout=pipe
        )
        for _ in range(2)
    ]
    try:
        urls = [user.stdout.readline().decode().strip() for user in users if user.stdout]
        one, other = map(make_url, urls)
        assert one.query == other.query != make_url(postgres_url).query
        assert one.database != other.database
        folder = Path(str(one.query["host"]))
        users[0].kill()
        assert execute(urls[1], "SELECT 1") == [[(1,)]]
    finally:
        for user in users:
            user.kill()
            user.communicate()
    while folder.exists():
        time.sleep(0.02)
