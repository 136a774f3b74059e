"""The rows of the matrix that are hosts: the plain page, and what a site may have around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_ISOLATED: Final = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
_PAGE: Final = """\
<!doctype html>
<meta charset="utf-8" />
<title>A page</title>
{head}
<p id="start"></p>
<output></output>
<script type="module" src="page.js"></script>
"""
_IMPORT_MAP: Final = '<script type="importmap">{"imports": {"sparewheel": "/sparewheel/sparewheel.js"}}</script>'
_SCRIPT: Final = """\
import { createRuntime } from "{script}";
import { answer } from "./answer.js";
answer(createRuntime());
"""
_TWO_COPIES: Final = """\
import { answer } from "./answer.js";
const yaml = await (await fetch("agent.yaml")).text();
const copies = await Promise.all([import("./sparewheel/sparewheel.js"), import("./other/sparewheel.js")]);
const [first, second] = await Promise.all(copies.map(({ createRuntime }) => createRuntime()));
await (await first.createSession({ yaml })).send("Hello");
answer(Promise.resolve(second));
"""
_WITH_WORKER: Final = """\
import { createRuntime } from "./sparewheel/sparewheel.js";
import { answer } from "./answer.js";
await navigator.serviceWorker.register("own.js");
await navigator.serviceWorker.ready;
if (!navigator.serviceWorker.controller)
  await new Promise((seen) => navigator.serviceWorker.addEventListener("controllerchange", seen, { once: true }));
answer(createRuntime());
"""
_CLAIMS: Final = "addEventListener('activate', (event) => event.waitUntil(clients.claim()));\n"
_PASSES: Final = f"{_CLAIMS}addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));\n"
_KEEPS: Final = (
    _CLAIMS
    + """\
async function answer(request) {
  const cache = await caches.open("own");
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && request.method === "GET") await cache.put(request, response.clone());
  return response;
}
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
"""
)


@dataclass(frozen=True)
class Host:
    """A site with the page of docs/bundlers/plain and a copy of the package, with what deviates from it.

    files: texts by name below the page; `{cdn}` stands for the origin of another host, which allows every page by CORS
    headers: sent with every file of the site
    base: the folder of the page
    negotiates: the host has `dist/` in place of the package, and sends encoded files
    framed: the page is in a frame, from the other host
    visits: in the same browser context; the last one is reported
    runtimes: how many the page starts
    most: the bytes that the last visit may cost
    """

    files: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    base: str = "/"
    negotiates: bool = False
    framed: bool = False
    visits: int = 1
    runtimes: int = 1
    most: float = 13e6


def _page(head: str = "", script: str = "./sparewheel/sparewheel.js") -> dict[str, str]:
    return {"index.html": _PAGE.replace("{head}", head), "page.js": _SCRIPT.replace("{script}", script)}


HOSTS: Final[dict[str, Host]] = {
    "plain": Host(),
    "negotiated": Host(negotiates=True, most=9e6),
    "sub-path": Host(base="/shop/vendor/"),
    "import map": Host(_page(_IMPORT_MAP, "sparewheel")),
    "cdn": Host(_page(script="{cdn}/sparewheel/sparewheel.js")),
    "cdn, isolated": Host(_page(script="{cdn}/sparewheel/sparewheel.js"), headers=_ISOLATED),
    "credentialless": Host(headers={**_ISOLATED, "Cross-Origin-Embedder-Policy": "credentialless"}),
    "no-store": Host(headers={"Cache-Control": "no-store"}, visits=2),
    "worker that passes": Host({"page.js": _WITH_WORKER, "own.js": _PASSES}, visits=2),
    "worker that keeps": Host({"page.js": _WITH_WORKER, "own.js": _KEEPS}, visits=2, most=1e6),
    "two copies": Host({"page.js": _TWO_COPIES}, runtimes=2, most=26e6),
    "frame": Host({"index.html": '<!doctype html><iframe src="{cdn}/"></iframe>'}, framed=True),
}
