"""The contents of `dist/`.

```
index.html sparewheel.js worker.js …     plain names: pages import them; browsers revalidate them at each visit
sparewheel-HASH.js                       shared by sparewheel.js and compat/docker-agent.js
adapters/NAME.js                         entries of the npm package, for other libraries
app/NAME-HASH.js                         what the page loads late, and what that shares with app/main.js
node/ boot/ assets/ client/              for Node, Deno and Bun; for browsers they are in the scripts above
pyodide/pyodide-lock.json                plain name as well; it names all other files of a start, with their hashes
pyodide/core-HASH/                       Pyodide itself (bundle/core.py)
pyodide/NAME-VERSION-0_HASH-….whl        the packages, as bytecode
pyodide/snapshot.HASH.bin *.HASH.wasm    memory of a Python that has imported them, and their native modules
pyodide/site.HASH.bin                    the files of those packages, for later imports
sandbox.html pyodide/sandbox.HASH.js     the frame in which a model's code runs, and the script of its workers
oauth-client.json                        with `build --public-url` only (bundle/oauth.py)
service-worker.js                        with the list of these files
*.br *.gz                                the same files, compressed
```

Large files are there only compressed (`PACKED`): hosts that encode have `.br`, and `web/assets/download.js` unpacks
`.gz`.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from bundle.shell import CACHE, ROOT, WEB, files_below, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKED = ("pyodide/snapshot.*.bin", "*.wasm")  # `pyodide/site.*.bin` is read synchronously, so it is not among them
NOT_FOR_THE_BROWSER = (
    "package.json",
    "package-lock.json",
    "tsconfig*.json",
    "npm/*",
    "embed-examples/*",
    "embed-examples/*/*",
    "sandbox/*",
)
RUNTIME = "sparewheel"
LOCK = "pyodide/pyodide-lock.json"


def contents(public_url: str | None = None) -> dict[str, Path | bytes]:
    """Make the contents of `dist/`, by path: the bytes, or the file that has them. `public_url` is where it will be.

    Raises:
        BuildError: a download failed, or something cannot be bundled.
    """
    from bundle.agent_schema import FILE_NAME, agent_file_schema_text
    from bundle.compress import compress, sweep
    from bundle.core import core_files
    from bundle.fetch import NODE_MODULES, PYODIDE, fetch_node_modules, fetch_wheels
    from bundle.licenses import license_files
    from bundle.naming import digest_files
    from bundle.oauth import client_document
    from bundle.offline import NAME as SERVICE_WORKER
    from bundle.offline import service_worker
    from bundle.policy import with_policy
    from bundle.preload import with_preloads
    from bundle.sandbox import PAGE as SANDBOX
    from bundle.sandbox import check_classic, sandbox_page, with_hash
    from bundle.scripts import bundled_scripts, sandbox_scripts
    from bundle.stamp import stamped

    fetch_node_modules()
    wheels = fetch_wheels()
    say("assembling dist/")
    own_core = core_files(PYODIDE)
    core = f"core-{digest_files(own_core.values())}/"
    core_plan: dict[str, Path | bytes] = {f"pyodide/{core}{name}": path for name, path in own_core.items()}
    with ThreadPoolExecutor(1) as pool:
        compressing = pool.submit(compress, core_plan)  # takes long the first time: in parallel to the rest
        info = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
        package = json.loads((PYODIDE / "package.json").read_text(encoding="utf-8"))
        about = {"version": package["version"], "license": package["license"], "source": package["homepage"]}
        bundle = bundled_scripts()
        web = dict(web_files()) | bundle.files
        sandbox = sandbox_scripts()
        check_classic(own_core, sandbox["worker.js"])
        plan = core_plan | web | packages(wheels, core, sandbox["worker.js"])
        pages = {name: source.read_text(encoding="utf-8") for name, source in web.items() if name.endswith(".html")}
        pages["index.html"] = with_preloads(pages["index.html"], web)
        plan |= {name: with_policy(page).encode() for name, page in pages.items()}
        plan[SANDBOX] = sandbox_page(sandbox["frame.js"].read_bytes())
        own = (ROOT / "LICENSE").read_text(encoding="utf-8")
        scripts = [NODE_MODULES / name for name in sorted(bundle.packages)]
        plan |= license_files(wheels, about, info["python"], own, data=["genai-prices"], scripts=scripts)
        plan[FILE_NAME] = agent_file_schema_text().encode()
        plan = stamped(plan, LOCK)
        plan[SANDBOX] = with_hash(plan[SANDBOX])
        if public_url:
            plan |= client_document(public_url)
        plan[SERVICE_WORKER] = service_worker(plan, web[SERVICE_WORKER].read_bytes())
        compressed = compress({name: source for name, source in plan.items() if name not in core_plan})
        compressed |= compressing.result()
    sweep(compressed)
    return {name: source for name, source in plan.items() if not is_packed(name)} | compressed


def is_packed(name: str) -> bool:
    """Whether `dist/` has a file only in its compressed forms."""
    return any(PurePosixPath(name).match(pattern) for pattern in PACKED)


def packages(wheels: list[Path], core: str, sandbox: Path) -> dict[str, Path | bytes]:
    """The Python packages and the snapshot of the runtime, with the lock file that names them.

    `sandbox` is the script of the code sandbox's workers, which starts from the same snapshot.
    """
    from bundle.core import core_files
    from bundle.fetch import PYODIDE
    from bundle.naming import hashed, sha256
    from bundle.packages import closure, make_packages
    from bundle.snapshot import make_snapshot
    from bundle.wheel import browser_config, build_wheel

    own = build_wheel(CACHE / "own", browser_config())
    made = make_packages([*wheels, own], PYODIDE / "python_stdlib.zip")
    needed = {package["file_name"] for package in closure(made.lock["packages"], RUNTIME)}
    snapshot = make_snapshot([wheel for wheel in made.wheels if wheel.name in needed], made.stdlib)
    script = {hashed("sandbox.js", sandbox.read_bytes()): sandbox}
    own_files = snapshot.files | script
    locked_files = {f"{core}{name}": path for name, path in core_files(PYODIDE).items()} | own_files
    hashes = {name: sha256(source) for name, source in locked_files.items()}
    facts = {"core": core, "sandbox": next(iter(script)), **snapshot.facts, "files": hashes}
    locked = made.lock | {"tool": {RUNTIME: facts}}
    files: dict[str, Path | bytes] = {wheel.name: wheel for wheel in made.wheels}
    plan = {f"pyodide/{name}": source for name, source in (files | own_files).items()}
    plan[LOCK] = json.dumps(locked, indent=1).encode() + b"\n"
    return plan


def web_files() -> Iterator[tuple[str, Path]]:
    """The files of `web/` that a browser requests, with their paths below `dist/`."""
    from bundle.scripts import is_inside_a_bundle

    for path in files_below(WEB):
        name = path.relative_to(WEB).as_posix()
        if not (any(path.match(pattern) for pattern in NOT_FOR_THE_BROWSER) or is_inside_a_bundle(name)):
            yield name, path
