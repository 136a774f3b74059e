"""Agents: steps along the chain, the tools between them, and handoffs from one agent to another.

`run` is the loop of a turn, `run_tools` its tools, `runner` what the runs of a session share, `turn` the state of a
turn, `turn_records` how it is stored, `calls` the tool calls of a step, `team` and `task` the work with other agents,
`prompt` what a model is shown, `outbox` events from beside the stream.
"""

from .run import Run
from .runner import Runner
from .turn import Turn

__all__ = ["Run", "Runner", "Turn"]
