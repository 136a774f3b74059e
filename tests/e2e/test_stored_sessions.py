"""Sessions that outlive their page, in real browsers: reloads, two tabs, other browsers, and storage that fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from sparewheel.testing import Gate, Reply, ScriptedProvider, openai_chat
from tests.support.agents import ENV, KEY, agent_file
from tests.support.browser import Site, Theirs, Watch
from tests.support.indexeddb import stored_texts
from tests.support.scripted import check_rules

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]))
HALF = openai_chat(text=["One ", "two ", "three."])
GATED = 3  # events of HALF before the gate: the role and two pieces


class Profile:
    """The tabs of one browser profile."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self._site = site
        self._watch = Watch(context)

    async def tab(self, **options: Any) -> Theirs:
        """A new tab with a runtime that keeps its sessions."""
        page = await self.context.new_page()
        theirs = Theirs(page, self._watch)
        await self.load(theirs, **options)
        return theirs

    async def load(self, tab: Theirs, **options: Any) -> None:
        """Load the page of a tab, or load it again."""
        await tab.page.goto(f"{self._site.origin}/theirs/", wait_until="load")
        await tab.boot(**{"store": "indexeddb", **options})

    def check(self) -> None:
        assert self._watch.faults == []
        assert not any("CANARY" in text for text in [*self._watch.console, *self._watch.urls])


@asynccontextmanager
async def profile_of(browser: Browser, site: Site) -> AsyncIterator[Profile]:
    context = await browser.new_context()
    profile = Profile(context, site)
    yield profile
    profile.check()
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def profile(engine: Browser, site: Site) -> AsyncIterator[Profile]:
    async with profile_of(engine, site) as profile:
        yield profile


async def states(tab: Theirs) -> dict[str, str]:
    return {row["id"]: row["state"] for row in await tab.call("stored", "list")}


async def begin_half(tab: Theirs, provider: ScriptedProvider, gate: Gate) -> None:
    """Begin a turn, and return when a part of its answer is shown and stored."""
    provider.script("a", Reply(HALF, gates={GATED: gate}), ANSWER)
    await tab.begin("own", "Count!")
    await tab.seen("own", "delta", 2)
    await tab.page.evaluate("() => dispatchEvent(new Event('pagehide'))")
    await tab.call("stored", "export", "kept")  # which waits until all is written


def asked(provider: ScriptedProvider) -> list[str]:
    """What the last request holds, the instruction left out."""
    return [message["content"] for message in provider.requests[-1].json["messages"] if message["role"] != "system"]


async def test_a_turn_outlives_a_reload(profile: Profile, provider: ScriptedProvider) -> None:
    tab = await profile.tab()
    await tab.open("own", agent_file({"a": provider.url}), ENV, id="kept", title="Title")
    await begin_half(tab, provider, gate := Gate())
    await profile.load(tab)
    gate.open()
    [row] = await tab.call("stored", "list")
    assert (row["id"], row["title"], row["agent"], row["state"]) == ("kept", "Title", "root", "interrupted")
    opened = await tab.call("reopen", "own", "kept", {"env": ENV})
    assert opened == {"id": "kept", "readOnly": False}
    [restored] = await tab.call("heard", "own")
    assert (restored["type"], restored["state"], restored["partial"]) == ("restored", "interrupted", "One two ")
    turn = await tab.take_turn("own", "And now?")
    assert turn.text == "Answer"
    assert asked(provider) == ["Count!", "One two ", "And now?"]
    assert [message["content"] for message in await tab.call("messages", "own")] == [*asked(provider), "Answer"]
    assert await states(tab) == {"kept": "idle"}


async def test_one_tab_drives_and_another_follows(profile: Profile, provider: ScriptedProvider) -> None:
    first, second = await profile.tab(), await profile.tab()
    await first.open("own", agent_file({"a": provider.url}), ENV, id="kept", title="Title")
    await begin_half(first, provider, gate := Gate())
    assert await states(second) == {"kept": "open_elsewhere"}
    assert (await second.call("reopen", "own", "kept", {"env": ENV}))["readOnly"] is True
    shown = await second.call("hears", "own", "delta", 1)
    assert (shown[0]["prompt"], (await second.call("folded", shown))["text"]) == ("Count!", "One two ")
    for method in ("rename", "delete"):
        assert (await second.fails("stored", method, "kept", "x"))["kind"] == "open_elsewhere"
    assert (await second.fails("send", "own", "x"))["kind"] == "open_elsewhere"
    gate.open()
    turn = await first.end("own")
    shown = await second.call("hears", "own", "finish", 1)
    check_rules(shown)
    assert (await second.call("folded", shown))["text"] == turn.text == "One two three."

    await second.call("takeOver", "own")
    await first.call("hears", "own", "driver", 1)
    assert [await tab.call("readOnly", "own") for tab in (first, second)] == [True, False]
    assert (await first.fails("send", "own", "x"))["kind"] == "open_elsewhere"
    assert (await second.take_turn("own", "And now?")).text == "Answer"
    shown = await first.call("hears", "own", "finish", 2)
    assert shown[-1]["message"]["content"] == "Answer"

    await begin_half(second, provider, gate := Gate())
    taking = asyncio.ensure_future(first.call("takeOver", "own"))
    await second.page.close()  # in the middle of its turn
    await taking
    gate.open()
    shown = await first.call("heard", "own")
    assert [event["type"] for event in shown[-3:]] == ["error", "driver", "restored"]
    assert shown[-1]["partial"] == shown[-3]["partial_message"]["content"] == "One two "
    assert (await first.take_turn("own", "Again")).text == "Answer"


async def test_sessions_move_to_another_browser(
    profile: Profile, engine: Browser, site: Site, provider: ScriptedProvider
) -> None:
    tab = await profile.tab()
    provider.script("a", ANSWER)
    await tab.open("own", agent_file({"a": provider.url}), ENV, id="kept", title="Title")
    await tab.take_turn("own", "Hello")
    await tab.call("stored", "rename", "kept", "Other title")
    document = await tab.call("stored", "export", "kept")
    assert KEY not in json.dumps(document)
    assert (await tab.call("stored", "export", "kept", {"format": "markdown"})).startswith("# Other title")
    assert (await tab.fails("stored", "export", "kept", {"format": "pdf"}))["kind"] == "config"
    async with profile_of(engine, site) as other:
        moved = await other.tab()
        assert await states(moved) == {}
        row = await moved.call("stored", "import", document)
        assert (row["id"], row["title"], row["turns"]) == ("kept", "Other title", 1)
        await moved.call("reopen", "own", "kept", {"env": ENV})
        provider.script("a", ANSWER)
        await moved.take_turn("own", "More")
        assert asked(provider) == ["Hello", "Answer", "More"]
    await tab.call("stored", "delete", "kept")  # closes it
    assert await states(tab) == {}
    assert (await tab.fails("send", "own", "x"))["kind"] == "config"
    assert await stored_texts(tab.page, "sparewheel") == []


async def test_no_key_is_stored(profile: Profile, provider: ScriptedProvider) -> None:
    tab = await profile.tab(store={"name": "own"})
    provider.script("a", Reply(openai_chat(text=["The key is ", KEY[:9], KEY[9:]])))
    await tab.open("own", agent_file({"a": provider.url}), ENV, title=f"About {KEY}")
    await tab.take_turn("own", f"Is it {KEY}?")
    await tab.call("stored", "list")  # writes what is queued
    stored = await stored_texts(tab.page, "own")
    assert any('\\"end\\"' in text for text in stored)
    assert not any("CANARY" in text for text in stored)


async def test_storage_of_a_newer_version_is_left_alone(profile: Profile, provider: ScriptedProvider) -> None:
    tab = await profile.tab()
    code = """
      () => new Promise((resolve) => {
        const request = indexedDB.open("future", 99);
        request.onupgradeneeded = () => request.result.createObjectStore("later").put("value", "key");
        request.onsuccess = () => resolve(request.result.close());
      })
    """
    await tab.page.evaluate(code)
    await profile.load(tab, store={"name": "future"})
    provider.script("a", ANSWER, ANSWER)
    await tab.open("own", agent_file({"a": provider.url}), ENV, title="Title")
    turns = [await tab.take_turn("own", "Hello"), await tab.take_turn("own", "And now?")]
    assert [turn.text for turn in turns] == ["Answer", "Answer"]
    [warning] = [event["message"] for turn in turns for event in turn.of("warning")]
    assert "newer version" in warning
    assert asked(provider) == ["Hello", "Answer", "And now?"]
    error = await tab.fails("stored", "list")
    assert (error["kind"], "newer version" in error["message"]) == ("storage", True)
    assert await stored_texts(tab.page, "future") == ['"value"']


async def test_a_full_storage_ends_no_turn(profile: Profile, site: Site, provider: ScriptedProvider) -> None:
    browser = profile.context.browser
    if browser is None or browser.browser_type.name != "chromium":
        pytest.skip("only Chromium can be told how much a page may store")
    other = await profile.context.new_page()
    await other.goto(f"{site.origin}/theirs/")
    devtools = await profile.context.new_cdp_session(other)  # before anything is stored: the browser keeps the number
    await devtools.send("Storage.overrideQuotaForOrigin", {"origin": site.origin, "quotaSize": 1_000_000})
    tab = await profile.tab()
    provider.script("a", *[ANSWER] * 5)
    yaml = agent_file({"a": provider.url})
    for name in ("before", "own"):
        await tab.open(name, yaml, ENV, id=name, title=name)
        await tab.take_turn(name, "Hello")
    turns = [await tab.take_turn("own", "Long " * 300_000), await tab.take_turn("own", "And now?")]
    assert [turn.text for turn in turns] == ["Answer", "Answer"]
    [warning] = [event["message"] for turn in turns for event in turn.of("warning")]
    assert "full" in warning
    await profile.load(tab)
    assert set(await states(tab)) == {"before", "own"}
    await tab.call("reopen", "own", "own", {"env": ENV})
    assert [message["content"] for message in await tab.call("messages", "own")] == ["Hello", "Answer"]
    assert (await tab.take_turn("own", "Again")).text == "Answer"
    assert [message["content"] for message in await tab.call("messages", "own")][2:] == ["Again", "Answer"]
