"""Texts that take a careless page seconds."""

from __future__ import annotations

from typing import Final

LIMIT_MS: Final = 200

TEXTS: Final = {
    "nested quotes": "> " * 3000 + "x",
    "emphasis": "*a_" * 20_000,
    "a paragraph": "word and word, " * 17_000,
    "a word": "a" * 250_000,
    "a long link": f"[{'a' * 5900}](https://evil.test)\n\n" * 30,
    "links": "[a.test](https://b.test/x) " * 5000,
    "brackets": "[" * 1_000_000,
    "open pictures": "![](" * 50_000,
    "nested lists": "".join(f"{' ' * at}- x\n" for at in range(0, 600, 2)) * 5,
    "a wide table": "|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + ("|" + "b|" * 2000 + "\n") * 20,
    "reordering marks": "\u202e" * 250_000,
    "letters that look like others": "a\u0430." * 80_000,
    "joiners": "\U0001f469\u200d" * 80_000,
    "accents": "a" + "\u0301" * 250_000,
    "dollars": "$a" * 60_000,
    "backticks": "".join("`" * at + " " for at in range(1, 600)),
    "entities": "&#x41;&" * 40_000,
    "tags": "<a href='x'>" * 20_000,
    "footnotes": "[^a]" * 30_000,
    "lines": "\n" * 200_000 + "x",
}
