"""Reasoning that servers send inside the text, between `<think>` and `</think>`, and that is split out of it.

Models such as DeepSeek R1, Qwen and MiniMax write it so; servers that do not parse it pass it on. The tags can be cut
anywhere between two deltas. Without a setting (`reasoning_tags`) only tags at the beginning of an answer count, because
anywhere else they can be what the answer is about; the name of a tag as the setting makes it count everywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..jsontext import CutText
from .openai_common import is_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config.resolved import ModelSpec
    from .assembly import Assembly

_NAMES: Final = ("think", "thinking", "thought")
NONE: Final = "none"
MAX_SPACE: Final = 4096  # characters of space that may stand before a tag


def text_writer(assembly: Assembly, spec: ModelSpec | None, *, usual: bool = False) -> Callable[[str], None]:
    """What the text of an answer is written with: `assembly.text`, or a splitter in front of it.

    `usual`: servers of this wire format are known to send tags, so that it is split also without a setting.
    """
    setting = spec.reasoning_tags if spec else None
    if setting is None and usual and not (spec and is_at(spec, "openai.com", "openai.azure.com")):
        return TagSplitter(assembly, _NAMES, everywhere=False).text
    if setting in (None, NONE):
        return assembly.text
    return TagSplitter(assembly, (setting,), everywhere=True).text


class TagSplitter:
    """Writes text into an assembly, and what is between tags as reasoning. Tags and the space around them are removed.

    `everywhere`: also tags in the middle of the answer; otherwise it passes everything on after the beginning.
    """

    def __init__(self, assembly: Assembly, names: Sequence[str], *, everywhere: bool) -> None:
        self._assembly = assembly
        self._everywhere = everywhere
        self._opening = re.compile(rf"<({'|'.join(map(re.escape, names))})>")
        self._openings = [f"<{name}>" for name in names]
        self._closing = ""  # the tag that ends the reasoning; empty outside of one
        self._held = ""  # what may be the beginning of a tag, or space before one
        self._skips_space = False
        assembly.release = self._release

    def text(self, piece: str) -> None:
        """Add a piece of the text as it came."""
        if self._assembly.release is None:
            self._assembly.text(piece)
            return
        rest, self._held = self._held + (piece.raw if isinstance(piece, CutText) else piece), ""
        while rest:
            rest = self._inside(rest) if self._closing else self._outside(rest)

    def _outside(self, text: str) -> str:
        """Write text up to a tag; return what comes after it."""
        if self._skips_space:
            text = text.lstrip()
            self._skips_space = not text
            if not self._everywhere and text:
                return self._pass_on(text)
        if not self._everywhere:
            return self._at_beginning(text)
        found = self._opening.search(text)
        end = found.start() if found else len(text) - _open_end(text, self._openings)
        if before := text[:end]:
            self._assembly.text(_as_cut(before))
        if not found:
            self._held = text[end:]
            return ""
        return self._enter(found, text)

    def _at_beginning(self, text: str) -> str:
        start = text.lstrip()
        if found := self._opening.match(start):
            return self._enter(found, start)
        if len(text) <= MAX_SPACE and any(tag.startswith(start) for tag in self._openings):  # also if it is only space
            self._held = text
            return ""
        return self._pass_on(text)

    def _enter(self, found: re.Match[str], text: str) -> str:
        self._closing = f"</{found[1]}>"
        self._skips_space = True
        return text[found.end() :]

    def _inside(self, text: str) -> str:
        """Write reasoning up to its end; return what comes after the tag."""
        if self._skips_space:
            text = text.lstrip()
            self._skips_space = not text
        thought, tag, rest = text.partition(self._closing)
        end = len(thought) if tag else len(thought) - _open_end(thought, [self._closing])
        shown = thought[:end].rstrip()
        if end - len(shown) > MAX_SPACE:
            shown = thought[:end]
        if shown:
            self._assembly.reasoning(_as_cut(shown))
        if tag:
            self._closing = ""
            self._skips_space = True
        else:
            self._held = thought[len(shown) :]  # not before: the begin of a block releases what is held
        return rest

    def _pass_on(self, text: str) -> str:
        self._assembly.release = None
        self._assembly.text(_as_cut(text))
        return ""

    def _release(self) -> None:
        """The block ends: what is held is no tag."""
        held, self._held = self._held, ""
        if self._closing:
            held = held.rstrip()
        if held:
            (self._assembly.reasoning if self._closing else self._assembly.text)(held)


def _as_cut(text: str) -> str:
    """`text`, as a `CutText` if it begins or ends with half of a surrogate pair."""
    return CutText(text) if any("\ud800" <= end <= "\udfff" for end in (text[:1], text[-1:])) else text


def _open_end(text: str, tags: Sequence[str]) -> int:
    """The number of characters at the end of `text` that could be the beginning of a tag."""
    at = text.rfind("<")
    return len(text) - at if at >= 0 and any(tag.startswith(text[at:]) for tag in tags) else 0
