"""Traces of a page's logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigError

if TYPE_CHECKING:
    from ..page.commands import TraceLog


async def trace_log(params: TraceLog) -> dict[str, Any]:
    """The command: the spans of a log as a document. Raises `ConfigError` for what is no log."""
    from ..traces.chrome import to_chrome
    from ..traces.fold import spans_of
    from ..traces.otlp import to_otlp

    try:
        log = [(int(ms * 1_000_000), event) for ms, event in params.log]
        spans = spans_of(log, contents=params.contents)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigError(f"log: an event is not as expected ({type(error).__name__}: {error})"[:300]) from None
    return to_chrome(spans) if params.format == "chrome" else to_otlp(spans)
