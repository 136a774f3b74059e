"""The packages of a release: the wheel for PyPI, and the tarball for npm, which lacks our own page."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

from bundle.shell import CACHE, DIST, ROOT, WEB, BuildError, files_below, logged
from bundle.wheel import build_wheel, release_config

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES: Final = CACHE / "packages"
BUNDLED: Final = "bundled.js"
PAGE: Final = ("app", "index.html", "manifest.json")  # our own page: no embedder needs it
ENTRIES: Final = {
    ".": "sparewheel",
    "./ag-ui": "adapters/ag-ui",
    "./ai-sdk": "adapters/ai-sdk",
    "./chat": "adapters/chat",
    "./compat/docker-agent": "compat/docker-agent",
    "./webmcp": "adapters/webmcp",
}


def make_packages() -> list[Path]:
    """Make both from `dist/`; returns their paths.

    Raises:
        BuildError: npm failed, or a script is not as expected.
    """
    shutil.rmtree(PACKAGES, ignore_errors=True)
    files = PACKAGES / "dist"
    copy_needed(files)
    wheel = build_wheel(PACKAGES / "pypi", release_config(files))
    return [wheel, _pack(files, wheel.name.split("-")[1])]


def copy_needed(target: Path) -> None:
    """Copy `dist/` without the compressed forms of files that are there uncompressed."""
    for path in files_below(DIST):
        plain = path.with_suffix("")
        if path.suffix == ".br" or (path.suffix == ".gz" and plain.is_file()):
            continue
        copy = target / path.relative_to(DIST)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _pack(files: Path, version: str) -> Path:
    folder = PACKAGES / "npm"
    shutil.copytree(files, folder, ignore=lambda path, _: PAGE if path == str(files) else ())
    for path in files_below(WEB / "npm"):
        shutil.copyfile(path, folder / path.name)
    shutil.copyfile(ROOT / "README.md", folder / "README.md")
    content = {**manifest(version), "browser": _without_address(folder)}
    (folder / "package.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    logged(["npm", "pack", "--silent", "--pack-destination", PACKAGES, folder], "npm pack", "could not pack", cwd=ROOT)
    return PACKAGES / f"sparewheel-{version}.tgz"


def _without_address(folder: Path) -> dict[str, str]:
    """Write the script that bundlers take instead of the embed API's own, and return what tells them so.

    In a bundle the script's address is of no use: the other files are elsewhere. webpack would even put the path of the
    machine there that has made the bundle. Without it, `createRuntime` asks for `assetBase`.
    """
    [script] = folder.glob("sparewheel-*.js")
    content = script.read_text(encoding="utf-8")
    if "import.meta.url" not in content:
        raise BuildError("the embed API does not read its address as import.meta.url: adapt runtime/bundle/release.py")
    (folder / BUNDLED).write_text(content.replace("import.meta.url", "undefined"), encoding="utf-8")
    return {f"./{script.name}": f"./{BUNDLED}"}


def manifest(version: str) -> dict[str, Any]:
    """The package.json of the npm package, but what bundlers take in place of its script."""
    exports: dict[str, Any] = {
        name: {"types": f"./{path}.d.ts", "default": f"./{path}.js"} for name, path in ENTRIES.items()
    }
    exports["."] = {"types": "./sparewheel.d.ts", "node": "./node/index.js", "default": "./sparewheel.js"}
    return {
        "name": "sparewheel",
        "version": version,
        "description": "An agent runtime for the browser that continues when a model fails.",
        "license": "MIT",
        "keywords": ["agents", "llm", "pyodide", "webassembly", "fallback"],
        "type": "module",
        "main": "./sparewheel.js",
        "types": "./sparewheel.d.ts",
        "exports": {
            **exports,
            "./vite": {"types": "./vite.d.ts", "default": "./vite.js"},
            "./package.json": "./package.json",
        },
        "bin": {"sparewheel": "copy.js"},
        "sideEffects": ["./adapters/chat.js"],  # it defines the element
        "engines": {"node": ">=20"},
        "peerDependencies": {"deno": ">=2.9"},  # the sandbox for code of models under Node
        "peerDependenciesMeta": {"deno": {"optional": True}},
    }
