"""Logging in to the web page by a link that is good once, and out again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

from adapters.web.platform import WebPlatform
from bot.chat import Chat
from bot.logins import Logins
from bot.messages import ConversationKey
from bot.notices import Notice
from tests.adapters.web.browsing import GUILD, TANAKA, Browser, Page, browser, logged_in, serving


def path_of(link: str) -> str:
    """A link's path."""
    return "/login/" + link.rpartition("/")[2]


def cookies(page: Page) -> SimpleCookie:
    """The cookies that an answer sets."""
    found = SimpleCookie()
    for line in page.headers.getall("Set-Cookie", []):  # type: ignore[attr-defined]
        found.load(line)
    return found


async def test_a_link_logs_in_once(page: WebPlatform, chat: Chat) -> None:
    """Whoever comes second is told that it was used."""
    assert chat.logins is not None
    link = await chat.logins.link(TANAKA)
    assert link.startswith(f"{page.url}/login/")
    async with browser(page) as first, browser(page) as second:
        waiting = await second.get(path_of(link))
        assert (await first.log_in(link)).status == 303
        assert "田中" in (await first.get("/chat")).text
        used = await second.post(path_of(link), {"csrf": waiting.token})
        assert used.status == 410 and "has been used" in used.text
        assert (await second.get("/chat")).status == 401


async def test_looking_at_a_link_does_not_use_it(page: WebPlatform, chat: Chat) -> None:
    """Chats open links to show a preview, some of them several times."""
    assert chat.logins is not None
    link = await chat.logins.link(TANAKA)
    async with browser(page) as preview, browser(page) as tanaka:
        for _ in range(3):
            seen = await preview.get(path_of(link))
            assert seen.status == 200 and "田中" not in seen.text
            assert "kaiwa_session" not in cookies(seen)
        assert (await tanaka.log_in(link)).status == 303


async def test_a_link_that_is_too_old_is_told_to_be(page: WebPlatform, chat: Chat) -> None:
    """And one that never was looks the same."""
    assert chat.logins is not None
    early = Logins(chat.store, page.url, clock=lambda: datetime.now(UTC) - timedelta(minutes=11))
    async with browser(page) as tanaka:
        old = await tanaka.get(path_of(await early.link(TANAKA)))
        never = await tanaka.get("/login/" + "x" * 43)
        assert (old.status, never.status) == (410, 410)
        assert old.text == never.text


async def test_a_session_ends_when_its_time_is_up(chat: Chat) -> None:
    """Whatever the browser still sends."""
    chat.logins = Logins(chat.store, "http://127.0.0.1:0", hours=1e-9)
    async with serving(chat) as page, browser(page) as tanaka:
        assert (await tanaka.log_in(await chat.logins.link(TANAKA))).status == 303
        assert (await tanaka.get("/chat")).status == 401


async def test_logging_out_ends_the_session(page: WebPlatform, chat: Chat, tanaka: Browser) -> None:
    """Also for whoever has its cookie."""
    copied = "; ".join(f"{each.key}={each.value}" for each in tanaka.session.cookie_jar)
    async with browser(page) as thief:
        thief.headers["Cookie"] = copied
        assert (await thief.get("/chat")).status == 200
        out = await tanaka.send("/logout")
        assert (out.status, out.headers["Location"]) == (303, "/")
        assert (await thief.get("/chat")).status == 401
    assert (await tanaka.get("/chat")).status == 401


async def test_a_session_that_somebody_else_put_there_is_not_taken_over(
    page: WebPlatform, chat: Chat, tanaka: Browser
) -> None:
    """Logging in makes a new one and ends the old."""
    assert chat.logins is not None
    before = [each.value for each in tanaka.session.cookie_jar if each.key == "kaiwa_session"]
    assert (await tanaka.log_in(await chat.logins.link(TANAKA))).status == 303
    after = [each.value for each in tanaka.session.cookie_jar if each.key == "kaiwa_session"]
    assert before != after
    assert await chat.logins.session(before[0]) is None


async def test_cookies_are_out_of_scripts_reach_and_of_other_sites(
    page: WebPlatform, chat: Chat
) -> None:
    """HttpOnly, SameSite; by https Secure and this host's alone."""
    assert chat.logins is not None
    async with browser(page) as tanaka:
        set_by = cookies(await tanaka.log_in(await chat.logins.link(TANAKA)))
    session = set_by["kaiwa_session"]
    assert session["httponly"] and session["samesite"] == "Lax" and session["path"] == "/"
    assert not session["secure"]


async def test_behind_https_cookies_are_secure(chat: Chat) -> None:
    """The page is told its public address; a proxy before it speaks https."""
    address = "https://kaiwa.example.org"
    async with serving(chat, url=address) as page, browser(page, addressed=address) as tanaka:
        assert chat.logins is not None
        link = await chat.logins.link(TANAKA)
        assert link.startswith(address)
        seen = await tanaka.get(path_of(link))
        visit = cookies(seen)["__Host-kaiwa_visit"]
        assert visit["secure"] and visit["httponly"]
        tanaka.headers["Cookie"] = f"__Host-kaiwa_visit={visit.value}"
        done = await tanaka.post(path_of(link), {"csrf": seen.token})
        assert done.status == 303
        session = cookies(done)["__Host-kaiwa_session"]
        assert session["secure"] and not session["domain"]
        tanaka.headers["Cookie"] = f"__Host-kaiwa_session={session.value}"
        assert (await tanaka.get("/chat")).status == 200


async def test_the_first_page_says_how_to_log_in_in_the_browsers_language(
    stranger: Browser,
) -> None:
    """Japanese where that is preferred to English."""
    english = await stranger.get("/", **{"Accept-Language": "de, en;q=0.8, ja;q=0.5"})
    japanese = await stranger.get("/", **{"Accept-Language": "ja,en;q=0.8"})
    assert 'lang="en"' in english.text and "Log in" in english.text
    assert 'lang="ja"' in japanese.text and "ログイン" in japanese.text


async def test_a_members_own_language_comes_before_the_browsers(
    page: WebPlatform, chat: Chat, tanaka: Browser
) -> None:
    """As they set it in the chat."""
    await chat.store.set_member_setting("discord", "u1", "language", "ja")
    assert '<html lang="ja">' in (await tanaka.get("/chat", **{"Accept-Language": "en"})).text


async def test_whoever_is_logged_in_goes_on_to_the_chat(page: WebPlatform, chat: Chat) -> None:
    """From the first page."""
    async with logged_in(page, chat, TANAKA) as tanaka:
        first = await tanaka.get("/")
        assert (first.status, first.headers["Location"]) == (303, "/chat")


async def test_a_cookie_that_is_no_text_is_none_of_ours(page: WebPlatform, chat: Chat) -> None:
    """Who looks at a link with it gets another; a form with it is refused."""
    assert chat.logins is not None
    path = path_of(await chat.logins.link(TANAKA))
    odd = b"kaiwa_visit=\xff".decode("utf-8", "surrogateescape")

    async def answered(head: str, body: str = "") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", page.port)
        lines = [f"{head} HTTP/1.1", f"Host: 127.0.0.1:{page.port}", f"Cookie: {odd}"]
        lines += ["Connection: close", "Content-Type: application/x-www-form-urlencoded"]
        lines += [f"Content-Length: {len(body)}", "", body]
        writer.write("\r\n".join(lines).encode("utf-8", "surrogateescape"))
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    seen = await answered(f"GET {path}")
    assert b" 200 " in seen.splitlines()[0] and b"kaiwa_visit=" in seen
    sent = await answered(f"POST {path}", "csrf=" + "00" * 32)
    assert b" 403 " in sent.splitlines()[0]


async def test_a_page_that_stays_open_hears_nothing_more_after_logging_out(
    page: WebPlatform, chat: Chat, tanaka: Browser
) -> None:
    """Whoever has it open."""
    key = ConversationKey("web", "@web", f"{GUILD.platform}:{TANAKA.user_id}")
    async with tanaka.session.get(tanaka.url + "/events") as stream:
        assert await stream.content.readline() == b"retry: 3000\n"
        await chat.announcements.say(key, Notice("猫", "猫"))
        while "猫" not in (await stream.content.readline()).decode():
            pass
        await tanaka.send("/logout")
        await chat.announcements.say(key, Notice("犬", "犬"))
        assert "犬" not in (await stream.content.read()).decode()
