"""What every request to the web page must be, and what every answer has."""

from __future__ import annotations

import logging

import pytest

from adapters.web.guard import HEADERS, LARGEST
from adapters.web.platform import WebPlatform
from adapters.web.server import CHANGES, LOOKS
from adapters.web.site import LOGIN_TRIES
from adapters.web.visitor import masked, proves
from bot.chat import Chat
from bot.errors import BotError
from tests.adapters.web.browsing import ADMIN, TANAKA, Browser, browser, logged_in, serving

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
PAGES = ("/chat", "/quiz", "/review", "/progress", "/words", "/word?q=x", "/stored")


@pytest.mark.parametrize("path", LOOKS)
async def test_no_page_is_shown_to_a_stranger(stranger: Browser, path: str) -> None:
    """They see how to log in."""
    page = await stranger.get(path.replace("{id}", "x"))
    assert page.status == 401 and "/web" in page.text


@pytest.mark.parametrize("path", CHANGES)
async def test_no_form_of_a_strangers_is_taken(stranger: Browser, path: str) -> None:
    """Whatever is in it."""
    page = await stranger.post(path, {"csrf": "00" * 32, "text": "hello", "sure": "yes"})
    assert page.status == 401


@pytest.mark.parametrize("path", [*CHANGES, "/login/x"])
async def test_a_form_without_the_token_of_its_page_is_refused(
    page: WebPlatform, chat: Chat, path: str
) -> None:
    """Missing, made up, or another person's: nothing changes."""
    async with logged_in(page, chat, ADMIN) as admin, logged_in(page, chat, TANAKA) as tanaka:
        others = (await tanaka.get("/stored")).token
        for token in ({}, {"csrf": "x"}, {"csrf": "00" * 32}, {"csrf": others}):
            refused = await admin.post(path, {**token, "sure": "yes", "text": "hello"})
            assert refused.status == 403
        assert (await admin.get("/chat")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1"},
    ],
    ids=str,
)
async def test_a_form_from_another_page_is_refused(
    tanaka: Browser, headers: dict[str, str]
) -> None:
    """Also one that has a good token."""
    token = (await tanaka.get("/stored")).token
    fields = {"csrf": token, "text": "hello"}
    assert (await tanaka.post("/say", fields, headers)).status == 403
    assert (await tanaka.post("/logout", fields, headers)).status == 403
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}  # as browsers send our own forms
    assert (await tanaka.post("/say", fields, own)).status == 303


def test_tokens_differ_and_prove_the_same() -> None:
    """So that a page's compressed length tells nothing of them."""
    tokens = {masked("secret") for _ in range(10)}
    assert len(tokens) == 10
    assert all(proves("secret", token) for token in tokens)
    assert not any(proves("other", token) for token in tokens)
    assert not any(proves("secret", bad) for bad in ("", "zz", "00", "00" * 32, "あ"))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1"])
async def test_another_host_than_the_pages_is_refused(tanaka: Browser, host: str) -> None:
    """A name of somebody else's that points to this machine reads nothing here."""
    assert (await tanaka.get("/chat", Host=host)).status == 421
    assert (await tanaka.get("/", Host=host)).status == 421


async def test_on_this_machine_its_usual_names_will_do(page: WebPlatform, tanaka: Browser) -> None:
    """127.0.0.1 and localhost, at the page's port."""
    assert (await tanaka.get("/", Host=f"localhost:{page.port}")).status in (200, 303)


async def test_with_a_public_address_only_that_is_the_page(chat: Chat) -> None:
    """Not what the proxy calls it."""
    address = "https://kaiwa.example.org"
    async with serving(chat, url=address) as page, browser(page, addressed=address) as stranger:
        assert (await stranger.get("/")).status == 200
        assert (await stranger.get("/", Host=f"127.0.0.1:{page.port}")).status == 421


async def test_every_answer_has_the_headers_that_keep_browsers_careful(
    page: WebPlatform, admin: Browser, stranger: Browser
) -> None:
    """Pages, files, redirects, refusals, streams; and no page has inline code or style."""
    answers = [await admin.get(path) for path in (*PAGES, "/admin", "/nowhere", "/static/kaiwa.js")]
    answers += [await stranger.get(path) for path in ("/", "/chat", "/login/x")]
    answers.append(await stranger.get("/", Host="evil.example"))
    answers.append(await admin.post("/say", {}))
    answers.append(await admin.send("/say", text="/help"))
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.path, name)
        assert "Server" not in answer.headers
        if answer.headers["Content-Type"].startswith("text/html"):
            assert answer.headers["Cache-Control"] == "no-store"
            for inline in ("<style", " style=", "onclick", "javascript:", "http://", "https://"):
                assert inline not in answer.text, (answer.path, inline)
            assert answer.text.count("<script") == answer.text.count('<script src="/static/')
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';") and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("where", ["name", "message", "notice", "search"])
async def test_hostile_text_is_text(page: WebPlatform, chat: Chat, where: str) -> None:
    """Wherever it comes from, and also where the script puts it in."""
    name = HOSTILE if where == "name" else "田中"
    who = type(TANAKA)(TANAKA.conversation, "u1", name=name)
    async with logged_in(page, chat, who) as tanaka:
        if where == "message":
            events = await tanaka.say(HOSTILE)
            shown = "".join(str(event.get("html", "")) for event in events)
            shown += (await tanaka.get("/chat")).text
        elif where == "notice":
            (event, *_) = await tanaka.say(f"/persona {HOSTILE}")
            shown = event["html"]
        elif where == "search":
            shown = (await tanaka.get("/words?q=" + HOSTILE.replace("&", "%26"))).text
        else:
            shown = (await tanaka.get("/chat")).text + (await tanaka.get("/stored")).text
    assert "<script>alert" not in shown and "<img src=x" not in shown
    assert "&lt;script&gt;alert(1)" in shown and "&#34;&#39;&amp;" in shown


async def test_a_body_has_a_limit_and_must_be_a_form(tanaka: Browser) -> None:
    """What is larger is not read."""
    token = (await tanaka.get("/stored")).token
    assert (await tanaka.post("/say", {"csrf": token, "text": "a" * LARGEST})).status == 413
    plain = {"Content-Type": "text/plain"}
    assert (await tanaka.post("/say", {"csrf": token, "text": "a"}, plain)).status == 415


async def test_who_sends_too_much_is_told_to_wait(chat: Chat) -> None:
    """Each login for itself."""
    async with (
        serving(chat, messages_per_minute=2) as page,
        logged_in(page, chat, TANAKA) as tanaka,
        logged_in(page, chat, ADMIN) as admin,
    ):
        assert [(await tanaka.send("/say", text="x")).status for _ in range(3)] == [303, 303, 429]
        assert (await admin.send("/say", text="x")).status == 303


async def test_who_tries_too_many_links_is_told_to_wait(stranger: Browser) -> None:
    """Before it is looked whether they are right."""
    statuses = [(await stranger.get(f"/login/{n}")).status for n in range(LOGIN_TRIES + 1)]
    assert statuses == [410] * LOGIN_TRIES + [429]


async def test_an_answer_leads_to_pages_of_ours_only(tanaka: Browser) -> None:
    """Whatever the address asks for."""
    for path in ("//evil.example/", "/chat//evil.example", "/\\evil.example", "/?next=//evil"):
        page = await tanaka.get(path)
        assert page.headers.get("Location", "/chat") in ("/chat", "/")


async def test_only_an_administrator_sees_the_administration(
    tanaka: Browser, admin: Browser
) -> None:
    """And changes it; the others are refused and are not led there."""
    assert (await tanaka.get("/admin")).status == 403
    assert (await tanaka.send("/admin", setting="mode", value="off")).status == 403
    assert "/admin" not in (await tanaka.get("/chat")).text
    assert (await admin.get("/admin")).status == 200


async def test_what_fails_is_a_page_and_logged_without_what_was_said(
    page: WebPlatform,
    chat: Chat,
    tanaka: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No traceback for the browser, and no text nor secret in the log."""

    async def broken(*given: object, **named: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(chat.store, "count_words", broken)
    with caplog.at_level(logging.DEBUG):
        failed = await tanaka.get("/words?q=himitsu")
    assert failed.status == 500 and "RuntimeError" not in failed.text
    assert "himitsu" not in caplog.text and "kaiwa_session" not in caplog.text
    assert "a page failed" in caplog.text


async def test_a_page_for_everybody_needs_a_public_address(chat: Chat) -> None:
    """Which host a browser asks for would not be known."""
    with pytest.raises(BotError, match="set url"):
        async with serving(chat, host="0.0.0.0"):
            pass


async def test_a_port_that_is_taken_is_told(page: WebPlatform, chat: Chat) -> None:
    """With what to do."""
    with pytest.raises(BotError, match=f"Port {page.port} is taken"):
        async with serving(chat, port=page.port):
            pass
