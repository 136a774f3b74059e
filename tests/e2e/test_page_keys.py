"""The keys of the page: entered, checked, remembered, asked for by an agent file, and given by OpenRouter's sign-in."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, Request, Route, expect

from sparewheel.headless.static import StaticServer
from tests.support.browser import Watch
from tests.support.page import drawer, use_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPENAI, ANTHROPIC, MINE = "sk-proj-CANARY0123456789", "sk-ant-CANARY0123456789", "CANARY-own-0123456789abc"
PASSPHRASE = "correct horse battery"
CORS = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
SPARE = """
agents: {root: {model: demo/hello, instruction: Hi, fallback: {models: [openai/gpt-5.6, own]}}}
models: {own: {provider: openai, model: a, base_url: "https://own.example.test/v1", token_key: MY_KEY}}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser of its own, which ends with no key in any place that is read or kept in clear."""
    context = await browser.new_context(service_workers="block")
    watch = Watch(context)
    yield context
    for page in context.pages:
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        assert "CANARY" not in await page.evaluate(kept)
        assert "CANARY" not in await page.content()
        assert "CANARY" not in await page.locator("body").inner_text()
    assert "CANARY" not in "\n".join(watch.console)
    assert not [line for line in watch.console if "[DOM]" in line or "assword" in line]
    assert [fault for fault in watch.faults if not fault.startswith("Access to fetch")] == []
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, server: StaticServer) -> Page:
    page = await context.new_page()
    await page.goto(server.url)
    return page


async def paste(field: Locator, text: str) -> None:
    """Paste as a user does: the event, and, unless that is prevented, the text."""
    await field.focus()
    script = """(field, text) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", text);
        const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
        if (field.dispatchEvent(event)) document.execCommand("insertText", false, text);
    }"""
    await field.evaluate(script, text)


async def test_a_key_in_the_field_for_its_name_is_moved_and_never_shown(page: Page) -> None:  # D27
    async with drawer(page, "Keys") as keys:
        name, key = keys.get_by_label("Name"), keys.get_by_label("Key", exact=True)
        await paste(name, OPENAI)
        await expect(name).to_have_value("OPENAI_API_KEY")
        await expect(key).to_be_focused()
        await expect(key).to_have_value(OPENAI)
        assert await key.get_attribute("type") == "password"
        await page.keyboard.press("Enter")
        await expect(keys.get_by_label("OpenAI key")).to_have_value("")
        await keys.get_by_role("button", name="Add a key").click()
        await name.press_sequentially(ANTHROPIC)
        await expect(key).to_have_value(ANTHROPIC)
        await key.press("Enter")
        await keys.get_by_role("button", name="Add a key").click()
        await paste(name, f"# mine\nexport MY_KEY='{MINE}'\nGROQ_API_KEY={MINE}\n")
        for title in ("OpenAI", "Anthropic", "MY_KEY", "Groq"):
            await expect(keys.get_by_label(f"{title} key")).to_be_visible()
        await expect(page.get_by_role("button", name="Keys", exact=True)).to_have_accessible_description("4 set")


async def test_removing_a_key_keeps_the_focus_near(page: Page) -> None:  # D27
    async with drawer(page, "Keys") as keys:
        await paste(keys.get_by_label("Name"), f"OPENAI_API_KEY={OPENAI}\nANTHROPIC_API_KEY={ANTHROPIC}")
        remove = keys.get_by_role("button", name="Remove")
        await remove.first.focus()
        await page.keyboard.press("Enter")
        await expect(remove).to_have_count(1)
        await expect(keys.get_by_role("button", name="Remove Anthropic")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(remove).to_be_focused()  # of the empty row
        await expect(keys.get_by_label("Name")).to_be_visible()


async def test_a_key_counts_when_it_is_complete_and_not_with_each_letter(page: Page) -> None:  # D27
    await use_agent(page, SPARE)
    async with drawer(page, "Keys") as keys:
        note = keys.get_by_text("what needs it is skipped")
        await expect(note).to_have_text("No key for OpenAI and MY_KEY: what needs it is skipped.")
        own = keys.get_by_label("MY_KEY key")
        await own.press_sequentially(MINE)
        await expect(note).to_contain_text("MY_KEY")
        await expect(page.get_by_role("button", name="Keys", exact=True)).to_have_accessible_description("0 set")
        await own.press("Tab")
        await expect(note).to_have_text("No key for OpenAI: what needs it is skipped.")
        link = keys.get_by_role("link", name="Get a key (platform.openai.com)")
        assert await link.get_attribute("rel") == "noopener noreferrer"


async def test_an_agent_file_asks_for_its_keys(page: Page) -> None:
    await use_agent(page, SPARE.replace("demo/hello", "anthropic/claude-sonnet-4-6"))
    async with drawer(page, "Keys") as keys:
        needed = "Needs a key for Anthropic, OpenAI and MY_KEY. One is enough to start."
        await expect(keys.get_by_text("Needs a key")).to_have_text(needed)
        await expect(keys.get_by_role("listitem")).to_have_count(3)
        await keys.get_by_label("MY_KEY key").fill(MINE)
        await keys.get_by_label("MY_KEY key").press("Enter")
        await expect(keys.get_by_text("is skipped")).to_contain_text("No key for Anthropic and OpenAI")
    await use_agent(page, SPARE.replace("openai/gpt-5.6, ", ""))
    async with drawer(page, "Keys") as keys:
        await expect(keys.get_by_role("listitem")).to_have_count(1)  # the others made room


class Vendor:
    """A provider that is scripted: what it answers to a key, and what was asked."""

    def __init__(self, *, status: int = 200, cors: bool = True) -> None:
        self.status, self.cors = status, cors
        self.asked: list[Request] = []

    async def answer(self, route: Route) -> None:
        self.asked.append(route.request)
        headers = CORS if self.cors else {"access-control-allow-origin": "https://console.example.test"}
        await route.fulfill(status=self.status, headers=headers, body="{}", content_type="application/json")


async def test_a_check_tells_what_the_provider_does_with_the_key(page: Page, context: BrowserContext) -> None:
    works, refuses, shut = Vendor(), Vendor(status=401), Vendor(cors=False)
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await context.route("https://api.openai.com/v1/models", works.answer)
    await context.route("https://api.anthropic.com/v1/models*", refuses.answer)
    await context.route("https://api.mistral.ai/v1/models", shut.answer)
    await context.route("https://api.groq.com/**", hold)
    async with drawer(page, "Keys") as keys:
        lines = {"OPENAI": OPENAI, "ANTHROPIC": ANTHROPIC, "MISTRAL": MINE, "GROQ": MINE}
        await paste(keys.get_by_label("Name"), "\n".join(f"{name}_API_KEY={key}" for name, key in lines.items()))
        for title, text in (
            ("OpenAI", "Works: OpenAI takes this key."),
            ("Anthropic", "Refused: Anthropic does not take this key (401)."),
            ("Mistral", "Mistral does not let web pages in, so its keys cannot be used here."),
        ):
            row = keys.get_by_role("listitem").filter(has_text=title)
            await row.get_by_role("button", name=f"Check {title}").click()
            await expect(row.get_by_role("status")).to_have_text(text)
        groq = keys.get_by_role("listitem").filter(has_text="Groq")
        await groq.get_by_role("button", name="Check").click()
        await expect(groq.get_by_role("status")).to_have_text("Asking Groq…")
        await groq.get_by_role("button", name="Cancel checking Groq").click()
        await expect(groq.get_by_role("status")).to_have_text("")
    [asked] = [request for request in works.asked if request.method == "GET"]
    assert (await asked.all_headers())["authorization"] == f"Bearer {OPENAI}"
    for request in refuses.asked:
        assert "authorization" not in await request.all_headers()
    for route in held:
        await route.abort()


async def test_keys_are_remembered_encrypted_and_opened_with_the_passphrase(
    page: Page, context: BrowserContext
) -> None:
    async with drawer(page, "Keys") as keys:
        await paste(keys.get_by_label("Name"), f"OPENAI_API_KEY={OPENAI}\nMY_KEY={MINE}")
        assert await page.evaluate("localStorage.getItem('sparewheel.keys')") is None
        await keys.get_by_text("Remember in this browser").click()
        first, again = keys.get_by_label("Passphrase", exact=True), keys.get_by_label("Passphrase again")
        await first.fill(PASSPHRASE)
        await again.fill("something else")
        await again.press("Enter")
        await expect(keys.get_by_role("alert").filter(has_text="differ")).to_be_visible()
        await again.fill(PASSPHRASE)
        await again.press("Enter")
        await expect(keys.get_by_text("Remembered in this browser")).to_be_visible()
        stored = json.loads(await page.evaluate("localStorage.getItem('sparewheel.keys')"))
        assert (stored["v"], stored["kdf"]["name"], stored["kdf"]["memory"] >= 19_456) == (1, "argon2id", True)
        assert not any(secret in json.dumps(stored) for secret in ("OPENAI", PASSPHRASE, OPENAI, MINE))
    await page.reload()
    button = page.get_by_role("button", name="Keys", exact=True)
    await expect(button).to_have_accessible_description("Remembered keys are locked")
    async with drawer(page, "Keys") as keys:
        passphrase = keys.get_by_label("Passphrase")
        await passphrase.fill("wrong")
        await passphrase.press("Enter")
        await expect(keys.get_by_role("alert").filter(has_text="This passphrase does not open")).to_have_count(1)
        await passphrase.fill(PASSPHRASE)
        await passphrase.press("Enter")
        for title in ("OpenAI", "MY_KEY"):
            await expect(keys.get_by_label(f"{title} key")).to_be_visible()
        await keys.get_by_role("button", name="Forget them").click()
        await expect(keys.get_by_text("Remember in this browser")).to_be_visible()
        assert await page.evaluate("localStorage.getItem('sparewheel.keys')") is None
        await expect(keys.get_by_label("OpenAI key")).to_be_visible()  # this tab still has it


class OpenRouter:
    """A stand-in for OpenRouter: the page on which the user signs in, and the exchange of the code for a key."""

    def __init__(self) -> None:
        self.challenge = ""
        self.exchanged: list[dict[str, str]] = []
        self.error = ""

    async def authorize(self, route: Route) -> None:
        query = {name: value for name, [value] in parse_qs(urlsplit(route.request.url).query).items()}
        assert query["code_challenge_method"] == "S256"
        self.challenge = query["code_challenge"]
        back = f"{query['callback_url']}&" + (f"error={self.error}" if self.error else "code=CANARY-code")
        await route.fulfill(status=302, headers={"location": back})

    async def exchange(self, route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}")
        self.exchanged.append(asked)
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        fits = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge
        body = {"key": "sk-or-v1-CANARY"} if fits and asked["code"] == "CANARY-code" else {"error": "no"}
        await route.fulfill(status=200 if fits else 403, headers=CORS, json=body)


async def test_signing_in_to_openrouter_gives_a_key(page: Page, context: BrowserContext, server: StaticServer) -> None:
    router = OpenRouter()
    await context.route("https://openrouter.ai/auth?*", router.authorize)
    await context.route("https://openrouter.ai/api/v1/auth/keys", router.exchange)
    async with drawer(page, "Keys") as keys:
        await keys.get_by_role("button", name="Sign in with OpenRouter").click()
        await expect(keys.get_by_text("Signed in: OpenRouter gave this tab a key.")).to_be_visible()
        await expect(keys.get_by_label("OpenRouter key")).to_be_visible()
        assert page.url == server.url
        assert await page.evaluate("sessionStorage.length") == 0
        assert len(router.exchanged) == 1
        router.error = "access_denied"
        await keys.get_by_role("button", name="Sign in with OpenRouter").click()
        await expect(keys.get_by_text("OpenRouter did not sign you in: access_denied.")).to_be_visible()
        assert (page.url, len(router.exchanged)) == (server.url, 1)
    await page.goto(f"{server.url}?code=CANARY-code&state=openrouter-stranger")
    await expect(page.get_by_text("This sign-in was not begun in this tab")).to_be_visible()
    assert (page.url, len(router.exchanged)) == (server.url, 1)
