"""How a turn is recorded in the journal of its session, if that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import is_terminal
from ..state.journal.turn_log import NoLog, TurnLog

if TYPE_CHECKING:
    from ..events import Event
    from ..state.session_state import SessionState
    from .active import Active
    from .turn import Turn
    from .unfinished import Unfinished


def begin_log(state: SessionState, turn: Turn, unfinished: Unfinished | None) -> TurnLog | NoLog:
    """Begin the records of a turn, which goes on with `unfinished`, if that is given."""
    if (recorder := state.recorder) is None:
        return NoLog()
    log = TurnLog(recorder, turn.name, turn.agent, turn.messages, turn.start, turn.prompts)
    log.resume_state, turn.on_resumable = lambda: turn.resume_state, log.write
    turn.on_task = log.course.worked
    state.log = turn.effects.log = log
    log.begin(unfinished)
    return log


async def durable(state: SessionState, turn: Turn, batch: list[Event], active: Active) -> list[Event]:
    """`batch`, after its records are durable. When it ends the turn, an abort comes too late from here on."""
    recorder, log = state.recorder, state.log
    if recorder is None or log is None:
        return batch
    if not is_terminal(last := batch[-1]):
        return await recorder.settled(batch)
    active.ending = True
    turn.answer_calls()
    kept = state.conversation is turn.conversation
    partial = None if last["type"] == "finish" else turn.partial
    log.end(last, kept=kept, partial=partial, attempts=[dict(each) for each in turn.log.records])
    batch, active.late = await recorder.settled_at_last(batch)
    return batch
