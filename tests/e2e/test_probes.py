"""Hostile inputs at every way into the runtime: none ends it, and the next model answers.

`SPAREWHEEL_PROBES=200 python3 build.py test tests/e2e/test_probes.py` makes so many probes in Chromium and in Firefox,
a tenth of them in WebKit, and writes into `.cache/probes.txt` how long each of them blocked the worker. Without it a
sample runs in Chromium.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from itertools import zip_longest

import pytest
import pytest_asyncio

from bundle.shell import CACHE
from sparewheel.headless import find_dist
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.agents import KEY
from tests.support.browser import BOOT_LIMIT, Change, Site, Turn, within
from tests.support.engines import launch_of
from tests.support.meter import IN_PAGE, metered_worker
from tests.support.probe import Probe
from tests.support.probes import all_probes
from tests.support.probes_start import DAMAGES
from tests.support.scripted import check_rules
from tests.support.tabs import Tab, open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNT = int(os.environ.get("SPAREWHEEL_PROBES", "0"))
SAMPLE = 24
ANSWER = Reply(openai_chat(text=["An", "swer"]))
LIMIT = 30.0  # seconds for one probe
ENGINES = ("chromium", "firefox", "webkit") if COUNT else ("chromium",)

# Two runtimes: the requests of one are made by the page.
BOOT = """
async () => {
  const own = {};
  const options = {
    models: { hostile: { stream: () => own.stream() } },
    onEvent: (event) => restarts.push(event),
  };
  const once = (url, init) => {
    const { fetch } = own;
    own.fetch = undefined;
    return fetch ? fetch(url, init) : globalThis.fetch(url, init);
  };
  const runtimes = [await createRuntime(options), await createRuntime({ ...options, fetch: once })];
  const [runtime, paged] = runtimes;
  const yaml = "agents: {root: {model: demo/hello}}";
  const idle = await runtime.createSession({ yaml }, () => {});
  const session = {
    confirm: (value) => idle.confirm(value),
    respondToElicitation: (value) => idle.respondToElicitation(value),
    async send(prompt) {
      const session = await runtime.createSession({ yaml });
      return session.send(prompt).finally(() => session.close());
    },
  };
  const health = new BroadcastChannel("sparewheel-health");
  Object.assign(globalThis, {
    restarts: [],
    duck: (more) => ({ [Symbol.toStringTag]: "Response", status: 200, url: "", headers: [], body: null, ...more }),
    body: (...pieces) =>
      new Response(
        new ReadableStream({
          pull: (control) => (pieces.length ? control.enqueue(pieces.shift()) : control.close()),
        }),
      ),
    alive: () => Promise.all(runtimes.map((runtime) => runtime.parseConfig(yaml))),
    longest: () => blocked(runtimes.length),
    async turn(options) {
      const events = [];
      const { stream, fetch, answer = () => undefined, messages = [], ...functions } = options.page;
      Object.assign(own, { stream, fetch });
      const prompt = { role: "user", content: "Hello" };
      const chat = { ...options.chat, autoApprove: true, ...functions, messages: [...messages, prompt] };
      const listener = (event) => {
        events.push(event);
        return event.type === "tool_confirmation" || event.type === "elicitation" ? answer() : undefined;
      };
      const outcome = await theirs.settled((fetch ? paged : runtime).chat(chat, listener));
      return { ...outcome, events, text: fold(events).text };
    },
    async command(method, argument) {
      if (method === "health") return health.postMessage(argument);
      const of = method in session ? session : runtime;
      const outcome = await theirs.settled((async () => of[method](argument))());
      if (outcome.result?.close) await outcome.result.close();
      return { error: outcome.error };
    },
    async start() {
      const outcome = await theirs.settled(createRuntime({}).then((runtime) => runtime.dispose()));
      await caches.delete("hostile");
      return { error: outcome.error };
    },
    keep: async (url) => (await caches.open("hostile")).put(url, await fetch(url, { cache: "no-store" })),
  });
}
"""


class Lab:
    """A runtime in a page, and the servers that answer it."""

    def __init__(self, engine: str, tab: Tab, site: Site, provider: ScriptedProvider) -> None:
        self.engine = engine
        self._tab = tab
        self._site = site
        self._provider = provider
        self._number = 0

    async def start(self) -> None:
        self._site.changes.pop("", None)  # of a probe; the page has no file name either
        await self._tab.goto(f"{self._site.origin}/theirs/")
        await self._tab.evaluate(f"() => {{ {IN_PAGE} }}")
        await within(self._tab.evaluate(BOOT), BOOT_LIMIT)

    async def run(self, probe: Probe) -> float:
        """Make one probe, and see that the runtime works. Returns how long the worker was blocked, milliseconds."""
        self._number += 1
        await self._tab.evaluate("() => longest()")
        kinds = {"command": self._command, "start": self._start}
        await kinds.get(probe.kind, self._turn)(probe)
        blocked: float = await within(self._tab.evaluate("() => alive().then(() => longest())"), LIMIT)
        assert await self._tab.evaluate("() => restarts") == []
        return blocked

    async def _command(self, probe: Probe) -> None:
        call = f"() => command({probe.method!r}, {probe.argument})"
        outcome = await within(self._tab.evaluate(f"() => theirs.settled(({call})())"), LIMIT)
        error = (outcome.get("result") or {}).get("error") or outcome.get("error")
        assert error is None or (error.get("kind") != "internal" and len(error["message"]) < 10_000), error

    async def _start(self, probe: Probe) -> None:
        file = next(find_dist().rglob(probe.file))
        before = self._site.changes.get(file.name)
        self._site.changes[file.name] = Change(body=DAMAGES[probe.damage](file.read_bytes()))
        try:
            if probe.cached:
                path = f"{self._site.origin}/some/deep/path/spare/{file.relative_to(find_dist()).as_posix()}"
                await within(self._tab.evaluate("(url) => keep(url)", path), LIMIT)
                self._site.changes.pop(file.name)
            error = (await within(self._tab.evaluate("() => start()"), LIMIT)).get("error")
        finally:
            self._site.changes.pop(file.name, None)
            if before is not None:
                self._site.changes[file.name] = before
        assert error is None or (error["kind"] == "boot_failed" and len(error["message"]) < 10_000), error

    async def _turn(self, probe: Probe) -> None:
        first, second = f"a{self._number}", f"b{self._number}"
        if probe.served is not None:
            content_type, body = probe.served
            headers = {"Content-Type": content_type, "Access-Control-Allow-Origin": "*"}
            self._site.changes[""] = Change(200, headers, body)  # what is no file
        replies = [] if probe.reply is None else [_at(probe.reply, self._site.origin)]
        self._provider.script(first, *replies, probe.then or ANSWER)
        self._provider.script(second, ANSWER)
        yaml = probe.agent(self._number, self._provider.url, self._site.origin)
        chat = {"yaml": yaml, "env": {"MINE": f"{KEY}1", "SPARE": f"{KEY}2"}}
        call = f"(chat) => turn({{ chat, page: {probe.page} }})"
        turn = Turn(**await within(self._tab.evaluate(call, chat), LIMIT))
        if turn.events:
            check_rules(turn.events)
        if probe.kind == "end" and turn.error is not None:
            assert turn.error["kind"] != "internal" and len(turn.error["message"]) < 10_000, turn.error
            return
        assert turn.error is None, turn.error
        assert turn.types[-1] == "finish"
        assert len(turn.of("fallback")) <= (probe.kind in ("attempt", "end"))
        assert turn.text == "Answer" or not turn.of("fallback")


def _at(reply: Reply, origin: str) -> Reply:
    """The reply with the address of the site in it."""
    return reply.replace(events=tuple(event.replace(b"SITE", origin.encode()) for event in reply.events))


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=ENGINES)
async def lab(request: pytest.FixtureRequest, site: Site) -> AsyncIterator[Lab]:
    launch = await asyncio.to_thread(launch_of, request.param)
    site.changes["worker.js"] = metered_worker()
    async with open_tab(launch) as tab:
        with ScriptedProvider() as provider:
            lab = Lab(request.param, tab, site, provider)
            await lab.start()
            yield lab


def chosen(count: int) -> list[Probe]:
    """The first ones of a fixed order in which the inlets take turns."""
    inlets: dict[str, list[Probe]] = {}
    for probe in all_probes():
        inlets.setdefault(probe.name.partition(":")[0], []).append(probe)
    order = random.Random(1)
    shuffled = [order.sample(probes, len(probes)) for probes in order.sample(list(inlets.values()), len(inlets))]
    rounds = zip_longest(*shuffled)
    return [probe for each in rounds for probe in each if probe is not None][:count]


@pytest.mark.timeout(0)
async def test_no_input_ends_the_runtime(lab: Lab) -> None:
    longest: dict[str, float] = {}
    failed: dict[str, str] = {}
    for probe in chosen(COUNT // (10 if lab.engine == "webkit" else 1) or SAMPLE):
        try:
            longest[probe.name] = await lab.run(probe)
        except Exception as error:  # also of the browser, which may be gone
            failed[probe.name] = f"{type(error).__name__}: {error}"[:500]
            await lab.start()
    if COUNT:
        with (CACHE / "probes.txt").open("a", encoding="utf-8") as table:
            print(
                f"{lab.engine}: {len(longest)} probes passed, {len(failed)} failed:",
                *failed.items(),
                sep="\n",
                file=table,
            )
            for name, milliseconds in sorted(longest.items(), key=lambda item: -item[1]):
                print(f"{milliseconds:6.0f} ms  {name}", file=table)
    assert failed == {}
