"""Many prompts, each in a conversation of its own: `mapping` asks them side by side, `outcome` is what comes of one."""

from __future__ import annotations

from .mapping import DEFAULT_PARALLEL, map_prompts, map_unordered
from .outcome import Outcome, Tally

__all__ = ["DEFAULT_PARALLEL", "Outcome", "Tally", "map_prompts", "map_unordered"]
