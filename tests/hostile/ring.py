"""Takes hostile texts through every place of the page that shows a text from outside, and collects what is wrong."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit
from zlib import compressobj

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Reply, ScriptedProvider, ToolCall, errors, openai_chat
from tests.support.browser import BOOT_LIMIT, within
from tests.support.page import page_agent
from tests.support.tabs import open_tab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sparewheel.headless.browser import Launch
    from tests.support.tabs import Tab

_SCRIPT: Final = (Path(__file__).parent / "page.js").read_text("utf-8")
_ECHO: Final = "def echo(texts: list[str]) -> str:\n    return chr(10).join(texts)\n"
_KEYS: Final = "sparewheel.agents"


class Canary:
    """A host that no page has a reason to ask. `asked` are the first lines of what came."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Canary:
        self._server = await asyncio.start_server(self._on_connection, "localhost", 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._server:
            self._server.close()

    @property
    def host(self) -> str:
        assert self._server
        return f"localhost:{self._server.sockets[0].getsockname()[1]}"

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.read(200)).decode("latin-1").partition("\r")[0])
        writer.close()


class Visit:
    """Our page in one tab, a model that answers as it is told, and a host that must not be asked."""

    def __init__(self, tab: Tab, url: str, provider: ScriptedProvider, canary: Canary) -> None:
        self.tab = tab
        self.url = url
        self.provider = provider
        self.canary = canary
        self.found: list[str] = []
        self._turns = 0

    async def load(self, fragment: str = "") -> None:
        """Load the page anew, ready for a prompt."""
        await self.tab.goto("about:blank")  # a fragment alone would not load it
        await self.tab.goto(self.url + fragment)
        await self.page("install")
        if not fragment:
            await self.tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)

    async def page(self, function: str, argument: Any = None) -> Any:
        """Call a function of page.js."""
        code = f"(argument) => {{ {_SCRIPT.replace('export ', '')}\nreturn {function}(argument); }}"
        return await within(self.tab.evaluate(code, argument))

    async def look(self, place: str) -> None:
        """Note what is wrong with the page as it is."""
        foreign = self.tab.origins - {urlsplit(self.url).netloc, urlsplit(self.provider.url).netloc, ""}
        problems = [*await self.page("findings"), *await self.tab.faults()]
        problems += [f"asked: {line}" for line in [*self.canary.asked, *foreign]]
        self.canary.asked.clear()
        self.found += [f"{place}: {problem}" for problem in problems]

    async def drawer(self, name: str, place: str, act: Callable[[], Awaitable[None]] | None = None) -> None:
        """Look at a drawer, after something was done in it."""
        await self.tab.click(f"#open-{name}")
        await self.tab.shows(f"#{name}-drawer")
        if act:
            await act()
        await self.page("unfold")
        await self.look(place)
        await self.tab.click(f"#{name}-drawer .drawer-close")

    async def use(self, yaml: str) -> None:
        """Put an agent file into the box, as a session of its own."""
        await self.tab.click("#new-chat")
        self._turns += 1
        await self.drawer_fill(f"{yaml}# {self._turns}\n")

    async def drawer_fill(self, yaml: str) -> None:
        await self.tab.click("#open-agents")
        await self.tab.fill("#agent-yaml", yaml)
        await self.tab.click("#agents-drawer .drawer-close")

    async def ask(self, prompt: str = "Go") -> None:
        await self.tab.fill("#prompt", prompt)
        await self.tab.click("#send")

    async def ends(self, state: str = "done") -> None:
        await self.tab.shows("#send")
        await self.tab.shows(f"#status[data-state={state}]", limit=BOOT_LIMIT)

    def arm(self, texts: Sequence[str]) -> list[str]:
        """The texts, with the canary in place of the host that they name."""
        here = f"http://{self.canary.host}"
        return [text.replace("https://evil.test", here).replace("evil.test", self.canary.host) for text in texts]


@asynccontextmanager
async def open_visit(launch: Launch) -> AsyncIterator[Visit]:
    """A browser with our page."""
    async with open_tab(launch) as tab, Canary() as canary:
        with StaticServer(find_dist()) as server, ScriptedProvider() as provider:
            visit = Visit(tab, server.url, provider, canary)
            await visit.load()
            yield visit


def _written(texts: Sequence[str]) -> list[str]:
    """The texts as a file can have them: without some characters, and not too long."""
    return ["".join(c for c in text[:20_000] if c not in "\0\x01\ud800").replace("${", "$ {") for text in texts]


async def turn(visit: Visit, texts: Sequence[str]) -> None:
    """An answer, its reasoning, names and arguments of tools, a form, an approval, a result, and the prompt."""
    calls = [ToolCall(f"call_{at}", text, {"text": text, text: 1}) for at, text in enumerate(texts)]
    fields = [text[:300] for text in texts]  # a schema has a limit
    properties: dict[str, dict[str, Any]] = {
        text: {"type": "string", "title": text, "description": text, "default": text} for text in fields
    }
    properties["choice"] = {"type": "string", "enum": fields}
    schema = {"type": "object", "title": fields[0], "properties": properties}
    calls.append(ToolCall("form", "user_prompt", {"message": "\n".join(texts), "schema": schema}))
    calls.append(ToolCall("echo", "echo", {"texts": list(texts)}))
    said = "\n\n".join(texts)
    visit.provider.script(
        "a", Reply(openai_chat(text=said, reasoning=said, tool_calls=calls)), Reply(openai_chat(text=said))
    )
    tools = f"[{{type: user_prompt}}, {{type: python, source: {json.dumps(_ECHO)}}}]"
    yaml = page_agent({"a": visit.provider.url}).replace("    instruction:", f"    toolsets: {tools}\n    instruction:")
    await visit.use(yaml)
    await visit.ask("\n\n".join(texts))
    for place, sign, button in (("an approval", ".argument-tools", "1"), ("a form", ".field", "2")):
        await visit.tab.shows(f".question:has({sign}) .question-buttons button:nth-child({button})")
        await visit.look(place)
        await visit.tab.click(f".question:has({sign}) .question-buttons button:nth-child({button})")
    await visit.ends()
    await visit.page("unfold")
    await visit.look("a turn")
    await visit.drawer("hood", "the log of events")


async def names(visit: Visit, texts: Sequence[str]) -> None:
    """Names of models, errors, names of agents, keys and commands, the welcome message."""
    texts = list(dict.fromkeys(_written(texts)))
    chain = {f"m{at}": text for at, text in enumerate(texts)}
    for text in texts:
        visit.provider.script(text, errors.openai_error(400, text, text, text))
    visit.provider.script("last", Reply(openai_chat(text="Answer")))
    models = {key: {"provider": "openai", "model": text} for key, text in {**chain, "last": "last"}.items()}
    for model in models.values():
        model["base_url"] = f"{visit.provider.url}/v1"
    agents: dict[str, Any] = {
        text: {"model": "last", "description": text, "instruction": text} for text in texts if text.strip()
    }
    root = {
        "model": "m0",
        "fallback": {"models": [*list(chain)[1:], "last"], "retries": -1, "delay": "0s"},
        "instruction": "Be brief.",
        "title_model": "demo/hello",
        "welcome_message": "\n".join(texts),
        "commands": {f"c{at}": {"instruction": text, "description": text} for at, text in enumerate(texts)},
    }
    await visit.use(json.dumps({"agents": {"root": root, **agents}, "models": models}) + "\n")
    await visit.tab.shows("#greeting")
    await visit.look("a welcome message")
    await visit.ask()
    await visit.ends()
    await visit.page("unfold")
    await visit.look("names of models and errors")
    await visit.drawer("agents", "names of agents")
    await visit.drawer("hood", "the costs and the log")
    await visit.tab.fill("#prompt", "/")
    await visit.look("commands")
    await visit.tab.fill("#prompt", "")


async def failures(visit: Visit, texts: Sequence[str]) -> None:
    """A turn in which no model answers, and files that are refused for what they name."""
    for at, text in enumerate(_written(texts[:2])):
        visit.provider.script(f"f{at}", errors.openai_error(400, "x", "\n".join(_written(texts)), text))
    await visit.use(page_agent({f"f{at}": visit.provider.url for at in range(min(2, len(texts)))}))
    await visit.ask()
    await visit.ends("error")
    await visit.look("a failure")
    broken = {"agents": {"root": {text: text for text in _written(texts)}}}
    await visit.use(json.dumps(broken))
    await visit.drawer("agents", "a refused file", partial(visit.tab.shows, "#agent-problem"))
    keys = {
        f"m{at}": {"provider": "openai", "model": "x", "token_key": text} for at, text in enumerate(_written(texts))
    }
    root = {"model": "m0", "fallback": {"models": list(keys)[1:]}}
    await visit.use(json.dumps({"agents": {"root": root}, "models": keys}))
    await visit.drawer("agents", "a file without keys", partial(visit.tab.shows, "#agent-problem"))
    await visit.drawer("keys", "names of keys", partial(visit.tab.shows, "#keys > li"))


async def files(visit: Visit, texts: Sequence[str]) -> None:
    """Names of files that are attached or imported, titles, and everything in an imported conversation."""
    visit.provider.script("a", Reply(openai_chat(text="PLACE")), Reply(openai_chat(text="Again")))
    await visit.use(page_agent({"a": visit.provider.url}))
    named = [{"name": text, "text": text or "x"} for text in texts[:20]]
    await visit.page("choose", ["#composer-tools input[type=file]", named])
    await visit.tab.shows(".chips .chip-name")
    await visit.look("attachments")
    await visit.ask("PLACE")
    await visit.ends()
    await visit.look("files that were sent")
    await visit.tab.shows(".chat-row [aria-current]")
    document = json.loads(await visit.page("saved"))
    imported = [_filled(document, text, at) for at, text in enumerate(texts)]
    broken = [{"name": text, "text": "[" * 9} for text in texts]
    await visit.page("choose", ["#chats input[type=file]", broken])
    await visit.tab.shows(".chat-note:not(:empty)")
    await visit.look("files that are not imported")
    rows = len(await visit.tab.texts(".chat-row"))
    await visit.page("choose", ["#chats input[type=file]", [{"name": "x.json", "text": each} for each in imported]])
    await visit.tab.shows(f".chat-row:nth-child({min(rows + len(imported), 50)})", limit=BOOT_LIMIT)
    await visit.look("titles")
    await visit.tab.click(".chat-row:first-child .chat-open")
    await visit.tab.shows(".turn")
    await visit.look("an imported conversation")
    await visit.tab.click(".chat-row:first-child .chat-more")
    await visit.tab.click(".chat-actions .danger")
    await visit.tab.shows(".chat-undo button")
    await visit.look("a deleted conversation")


def _filled(document: Any, text: str, number: int) -> str:
    """The document with the text for its title, its prompts, its answers and its names of models and agents."""
    filled = {**document, "title": text, "id": f"imported-{number}"}
    written = json.dumps(filled)
    for name in ("PLACE", "openai/a"):
        written = written.replace(json.dumps(name), json.dumps(text))
    return written


async def links(visit: Visit, texts: Sequence[str]) -> None:
    """Agents that are kept in the browser, and a link with a file."""
    written = _written(texts)
    kept = [
        {"id": str(at), "name": text[:100], "yaml": "agents: {root: {model: demo/hello}}", "saved": "2026-01-01"}
        for at, text in enumerate(written)
    ]
    await visit.tab.evaluate("([key, value]) => localStorage.setItem(key, value)", [_KEYS, json.dumps(kept)])

    async def shown() -> None:
        await visit.tab.shows(".gallery li button.agent-choice")

    await visit.drawer("agents", "kept agents", shown)
    await visit.tab.evaluate("(key) => localStorage.removeItem(key)", _KEYS)
    few = written[:30]
    models = {f"m{at}": {"provider": "openai", "model": text, "token_key": f"K{at}"} for at, text in enumerate(few)}
    source = "\n".join(f"# {json.dumps(text)}" for text in few)
    tools = [{"type": "python", "source": source, "name": text} for text in few]
    root = {"model": "m0", "fallback": {"models": list(models)[1:]}, "toolsets": tools, "welcome_message": few[0]}
    await visit.load(link_to(json.dumps({"agents": {"root": root}, "models": models})))
    await visit.tab.shows("dialog.offer .offer-actions button.primary", limit=BOOT_LIMIT)
    await visit.page("unfold")
    await visit.look("a shared link")
    await visit.tab.click("dialog.offer .offer-actions button.primary")
    await visit.look("a shared agent")
    await visit.load()


def link_to(yaml: str) -> str:
    """The fragment of a link with this file, as anyone can make one."""
    packer = compressobj(wbits=-15)
    packed = packer.compress(yaml.encode()) + packer.flush()
    return f"#agent={urlsafe_b64encode(packed).decode().rstrip('=')}"


Place: TypeAlias = "Callable[[Visit, Sequence[str]], Awaitable[None]]"
PLACES: Final[tuple[Place, ...]] = (turn, names, failures, files, links)
