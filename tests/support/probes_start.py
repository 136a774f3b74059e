"""Probes of files that a start reads: what a host serves, or a cache has kept, is damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.support.probe import TEXTS, Probe

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "one byte": lambda content: content[:1],
    "cut": lambda content: content[: len(content) // 2],
    "longer": lambda content: content + b"\0" * 1000,
    "zeros": lambda content: b"\0" * len(content),
    "page": lambda content: b"<!doctype html><title>Sign in</title>" + b"<p>" * 10_000,
    "one bit": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    **{name: lambda content, make=make: make(100_000).encode() for name, make in TEXTS.items()},  # type: ignore[misc]
}
_FILES = ("snapshot.*.bin.gz", "pyodide-lock.json", "pyodide.asm.wasm.gz", "pyodide.asm.mjs", "pyodide.mjs")


def starts() -> Iterator[Probe]:
    for file in _FILES:
        damages = [name for name in DAMAGES if name not in TEXTS or file == "pyodide-lock.json"]
        for damage in damages:
            for where in ("served", "kept in a cache"):
                name = f"{where}: {file}: {damage}"
                yield Probe(name, "start", file=file, damage=damage, cached=where != "served")
    for damage in ("cut", "zeros", "page"):  # an empty script is a worker that is silent for 90 s
        yield Probe(f"served: worker.js: {damage}", "start", file="worker.js", damage=damage)
