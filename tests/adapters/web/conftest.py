"""Fixtures of the web page's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.web.platform import WebPlatform
from bot.chat import Chat
from bot.study.study import Study
from tests.adapters.web.browsing import ADMIN, TANAKA, Browser, browser, logged_in, serving


@pytest.fixture
async def page(chat: Chat) -> AsyncIterator[WebPlatform]:
    """A page that is served."""
    async with serving(chat) as platform:
        yield platform


@pytest.fixture
async def stranger(page: WebPlatform) -> AsyncIterator[Browser]:
    """Somebody who is not logged in."""
    async with browser(page) as visiting:
        yield visiting


@pytest.fixture
async def tanaka(page: WebPlatform, chat: Chat) -> AsyncIterator[Browser]:
    """A member of a group."""
    async with logged_in(page, chat, TANAKA) as visiting:
        yield visiting


@pytest.fixture
async def admin(page: WebPlatform, chat: Chat) -> AsyncIterator[Browser]:
    """An administrator of it."""
    async with logged_in(page, chat, ADMIN) as visiting:
        yield visiting


@pytest.fixture
def studying(chat: Chat, study: Study) -> Chat:
    """The chat, with a dictionary."""
    chat.study = study
    return chat
