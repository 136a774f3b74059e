"""What a run came to, as the text that the model reads, with pictures and files for the user.

Everything in it was written by the code: shapes are checked, sizes are limited, and nothing is taken as the runtime's.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ...files import tidy_name
from ...jsontext import whole
from ...media import DRAWING, MAX_SIZE, UNKNOWN, Media, read_media
from .files import MAX_BYTES, MAX_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...page.code_messages import CodeLimits

MAX_PART: Final = 20_000  # characters of one part of the text: output, value, traceback
MAX_TEXT: Final = 60_000  # characters of the whole text
MAX_PLOTS: Final = 16
_JAVASCRIPT: Final = re.compile(r"\b(?:const|let|var)\s+\w+\s*=|=>|\bfunction\b|console\.log\(")
_JAVASCRIPT_NAME: Final = re.compile(r"NameError: name '(?:console|require|document|window)' is not defined")
_MISSING: Final = re.compile(r"No module named '([\w.]{1,100})'")
_NO_WHEEL: Final = ("numpy", "pandas", "scipy", "matplotlib", "sklearn", "PIL", "polars", "plotly", "seaborn")


@dataclass(slots=True)
class Printed:
    """The output of a run: its beginning and its end, as far as a model is shown it."""

    head: str = ""
    tail: str = ""
    dropped: int = 0  # characters between them

    def add(self, text: str) -> None:
        room = MAX_PART // 2 - len(self.head)
        self.head += text[: max(room, 0)]
        self.tail += text[max(room, 0) :]
        if (extra := len(self.tail) - MAX_PART // 2) > MAX_PART:
            self.dropped += extra
            self.tail = self.tail[extra:]

    @property
    def text(self) -> str:
        extra = max(len(self.tail) - MAX_PART // 2, 0)
        dropped = self.dropped + extra
        note = f"\n… {dropped} characters are left out …\n" if dropped else ""
        return self.head + note + self.tail[extra:]


@dataclass(slots=True)
class Outcome:
    """A run that has ended. `run` is 1 if its state was fresh, `lost` whether its state is gone."""

    text: str
    failed: bool
    run: int
    lost: bool
    media: list[Media] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # base64 by path


def read_outcome(end: Mapping[str, Any], printed: Printed, code: str, limits: CodeLimits, known: list[str]) -> Outcome:
    """Read the last piece of a run. `known` are the packages that code may import beside Python's own."""
    given = end.get("result")
    result: Mapping[str, Any] = given if isinstance(given, dict) else {}
    status = _text(end.get("status"), 20)
    error = result.get("error") if isinstance(result.get("error"), dict) else None
    outcome = Outcome("", status != "done" or error is not None, _number(result.get("run")), status != "done")
    parts = [f"Output:\n{printed.text.rstrip()}" if printed.text.strip() else ""]
    parts += _shown(result)
    if error is not None:
        parts.append(_problem(error, code, limits, known))
    if status != "done":
        parts.append(_ended(status, _text(end.get("detail"), 500), limits))
    elif leaving := _text(result.get("exit"), 600):
        parts.append(f"The code ended itself: {leaving}.")
    parts += _pictures(result, outcome)
    parts += _files(result, outcome)
    text = "\n\n".join(part for part in parts if part)
    outcome.text = whole(text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n… (cut)")
    return outcome


def _ended(status: str, detail: str, limits: CodeLimits) -> str:
    """Why the run was ended from outside."""
    match status:
        case "time":
            return (
                f"Stopped after {limits['time_ms'] / 1000:g} s: the code did not end. Look for an endless loop, or do "
                "less at a time."
            )
        case "memory":
            return f"Stopped: the code needed more than {limits['memory_mb']} MB. Work on less data at a time."
        case "output":
            return f"Stopped: the code wrote more than {limits['output_chars']} characters. Print less."
        case "stopped":
            return "Stopped by the user."
    return f"The code ended its Python, and there is no result{': ' if detail else '.'}{detail}"


def _shown(result: Mapping[str, Any]) -> Iterator[str]:
    for entry in _list(result.get("shown"), 50):
        if isinstance(entry, dict):
            yield _text(entry.get("text"), MAX_PART)
    value = result.get("value")
    if isinstance(value, dict) and (text := _text(value.get("text"), MAX_PART)):
        yield f"Value:{chr(10) * 2 if value.get('kind') == 'markdown' else ' '}{text}"


def _problem(error: Mapping[str, Any], code: str, limits: CodeLimits, known: list[str]) -> str:
    """The traceback, and a hint where one helps."""
    kind, text = _text(error.get("type"), 100), _text(error.get("text"), MAX_PART).rstrip()
    if kind == "MemoryError":
        return f"{text}\nThe code needed more than {limits['memory_mb']} MB. Work on less data at a time."
    if (kind == "SyntaxError" and _JAVASCRIPT.search(code[:100_000])) or _JAVASCRIPT_NAME.search(text):
        return f"{text}\nrun_python runs Python. JavaScript is not run."
    if kind == "SyntaxError" and "'return' outside function" in text:
        return f"{text}\nThe code is no function: print what is to be seen, or write it as the last line."
    if kind == "ModuleNotFoundError" and (found := _MISSING.search(text)):
        return f"{text}\n{_missing(found[1].partition('.')[0], known)}"
    return text


def _missing(module: str, known: list[str]) -> str:
    listed = ", ".join(["Python's own library", *known])
    why = "has no build for this platform among them" if module in _NO_WHEEL else "is not among them"
    return f"There are: {listed}. {module} {why}; nothing can be installed while the code runs."


def _pictures(result: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    for entry in _list(result.get("plots"), MAX_PLOTS):
        if not isinstance(entry, dict):
            continue
        name, data = _text(entry.get("name"), 100) or "plot", entry.get("data")
        media = _picture(data if isinstance(data, str) else "", name)
        left = MAX_SIZE - sum(each.size or 0 for each in outcome.media)
        if media is None or (media.size or 0) > left:
            yield f"[{name}: it cannot be shown]"
            continue
        outcome.media.append(media)
        yield f"[{name}: {media.mime_type}, {media.size} bytes, shown to the user]"


def _picture(data: str, name: str) -> Media | None:
    try:
        media = read_media(data, DRAWING, drawings=True)
    except ValueError:
        return None
    return replace(media, name=name) if media.mime_type.startswith("image/") else None


def _files(result: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    room = MAX_BYTES
    shown = {media.name for media in outcome.media}  # so far only pictures
    for entry in _list(result.get("files"), MAX_FILES):
        match entry:
            case {"path": str(path), "data": str(data)} if 0 < len(path) <= 250 and len(data) <= room * 3 // 2:
                try:
                    size = len(binascii.a2b_base64(data, strict_mode=True))
                except ValueError:
                    continue
                room -= size
                outcome.files[path] = data
                if path not in shown:
                    outcome.media.append(Media(UNKNOWN, data, size, name=tidy_name(path)))
                yield f"[file {path}: {size} bytes, given to the user]"
    for entry in _list(result.get("left_out"), 20):
        yield f"[left out: {_text(entry, 300)}]"


def _list(value: object, most: int) -> list[Any]:
    return value[:most] if isinstance(value, list) else []


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return value if len(value) <= limit else f"{value[:limit]}… ({len(value) - limit} characters are left out)"


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1
