"""What leaves a session for the program: plain JSON without secrets, as the page gets it from a worker."""

from __future__ import annotations

import traceback
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..jsontext import read
from ..page.writer import Writer
from ..redaction.redact import redact

if TYPE_CHECKING:
    from ..errors import SparewheelError
    from ..events import Event
    from ..session import Session


class Cleaner:
    """Copies events, results and errors without the secrets of a session. The copies belong to the caller."""

    def __init__(self, session: Session) -> None:
        self._writer = Writer()
        session.secrets.watch(partial(self._writer.hide, self))

    def events(self, batch: list[Event]) -> list[Event]:
        events: list[Event] = self._copy({"type": "events", "events": batch})["events"]
        return events

    def result(self, result: Any) -> Any:
        return self._copy({"type": "reply", "result": result})["result"]

    def error(self, error: SparewheelError) -> SparewheelError:
        """The same error, cleaned, ready to be raised. A defect keeps its cause, unless the traceback has a secret."""
        facts = self._copy({"type": "reply", "error": error.to_dict()})["error"]
        error.info = replace(error.info, message=facts["message"], hint=facts["hint"])
        error.attempts = facts["attempts"]
        readable(error)
        if error.__cause__ is not None:
            text = "".join(traceback.format_exception(error.__cause__))
            if error.info.kind != "internal" or self.result(text) != text:
                error.__cause__ = None
        error.__suppress_context__ = True
        return error

    def _copy(self, payload: dict[str, Any]) -> Any:
        try:
            return read(self._writer.write(payload))
        except ValueError:  # deeper than the reader takes; much slower
            return self._writer.copy(payload)


def readable(error: SparewheelError) -> SparewheelError:
    """The same error without what looks like a key: an agent file may have one where its name should be."""
    error.info = replace(error.info, message=redact(error.info.message), hint=redact(error.info.hint))
    error.args = (error.info.message,)
    return error
