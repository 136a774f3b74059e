"""Recordings of a runtime that a driver starts: made, or played."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..recordings.files import lines_to, load
from .node_link import NodeLink

if TYPE_CHECKING:
    import os
    from contextlib import ExitStack

    from .link import Link


def tape_in(
    stack: ExitStack,
    link: Link,
    record: str | os.PathLike[str] | None,
    replay: str | os.PathLike[str] | None,
    *,
    timed: bool,
) -> None:
    """Let the runtime of `link` record into a file, or replay one. Before its start. Raises `ConfigError`."""
    if record is not None and replay is not None:
        raise ConfigError("record and replay cannot be combined", "A replay makes no requests that could be recorded.")
    if record is not None:
        link.on_recorded = stack.enter_context(lines_to(record))
        link.options["record"] = True
    if replay is not None:
        load(replay)  # raises here if it is none
        path = Path(replay).resolve()
        recording = str(path) if isinstance(link, NodeLink) else path.read_text(encoding="utf-8")
        link.options["replay"] = {"recording": recording, "timed": timed}


def add_tape(parser: Any) -> None:
    """Add `--record`, `--replay` and `--replay-timed` to a parser."""
    parser.add_argument("--record", metavar="FILE", help="keep every exchange with models and tools, without keys")
    parser.add_argument("--replay", metavar="FILE", help="answer every request with a recording, without keys")
    parser.add_argument("--replay-timed", action="store_true", help="with the times of the recording, not at once")
