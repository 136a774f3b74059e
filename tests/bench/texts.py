"""Answers that a page has to show: what models write, and what is hard to show while it grows."""

from __future__ import annotations

import random
from typing import Final

_VOCABULARY: Final = (
    "the spare wheel turns when road is dry and model answers late under load with tokens that stream over network "
    "into page where reader waits for next word of sentence about many things like cities rivers numbers and history"
).split()


class _Writer:
    """Words in an order that is the same in every run, without the repetitions that end a turn."""

    def __init__(self) -> None:
        self._random = random.Random(7)

    def words(self, count: int) -> str:
        return " ".join(self._random.choice(_VOCABULARY) for _ in range(count))

    def number(self) -> int:
        return self._random.randint(1, 9999)

    def section(self, number: int) -> str:
        say = self.words
        rows = "".join(f"| {say(1)} | {self.number()} | {say(3)} **{say(1)}** |\n" for _ in range(3))
        return (
            f"## Section {number}\n\n{say(12)} *{say(2)}* with **{say(2)}**, `{say(1)}` and "
            f"[{say(2)}](https://docs.test/{number}) {say(30)}.\n\n"
            f"- {say(4)} **{say(2)}**\n- {say(9)}\n  - {say(5)}\n\n"
            f"| Name | Value | Note |\n|:-----|------:|------|\n{rows}\n"
            f"```python\ndef f{number}(xs):\n    return [x for x in xs if x > {self.number()}]  # {say(5)}\n```\n\n"
            f"> {say(14)}\n\n1. {say(3)}\n2. {say(5)}\n\n"
        )


def _texts() -> dict[str, str]:
    write = _Writer()
    say = write.words
    head = "| a | b | c |\n|---|---|---|\n"
    return {
        "markdown": "".join(map(write.section, range(240))),
        "table": head + "".join(f"| {say(2)} {row} | **{say(1)}** | `{say(1)}` {say(3)} |\n" for row in range(1000)),
        "list": "".join(f"- {say(2)} {item} **{say(1)}** and `{say(1)}` {say(2)}\n" for item in range(2000)),
        "paragraph": say(48_000)[:250_000],
        "links": "".join(f"[{say(1)} {link}](https://x.test/{link}) " for link in range(5000)),
    }


TEXTS: Final = _texts()


def pieces(name: str, chars: int, size: int) -> list[str]:
    """The beginning of one of the texts, so many characters a delta."""
    text = TEXTS[name][:chars]
    return [text[start : start + size] for start in range(0, len(text), size)]
