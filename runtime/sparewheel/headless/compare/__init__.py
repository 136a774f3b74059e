"""Agent files compared: the same prompts for each, then what they answered, cost and took, side by side.

`run` asks, by one batch for each file; `rows` reads what they have answered, `expected` checks answers, `candidate`,
`pairs` and `comparison` count; `markdown`, `page` and `plots` make the reports; `command` is `sparewheel compare`.
"""

from __future__ import annotations

from .comparison import Comparison
from .run import compare

__all__ = ["Comparison", "compare"]
