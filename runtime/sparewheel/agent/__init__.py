"""The loop of an agent: steps along the chain, the tools between them, and who takes over when.

`loop` runs a turn, `calls` the tool calls of a step, `team` hands over to other agents, `prompt` decides what a model
gets to see, `context` is what belongs to a session.
"""

from .runner import Agent
from .turn import Turn

__all__ = ["Agent", "Turn"]
